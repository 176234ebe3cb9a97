/*
 * queue: frames that wait for the host, bounded.
 */
#ifndef GUEST_QUEUE_H
#define GUEST_QUEUE_H

#include "base/base.h"

/* What is queued, by how much it matters: each kind has a bound of its own. */
enum queue_kind {
	QUEUE_LOG,   /* log lines and figures: many, expendable */
	QUEUE_STATE, /* HELLO and states: few, and a lost one is superseded */
	QUEUE_RELAY, /* of relayed sockets; who adds them stops in time */
	QUEUE_KINDS, /* their number */
};

/*
 * Bytes of frames of each kind.  When a host comes back all of it is sent at
 * once, and has to stay well below the frames a second that a host puts up
 * with (4000).
 */
#define QUEUE_LOG_MAX   ((size_t)96 * 1024)
#define QUEUE_STATE_MAX ((size_t)64 * 1024)
/* The relay stops far below; beyond it the oldest go, as ever. */
#define QUEUE_RELAY_MAX ((size_t)1024 * 1024)

struct queue_frame {
	struct queue_frame *next;
	enum queue_kind kind;
	size_t len, sent;
	uint8_t data[];
};

/* Zeroed is empty. */
struct queue {
	struct queue_frame *head, **tail;
	size_t bytes[QUEUE_KINDS];
	uint64_t dropped; /* log frames, since queue_take_dropped */
};

/*
 * Append a frame, or put it first.  Where its kind exceeds its bound, the
 * oldest of that kind go, but never one that was sent in part.
 */
void queue_add(struct queue *q, const void *data, size_t len, enum queue_kind kind);
void queue_add_first(struct queue *q, const void *data, size_t len, enum queue_kind kind);

/* The bytes to be sent next, or NULL when empty. */
const uint8_t *queue_peek(const struct queue *q, size_t *len);
/* So many of them were sent. */
void queue_sent(struct queue *q, size_t n);

/*
 * The stream begins anew: a frame sent in part is sent again as a whole, and
 * the states that waited are forgotten, as the present one is sent first, and
 * what was relayed, as nobody is there any more for whom it was.
 */
void queue_restart(struct queue *q);

/* Drop everything. */
void queue_fini(struct queue *q);

/* The number of log frames dropped since the last call. */
uint64_t queue_take_dropped(struct queue *q);

#endif
