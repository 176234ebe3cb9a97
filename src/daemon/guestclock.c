/*
 * guestclock: the guest's times on the host's clock.
 *
 * Both ends count milliseconds that never jump.  A line can only arrive after it
 * was said, so the smallest difference seen between arrival and guest time is
 * the nearest to the true offset between the two.  A guest whose lines seem to be
 * late by more than any queue makes them (its clock runs slower than ours, or it
 * lies) has its offset taken anew.
 *
 * The guest is not believed: its word moves a line between its own last line
 * and now, and no further.
 */
#include "daemon/guestclock.h"

uint64_t guestclock_map(struct guestclock *c, uint64_t guest_ms, uint64_t now)
{
	int64_t offset = (int64_t)now - (int64_t)MIN(guest_ms, (uint64_t)INT64_MAX / 2);
	int64_t at;

	if (!c->known || offset < c->offset_ms || offset - c->offset_ms > GUESTCLOCK_LATE_MS)
		c->offset_ms = offset;
	c->known = true;
	/* now - (offset - the offset): as long ago as this line is late */
	at = (int64_t)now - (offset - c->offset_ms);
	c->last_ms = MIN(MAX((uint64_t)MAX(at, INT64_C(0)), c->last_ms), now);
	return c->last_ms;
}
