/*
 * wake: what a wake-up of the host means for the guest.
 *
 * Pure; sleep.c asks and acts.  A host that sleeps takes the card's state away from
 * the guest, whoever told us of it and in which order: the system's sleep hook,
 * which may come late or not at all, or the clock.
 */
#ifndef DAEMON_WAKE_H
#define DAEMON_WAKE_H

#include "conf/conf.h"
#include "daemon/life.h"

/* Shorter sleep than this is none: two clocks are never read at the same moment. */
#define WAKE_LEAST_MS 100

/*
 * Has the host slept between two readings of wake_asleep_ms()?
 */
bool wake_slept(int64_t before_ms, int64_t after_ms);

/*
 * Must the guest be started (afresh), or is it enough to set its clock?
 *
 * @asked by `airlock resume`, in contrast to a jump of the clock
 * @slept since the guest was launched or put to sleep
 */
bool wake_restarts(enum conf_resume method, enum life_state life, bool asked, bool slept);

/* wake_linux.c, wake_freebsd.c */

/*
 * Milliseconds that this host spent asleep since it booted, with an unknown but
 * constant part.
 */
int64_t wake_asleep_ms(void);

/*
 * Is that certain?  Else the wall clock, set by somebody, looks like a sleep, and it
 * counts only when `airlock resume` says that there was one.
 */
extern const bool wake_clock_tells;

#endif
