/* guestclock: when on this host was it so late in the guest? */
#ifndef DAEMON_GUESTCLOCK_H
#define DAEMON_GUESTCLOCK_H

#include "base/base.h"

/* How long ago a line of the guest may have been said when it arrives. */
#define GUESTCLOCK_LATE_MS 10000

/* Each is in order by itself; the kernel's are read when somebody has time for it. */
enum guestclock_line { GUESTCLOCK_KERNEL, GUESTCLOCK_SERVICE, GUESTCLOCK_LINES };

struct guestclock {
	bool known;
	int64_t offset_ms; /* this host's monotonic clock minus the guest's, at most */
	uint64_t last_ms[GUESTCLOCK_LINES]; /* what was answered last */
};

/* A guest was started now. */
void guestclock_start(struct guestclock *c, uint64_t now);

/* Something that the guest says to be of guest_ms arrives. */
void guestclock_learn(struct guestclock *c, uint64_t guest_ms, uint64_t now);

/*
 * The time of this host, in ms of CLOCK_MONOTONIC, at which a line that arrives
 * now was said at guest_ms of the guest's clock.  Whatever guest_ms is, the
 * answer is neither before the answer before it of its kind, nor before the start
 * of the guest, nor after now.
 */
uint64_t guestclock_map(
    struct guestclock *c, enum guestclock_line line, uint64_t guest_ms, uint64_t now);

#endif
