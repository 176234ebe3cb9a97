/*
 * uevent: what the kernel says when devices come and go.
 */
#ifndef GUEST_UEVENT_H
#define GUEST_UEVENT_H

#include "base/base.h"

/*
 * The value of a key in a message ("add@/devices/...\0ACTION=add\0..."),
 * or NULL.  The message must end with a NUL.
 */
const char *uevent_get(const char *msg, size_t len, const char *key);

struct uevents {
	/* Called for each message of the kernel; it ends with a NUL. */
	void (*fn)(void *arg, const char *msg, size_t len);
	void *arg;
	struct loop_io io;
};

/* Begin to listen.  0, or -1 with *e. */
int uevents_open(struct uevents *u, struct loop *l, struct err *e);

#endif
