/* since: a moment in the past, as people say it. */
#ifndef CLI_SINCE_H
#define CLI_SINCE_H

#include "base/base.h"

/*
 * Understand "30s", "10min", "2h", "3d" (before now); "14:05" and "14:05:30"
 * (the last time it was so late); "2026-11-21" (its midnight), and that with a
 * time behind a space or a T.  Times are local.
 *
 * @now_s the present, Unix time
 * Fills *unix_ms.  0, or -1 with *e (ERR_USAGE) that says what is accepted.
 */
int since_parse(const char *text, int64_t now_s, uint64_t *unix_ms, struct err *e);

#endif
