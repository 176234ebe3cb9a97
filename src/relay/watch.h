/*
 * watch: which control sockets there are in the guest.
 */
#ifndef RELAY_WATCH_H
#define RELAY_WATCH_H

#include "relay/relay.h"

/* A socket that is there. */
struct relay_socket {
	bool present;
	uint8_t directory; /* enum wire_directory */
	char name[RELAY_NAME];
	uint64_t inode;
};

struct relay_watch {
	/* It appeared, or is gone: still in the table while this is called. */
	void (*fn)(void *arg, const struct relay_socket *s, bool present);
	void *arg;
	const char *directories[2];

	/* its own */
	struct loop *loop;
	struct loop_io io;
	int ids[2]; /* of the directories' inotify watches, or -1 */
	struct relay_socket sockets[RELAY_SOCKETS];
};

/*
 * Begin to watch and tell of what is there; fn, arg and directories are set by
 * the owner.  0, or -1 with *e.
 */
int relay_watch_open(struct relay_watch *w, struct loop *l, struct err *e);
void relay_watch_close(struct relay_watch *w);

/* The socket of that name, or NULL when there is none. */
const struct relay_socket *relay_watch_find(
    const struct relay_watch *w, unsigned directory, const char *name);

/* The path of a socket in dst.  False when it does not fit. */
bool relay_watch_path(
    const struct relay_watch *w, const struct relay_socket *s, char *dst, size_t size);

#endif
