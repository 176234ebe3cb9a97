/*
 * ring: bounded memory of the past.
 *
 * A console's bytes wrap around in one block; log lines are kept as copies in
 * a circle of slots, moved up when one comes late.  Both forget the oldest first.
 */
#include <string.h>

#include "daemon/ring.h"

void ring_add(struct ring *r, const void *data, size_t len)
{
	const uint8_t *p = data;

	if (len > r->size) {
		p += len - r->size;
		len = r->size;
	}
	while (len > 0) {
		size_t end = (r->start + r->len) % r->size;
		size_t n = MIN(len, r->size - end);

		memcpy(r->data + end, p, n);
		p += n;
		len -= n;
		r->len += n;
		if (r->len > r->size) {
			r->start = (r->start + r->len - r->size) % r->size;
			r->len = r->size;
		}
	}
}

void ring_parts(const struct ring *r, const uint8_t *part[2], size_t len[2])
{
	part[0] = r->data + r->start;
	len[0] = MIN(r->len, r->size - r->start);
	part[1] = r->data;
	len[1] = r->len - len[0];
}

static struct line *slot_of(struct lines *l, size_t i)
{
	return &l->line[(l->start + i) % RING_LINES];
}

void lines_add(struct lines *l, const struct line *line)
{
	size_t at = l->count;

	while (at > 0 && slot_of(l, at - 1)->at_ms > line->at_ms)
		at--;
	if (l->count == RING_LINES) {
		if (at == 0)
			return;
		free(slot_of(l, 0)->text);
		l->start = (l->start + 1) % RING_LINES;
		l->count--;
		at--;
	}
	for (size_t i = l->count; i > at; i--)
		*slot_of(l, i) = *slot_of(l, i - 1);
	l->count++;
	*slot_of(l, at) = *line;
	slot_of(l, at)->text = strdup(line->text);
	if (slot_of(l, at)->text == NULL)
		abort();
}

const struct line *lines_at(const struct lines *l, size_t i)
{
	return &l->line[(l->start + i) % RING_LINES];
}

void lines_fini(struct lines *l)
{
	for (size_t i = 0; i < RING_LINES; i++)
		free(l->line[i].text);
	memset(l, 0, sizeof(*l));
}
