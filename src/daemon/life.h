/*
 * life: the life of the guest as a table of state x event.
 *
 * Pure: the machine process feeds events and carries out the action that the
 * cell names.  Every cell is given; what cannot happen is an explicit
 * LIFE_IGNORE.
 */
#ifndef DAEMON_LIFE_H
#define DAEMON_LIFE_H

#include "base/base.h"

enum life_state {
	LIFE_IDLE,       /* not yet started */
	LIFE_BOOTING,    /* the hypervisor was started, the guest has not spoken */
	LIFE_UP,         /* the guest speaks on the channel */
	LIFE_CRASHING,   /* being killed, to be started again */
	LIFE_WAITING,    /* down, until the backoff timer */
	LIFE_RESTARTING, /* asked to power off, to be started again at once */
	LIFE_STOPPING,   /* asked to power off, for good */
	LIFE_SUSPENDING, /* on its way off, for the time of the host's sleep */
	LIFE_SUSPENDED,  /* off until the host wakes up */
	LIFE_DOWN,       /* final: stopped or powered off */
	LIFE_FAILED,     /* final: given up */
	LIFE_STATES,
};

enum life_event {
	LIFE_START,       /* begin */
	LIFE_HELLO,       /* the guest's first frame */
	LIFE_POWERED_OFF, /* the hypervisor ended, the guest wanted it */
	LIFE_CRASHED,     /* it ended otherwise: crash, reset, kill */
	LIFE_REFUSED,     /* it could not be started at all */
	LIFE_VIOLATION,   /* the guest broke the channel's rules, is paused or panicked, or
			     its radio stays dead */
	LIFE_TIMEOUT,     /* no HELLO, or no end after the request to stop */
	LIFE_STOP,        /* the user's wish */
	LIFE_RESTART,     /* the user's wish */
	LIFE_RETRY,       /* the backoff is over */
	LIFE_GIVE_UP,     /* the budget of restarts is used up */
	LIFE_SUSPEND,     /* the host is about to sleep */
	LIFE_RESUME,      /* it slept: what ran then has lost its card */
	LIFE_EVENTS,
};

enum life_action {
	LIFE_IGNORE,
	LIFE_LAUNCH,    /* start the hypervisor; arm the boot timer */
	LIFE_WELCOME,   /* send the settings */
	LIFE_POWER_OFF, /* ask the guest; arm the stop timer */
	LIFE_HURRY,     /* the same with the time that a host about to sleep has */
	LIFE_KILL,      /* end the hypervisor now */
	LIFE_SCHEDULE,  /* arm the backoff timer, or raise LIFE_GIVE_UP */
	LIFE_SLEEP,     /* nothing runs: leave the host as it shall sleep */
	LIFE_FINISH,    /* the daemon's work is over */
};

struct life_cell {
	enum life_state next;
	enum life_action action;
};

/* What happens in a state on an event. */
struct life_cell life_on(enum life_state state, enum life_event event);

const char *life_state_name(enum life_state state);

/*
 * Restarts without a wish: the n-th within a window waits twice as long as the one
 * before, from `first` to `longest`; `count` of them in one window are the end.
 */
struct life_limits {
	unsigned count;
	uint32_t first_ms, longest_ms;
	uint64_t window_ms;
};
extern const struct life_limits life_crashes;
/* A radio is found dead after minutes only, and each time again. */
extern const struct life_limits life_dead_radios;

/* Zeroed is a full budget. */
struct life_budget {
	uint64_t window_start_ms;
	unsigned used;
};

/*
 * Use one restart at the time now_ms.
 * Returns the milliseconds to wait before it, or -1 when none is left.
 */
int64_t life_budget_use(struct life_budget *b, const struct life_limits *l, uint64_t now);

#endif
