/*
 * watchdog: whether a radio is dead although the guest runs, and what to do next.
 *
 * Pure: what was seen and when in, the next step out.  A radio that merely hears
 * no network is well.
 */
#ifndef GUEST_WATCHDOG_H
#define GUEST_WATCHDOG_H

#include "wire/wire.h"

#define WATCHDOG_GONE_MS     5000   /* a driver may take an interface down and up */
#define WATCHDOG_CRASHES     4      /* so many of them, each mended by the driver, */
#define WATCHDOG_WINDOW_MS   120000 /* within that time are a loop */
#define WATCHDOG_APART_MS    10000  /* what is said that soon is of the same crash */
#define WATCHDOG_FAILURES    5      /* in a row, */
#define WATCHDOG_FAILING_MS  10000  /* over so long, is a radio that does nothing */
#define WATCHDOG_PATIENCE_MS 20000  /* after a step, for the radio to come back */
#define WATCHDOG_WELL_MS     300000 /* then it is taken for mended */

enum watchdog_sign {
	WATCHDOG_NOTHING,
	WATCHDOG_THERE,   /* its interface is there */
	WATCHDOG_GONE,    /* it is not */
	WATCHDOG_CRASHED, /* the driver says so, and tries to mend it */
	WATCHDOG_GAVE_UP, /* the driver does not try any more */
	WATCHDOG_FAILED,  /* a look for networks, or raising the interface: an error */
	WATCHDOG_WORKED,  /* such a thing was done */
	WATCHDOG_SIGNS,   /* their number */
};

/* Zeroed is one that knows of no radio. */
struct watchdog {
	bool known; /* the interface was there once: the driver can do it */
	bool there, gave_up, acting;
	bool in_vain;                       /* the last step could not be taken */
	uint64_t gone_ms;                   /* since when it is not there */
	uint64_t crashes[WATCHDOG_CRASHES]; /* when; newest last */
	unsigned crash_count;
	unsigned failures;
	uint64_t failing_ms;       /* since when */
	enum wire_watchdog level;  /* the last step taken; 0 none */
	uint64_t acted_ms, bad_ms; /* when; and when something was wrong last */
	char words[96];            /* of the last crash, or the last failure */
	char reason[160];          /* why the last step was due */
};

/*
 * Something was seen.
 *
 * @words what the kernel or the supplicant said, or NULL
 */
void watchdog_see(
    struct watchdog *w, uint64_t now_ms, enum watchdog_sign sign, const char *words);

/*
 * What is to be done now: 0 nothing, else a step of enum wire_watchdog, to which
 * w->reason says why.  After a step but the last, watchdog_done() is awaited.
 *
 * @wait_ms when to ask again; 0: not before something is seen
 */
unsigned watchdog_decide(struct watchdog *w, uint64_t now_ms, uint64_t *wait_ms);

/* The step is over; when it could not be taken the next one is due at once. */
void watchdog_done(struct watchdog *w, uint64_t now_ms, bool taken);

/*
 * What a line of the kernel says of the radio at a PCI address ("" is none).
 * Lines of other devices say nothing.
 */
enum watchdog_sign watchdog_line(const char *text, const char *address);

/* The same of a line that wpa_supplicant writes; a network's name never counts. */
enum watchdog_sign watchdog_supplicant(const char *text);

#endif
