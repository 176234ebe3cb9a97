/*
 * guestclock: the guest's times on the host's clock.
 *
 * Both ends count milliseconds that never jump.  A line can only arrive after it
 * was said, so the smallest difference seen between arrival and guest time is
 * the nearest to the true offset between the two.  The kernel's lines of the boot
 * wait until there is somebody to read them, so nothing is learnt from them.  A
 * guest whose lines seem to be late by more than any queue makes them (its clock
 * runs slower than ours, or it lies) has its offset taken anew.
 *
 * The guest is not believed: its word moves a line between its own last line
 * and now, and no further.
 */
#include "daemon/guestclock.h"

void guestclock_start(struct guestclock *c, uint64_t now)
{
	*c = (struct guestclock){.last_ms = {now, now}};
}

static int64_t offset_of(uint64_t guest_ms, uint64_t now)
{
	return (int64_t)now - (int64_t)MIN(guest_ms, (uint64_t)INT64_MAX / 2);
}

void guestclock_learn(struct guestclock *c, uint64_t guest_ms, uint64_t now)
{
	int64_t offset = offset_of(guest_ms, now);

	if (!c->known || offset < c->offset_ms || offset - c->offset_ms > GUESTCLOCK_LATE_MS)
		c->offset_ms = offset;
	c->known = true;
}

uint64_t guestclock_map(
    struct guestclock *c, enum guestclock_line line, uint64_t guest_ms, uint64_t now)
{
	uint64_t *last = &c->last_ms[line];
	int64_t late;

	if (line == GUESTCLOCK_SERVICE || !c->known)
		guestclock_learn(c, guest_ms, now);
	late = MAX(offset_of(guest_ms, now) - c->offset_ms, INT64_C(0));
	*last = MIN(MAX(now - MIN((uint64_t)late, now), *last), now);
	return *last;
}
