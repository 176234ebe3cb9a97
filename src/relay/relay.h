/*
 * relay: the guest's control sockets on the host, by messages of the channel.
 *
 * Two ends that know each other by doc/wire.md only.  The host's end holds
 * listening datagram sockets, gives each client a number, and answers it; the
 * guest's end holds a datagram socket for each number, connected to the real
 * one.  So every client of the host is a client of its own in the guest, and
 * requests, replies and unsolicited events are the same to both ends.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include "wire/wire.h"

#define RELAY_SOCKETS  16    /* of a guest */
#define RELAY_PEERS    256   /* clients at once */
#define RELAY_NAME     32    /* bytes of a socket's name with its NUL */
#define RELAY_DATAGRAM 65536 /* bytes of the largest that passes */
#define RELAY_LOOK_MS  2000  /* between two looks whether clients are still there */

/* Bytes that wait for the channel: an end that has more stops reading its sockets. */
#define RELAY_WAITING (UINT64_C(256) * 1024)

/* What a supplicant says to those who are attached when it ends. */
#define RELAY_TERMINATING "<2>CTRL-EVENT-TERMINATING "

/* Is it the name of a socket: 1 to 31 of A-Z a-z 0-9 . _ -, not beginning with a dot? */
bool relay_name_ok(const char *name);

/* ----------------------------------------------------------- the host's end */

struct relay_host;

/* Sends to the guest: PEER, DATAGRAM, PEER_END; the message's bytes are valid during the call.
 */
typedef void relay_send_fn(void *arg, const struct wire_msg *m);

/* Returns the host's end, or NULL with *e. */
struct relay_host *relay_host_new(
    struct loop *l, relay_send_fn *send, void *arg, struct err *e);
void relay_host_free(struct relay_host *h);

/*
 * Listen on a socket under the name that the guest knows; one that is there
 * under it already is closed first.
 *
 * @fd a bound datagram socket; becomes the relay's, non-blocking
 * 0, or -1 with *e when there are RELAY_SOCKETS already.
 */
int relay_host_listen(
    struct relay_host *h, unsigned directory, const char *name, int fd, struct err *e);

/*
 * A message of the guest: SOCKET with present 0 closes a socket and ends its
 * clients; DATAGRAM and PEER_END are for one.  Whatever is not there is ignored.
 */
void relay_host_message(struct relay_host *h, const struct wire_msg *m);

/* Read nothing from the clients while it is paused; may be called from `send`. */
void relay_host_pause(struct relay_host *h, bool paused);

/* The clients that have a number. */
unsigned relay_host_count(const struct relay_host *h);

/* ---------------------------------------------------------- the guest's end */

struct relay_guest;

struct relay_guest_spec {
	/* Where sockets appear, by enum wire_directory - 1; may not be there yet. */
	const char *directories[2];
	/* Where the peers' own sockets are; made when missing, and ours alone. */
	const char *peers;
	/* Queue a message for the host: SOCKET, DATAGRAM, PEER_END. */
	relay_send_fn *send;
	/* The bytes of such messages that wait for the channel. */
	size_t (*waiting)(void *arg);
	void *arg;
};

/* Returns the guest's end, or NULL with *e.  The strings of the spec outlive it. */
struct relay_guest *relay_guest_new(
    struct loop *l, const struct relay_guest_spec *spec, struct err *e);
void relay_guest_free(struct relay_guest *g);

/*
 * The host's end is there (anew), or is gone.  All peers end without a word;
 * when it is there, it is told of the sockets.
 */
void relay_guest_host(struct relay_guest *g, bool there);

/* A message of the host: PEER, DATAGRAM, PEER_END. */
void relay_guest_message(struct relay_guest *g, const struct wire_msg *m);

/* Less waits for the channel than did: read on if it is little enough. */
void relay_guest_drained(struct relay_guest *g);

#endif
