/*
 * bound: the control sockets that the privileged process has bound.
 */
#ifndef DAEMON_BOUND_H
#define DAEMON_BOUND_H

#include "conf/conf.h"
#include "relay/relay.h"

/* One that is there; inode and device tell it from another of the same name. */
struct bound_socket {
	char path[108]; /* "": free */
	dev_t device;
	ino_t inode;
};

struct bound {
	/* Set by the owner. */
	const char *directories[2]; /* by enum wire_directory - 1; "": none */
	const char *global;         /* the directory of the socket of no interface */
	char list[CONF_PATH + 16];  /* the file that notes what is ours */
	gid_t group;                /* who besides root may use them */

	struct bound_socket sockets[RELAY_SOCKETS];
	bool made[2]; /* the directory is ours */
};

/*
 * Remove what a killed run left behind: sockets of its list that nobody owns
 * any more, and directories that it made if they are empty.
 * Returns the number of sockets removed.
 */
int bound_recover(struct bound *b);

/*
 * Bind a socket: directory and name are checked as if an enemy had sent them;
 * mode 0660 and the group.  A socket file that nobody owns is replaced.
 * Returns its descriptor, or -1 with *e.
 */
int bound_open(struct bound *b, unsigned directory, const char *name, struct err *e);

/* Remove one of ours; another's under its name stays.  0, or -1 with *e. */
int bound_close(struct bound *b, unsigned directory, const char *name, struct err *e);

/* Remove all, and the directories that were made for them if they are empty. */
void bound_close_all(struct bound *b);

#endif
