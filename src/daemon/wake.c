/*
 * wake: the decision, without clocks and machines.
 *
 * A guest that was put to sleep comes back when anybody says that the host is awake;
 * a jump of the wall clock alone says nothing: somebody may have set it in the
 * moment before the sleep.  A guest that runs is started afresh only when the host
 * slept since its launch, so the hook and the clock, which tell of the same wake-up,
 * restart it once.
 */
#include "daemon/wake.h"

bool wake_slept(int64_t before_ms, int64_t after_ms)
{
	return after_ms - before_ms >= WAKE_LEAST_MS;
}

bool wake_restarts(enum conf_resume method, enum life_state life, bool asked, bool slept)
{
	if (life == LIFE_SUSPENDING || life == LIFE_SUSPENDED)
		return asked || slept;
	switch (method) {
	case CONF_RESUME_RESTART:
	case CONF_RESUME_RELOAD_HYPERVISOR:
		return slept;
	case CONF_RESUME_NONE:
		break;
	}
	return false;
}
