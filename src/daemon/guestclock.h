/* guestclock: when on this host was it so late in the guest? */
#ifndef DAEMON_GUESTCLOCK_H
#define DAEMON_GUESTCLOCK_H

#include "base/base.h"

/* How long ago a line of the guest may have been said when it arrives. */
#define GUESTCLOCK_LATE_MS 10000

/* Zeroed and with last_ms set to the start of the guest, it is ready for use. */
struct guestclock {
	bool known;
	int64_t offset_ms; /* this host's monotonic clock minus the guest's, at most */
	uint64_t last_ms;  /* what was answered last */
};

/*
 * The time of this host, in ms of CLOCK_MONOTONIC, at which a line that arrives
 * now was said at guest_ms of the guest's clock.  Whatever guest_ms is, the
 * answer is neither before the answer before it nor after now.
 */
uint64_t guestclock_map(struct guestclock *c, uint64_t guest_ms, uint64_t now);

#endif
