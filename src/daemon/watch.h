/* watch: be told when a file may have become another one. */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "base/base.h"

/*
 * Watch a file, by an absolute path, and the ways to it.
 *
 * Returns a non-blocking, close-on-exec descriptor, or -1 with *e.  It becomes
 * readable when the file was edited in place or replaced, when it or a
 * directory or symbolic link on the way to it came, went or was replaced, and
 * sometimes for less.  What it reads is of no meaning.  After the first time it
 * tells nothing for sure: drain it, close it and open a new one before looking
 * at the file.
 */
int watch_open(const char *path, struct err *e);

/* The system's part, for watch.c: watch_linux.c, watch_freebsd.c. */

enum watch_place {
	WATCH_FILE,   /* the file itself */
	WATCH_FOLDER, /* the directory that it is in */
	WATCH_STEP,   /* a directory on the way, with a link or a gap in it */
};

struct watch_set;

/* NULL with *e when there can be none. */
struct watch_set *watch_set_new(struct err *e);
/* A place that is not there is no error.  0, or -1 with *e. */
int watch_set_add(struct watch_set *s, const char *path, enum watch_place place, struct err *e);
/* The descriptor for watch_open(), or -1 with *e.  The set is no longer the caller's. */
int watch_set_start(struct watch_set *s, struct err *e);
void watch_set_free(struct watch_set *s);

#endif
