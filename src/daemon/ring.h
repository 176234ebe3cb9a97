/* ring: the last bytes of a console and the last lines of the log. */
#ifndef DAEMON_RING_H
#define DAEMON_RING_H

#include "base/base.h"

#define RING_CONSOLE (size_t)(64 << 10)
#define RING_LINES   1500

/* The last `size` bytes written.  Zeroed except data and size. */
struct ring {
	uint8_t *data;
	size_t size, start, len;
};
void ring_add(struct ring *r, const void *data, size_t len);
/* The content in order, in at most two parts; each len may be 0. */
void ring_parts(const struct ring *r, const uint8_t *part[2], size_t len[2]);

/* One line of the log. */
struct line {
	uint64_t time_ms; /* Unix time, to be shown */
	uint64_t at_ms;   /* CLOCK_MONOTONIC, to be ordered by */
	enum log_level level;
	char source[32];
	char *text;
};

/* The last RING_LINES lines, ordered by at_ms. */
struct lines {
	struct line line[RING_LINES];
	size_t start, count;
};
/*
 * Add a copy in its place: behind every line that is not later.  When it is
 * full the oldest line goes, and that may be the new one.
 */
void lines_add(struct lines *l, const struct line *line);
const struct line *lines_at(const struct lines *l, size_t i);
void lines_fini(struct lines *l);

#endif
