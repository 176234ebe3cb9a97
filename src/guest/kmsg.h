/*
 * kmsg: what the kernel says.
 */
#ifndef GUEST_KMSG_H
#define GUEST_KMSG_H

#include "base/base.h"

/*
 * Understand a record of /dev/kmsg ("6,339,5140900,-;text\n ...").
 *
 * @time_ms when it was said, since the kernel's start
 * @text where the line begins; it is cut off at its end in place
 * Its level, or LEVEL_NONE for what is not of the kernel.  Pure.
 */
enum log_level kmsg_parse(char *record, uint64_t *time_ms, const char **text);

struct kmsg {
	void (*fn)(void *arg, enum log_level level, uint64_t time_ms, const char *text);
	void *arg;
	struct loop_io io;
};

/* Follow the kernel's log from its beginning.  0, or -1 with *e. */
int kmsg_open(struct kmsg *k, struct loop *l, struct err *e);

#endif
