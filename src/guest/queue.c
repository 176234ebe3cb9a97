/*
 * queue: a list of whole frames, in order, with a bound for each kind.
 *
 * Log lines come faster than a slow host reads them; states do not, and are
 * what people wait for.  So a flood of the one never drops the other.
 */
#include <string.h>

#include "guest/queue.h"

static const size_t bound[QUEUE_KINDS] = {[QUEUE_LOG] = QUEUE_LOG_MAX,
    [QUEUE_STATE] = QUEUE_STATE_MAX,
    [QUEUE_RELAY] = QUEUE_RELAY_MAX};

static void forget(struct queue *q, struct queue_frame **at)
{
	struct queue_frame *f = *at;

	*at = f->next;
	if (q->tail == &f->next)
		q->tail = at;
	q->bytes[f->kind] -= f->len;
	free(f);
}

static void make_room(struct queue *q, size_t len, enum queue_kind kind)
{
	struct queue_frame **at = &q->head;

	while (*at != NULL && q->bytes[kind] + len > bound[kind]) {
		if ((*at)->kind != kind || (*at)->sent > 0) {
			at = &(*at)->next;
			continue;
		}
		forget(q, at);
		q->dropped += kind == QUEUE_LOG;
	}
}

static struct queue_frame *make(
    struct queue *q, const void *data, size_t len, enum queue_kind kind)
{
	struct queue_frame *f;

	if (q->tail == NULL)
		q->tail = &q->head;
	make_room(q, len, kind);
	f = malloc(sizeof(*f) + len);
	if (f == NULL) {
		q->dropped += kind == QUEUE_LOG;
		return NULL;
	}
	*f = (struct queue_frame){.kind = kind, .len = len};
	memcpy(f->data, data, len);
	q->bytes[kind] += len;
	return f;
}

void queue_add(struct queue *q, const void *data, size_t len, enum queue_kind kind)
{
	struct queue_frame *f = make(q, data, len, kind);

	if (f == NULL)
		return;
	*q->tail = f;
	q->tail = &f->next;
}

void queue_add_first(struct queue *q, const void *data, size_t len, enum queue_kind kind)
{
	struct queue_frame *f = make(q, data, len, kind);

	if (f == NULL)
		return;
	f->next = q->head;
	if (q->head == NULL)
		q->tail = &f->next;
	q->head = f;
}

const uint8_t *queue_peek(const struct queue *q, size_t *len)
{
	if (q->head == NULL)
		return NULL;
	*len = q->head->len - q->head->sent;
	return q->head->data + q->head->sent;
}

void queue_sent(struct queue *q, size_t n)
{
	q->head->sent += n;
	if (q->head->sent >= q->head->len)
		forget(q, &q->head);
}

void queue_restart(struct queue *q)
{
	struct queue_frame **at = &q->head;

	while (*at != NULL) {
		(*at)->sent = 0;
		if ((*at)->kind != QUEUE_LOG)
			forget(q, at);
		else
			at = &(*at)->next;
	}
}

void queue_fini(struct queue *q)
{
	while (q->head != NULL)
		forget(q, &q->head);
}

uint64_t queue_take_dropped(struct queue *q)
{
	uint64_t n = q->dropped;

	q->dropped = 0;
	return n;
}
