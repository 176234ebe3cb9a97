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

#endif
