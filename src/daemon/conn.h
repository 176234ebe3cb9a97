/*
 * conn: wire frames over a non-blocking stream descriptor, both ways.
 *
 * The channel to the guest, the command line's connections and the pair
 * between the control and machine processes are all one of these.
 */
#ifndef DAEMON_CONN_H
#define DAEMON_CONN_H

#include "wire/wire.h"

struct conn;

struct conn_ops {
	/* A message arrived; its bytes are valid during the call. */
	void (*message)(void *arg, struct wire_msg *m);
	/*
	 * The connection is closed, whoever did it; called once, from the
	 * loop, and the only place where its memory may be freed.
	 * why->text is "" when nobody broke the rules.
	 */
	void (*gone)(void *arg, const struct err *why);
	/* Something that was queued has been written; may be NULL. */
	void (*drained)(void *arg);
};

/* Zeroed is closed.  Belongs to the caller, from conn_open until `gone`. */
struct conn {
	struct loop *loop;
	struct loop_io io;
	struct loop_timer later; /* calls `gone` */
	const struct conn_ops *ops;
	void *arg;
	struct buf out;
	size_t out_max;
	bool open, finishing, paused;
	bool deaf; /* the peer takes nothing more, but what it said may be unread */
	struct err why;
	struct wire_reader *reader;
};

/*
 * Take a descriptor and watch it.
 *
 * @fd      a stream socket; becomes non-blocking; the connection's to close
 * @out_max a peer that lets more bytes than these pile up is closed
 */
void conn_open(struct conn *c, struct loop *l, int fd, size_t out_max,
    const struct conn_ops *ops, void *arg);

/* Queue a message and write what can be written.  False when it is closed or too full. */
bool conn_send(struct conn *c, const struct wire_msg *m);

/* Read nothing while paused; what was read already is still told. */
void conn_pause(struct conn *c, bool paused);

/* Take nothing more, write what is queued, then close. */
void conn_finish(struct conn *c);

/* Close; `gone` follows from the loop.  Harmless when it is closed. */
void conn_close(struct conn *c);

#endif
