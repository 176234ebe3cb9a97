/* progress: one line that says how far a long step is. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/base.h"

/*
 * Shows steps on standard error: on a terminal one line that is drawn over
 * and vanishes in the end, elsewhere one plain line a step.
 */
struct progress {
	bool tty;
	unsigned width;    /* columns to use */
	bool drawn;        /* a line stands on the terminal */
	char step[160];    /* what the line is about */
	uint64_t began_ms; /* when this step was first seen */
	uint64_t began_at; /* and how far it was then */
	uint64_t drawn_ms;
};

void progress_begin(struct progress *p);

/*
 * Say how far a step is; a new `what` begins a new step.
 *
 * @done, @total bytes; total 0: unknown
 * Cheap: draws at most ten times a second.
 */
void progress_show(struct progress *p, const char *what, uint64_t done, uint64_t total);

/* Take the line away, so that something else can be printed. */
void progress_clear(struct progress *p);

/*
 * Compose the line: what, bar, per cent, bytes, rate, time left; what does
 * not fit into `width` columns is left out, from the end.  `elapsed_ms` is
 * since the step was at `began_at` bytes.
 */
void progress_line(char *dst, size_t size, unsigned width, const char *what, uint64_t done,
    uint64_t total, uint64_t began_at, uint64_t elapsed_ms);

#endif
