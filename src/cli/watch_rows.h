/* watch_rows: the rows of a live view. */
#ifndef CLI_WATCH_ROWS_H
#define CLI_WATCH_ROWS_H

#include "cli/watch.h"

#define WATCH_ROWS  12
#define WATCH_RANKS 7

struct watch_row {
	const char *label;
	unsigned rank; /* 1 is taken first */
	/* What it says, clean; false when it has nothing to say. */
	bool (*text)(const struct watch_model *m, char *dst, size_t size);
	char graph; /* 's' signal, 'r' received, 't' sent; 0: none */
	bool wraps;
	bool alarms; /* always in red */
};

/* The title is above them, the state first, events and the last line below. */
extern const struct watch_row watch_rows[WATCH_ROWS];

#endif
