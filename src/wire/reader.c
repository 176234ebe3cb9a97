/*
 * reader: frames out of a byte stream.
 *
 * The buffer holds at most one frame of the largest size and what follows it.
 * Nothing of a header is believed before magic, version and length are
 * checked, and nothing of a frame before its CRC is.  While a reader looks for
 * a first frame (or looks again, with `resync`) it drops one byte at a time and
 * tries the next magic, so a frame behind a torn one is never lost.
 */
#include <errno.h>
#include <string.h>

#include "wire/internal.h"

uint8_t *wire_room(struct wire_reader *r, size_t *room)
{
	if (r->start > 0) {
		memmove(r->buf, r->buf + r->start, r->len);
		r->start = 0;
	}
	*room = sizeof(r->buf) - r->len;
	return r->buf + r->len;
}

void wire_filled(struct wire_reader *r, size_t n)
{
	r->len += n;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void drop(struct wire_reader *r, size_t n)
{
	r->start += n;
	r->len -= n;
}

enum found { FOUND_FRAME, FOUND_TOO_LITTLE, FOUND_GARBAGE, FOUND_VERSION };

/* What the buffer begins with; *len is the payload's length of a frame. */
static enum found look(const struct wire_reader *r, size_t *len)
{
	const uint8_t *p = r->buf + r->start;
	uint32_t crc;

	if (memcmp(p, WIRE_MAGIC, MIN(r->len, (size_t)4)) != 0)
		return FOUND_GARBAGE;
	if (r->len < WIRE_HEADER)
		return FOUND_TOO_LITTLE;
	*len = le32(p + 8);
	if (*len > WIRE_PAYLOAD_MAX || (p[5] == WIRE_VERSION && wire_table_of(p[4]) == NULL))
		return FOUND_GARBAGE;
	if (r->len < WIRE_HEADER + *len)
		return FOUND_TOO_LITTLE;
	crc = wire_crc32(wire_crc32(0, p, 12), p + WIRE_HEADER, *len);
	if (crc != le32(p + 12))
		return FOUND_GARBAGE;
	return p[5] == WIRE_VERSION ? FOUND_FRAME : FOUND_VERSION;
}

/* Header and CRC are the same in every version, so that this can be said. */
static int wrong_version(unsigned version, struct err *e)
{
	err_set(e, 0, "the other end speaks version %u of the format, this end version %d",
	    version, WIRE_VERSION);
	e->num = EPROTONOSUPPORT;
	return -1;
}

int wire_next(struct wire_reader *r, struct wire_msg *m, struct err *e)
{
	while (r->len > 0) {
		const uint8_t *p = r->buf + r->start;
		size_t len = 0;

		switch (look(r, &len)) {
		case FOUND_TOO_LITTLE:
			return 0;
		case FOUND_FRAME:
			r->synced = true;
			r->skipped = 0;
			drop(r, WIRE_HEADER + len);
			if (wire_decode(p[4], (uint16_t)(p[6] | p[7] << 8), p + WIRE_HEADER,
				len, m, e) == 0)
				return 1;
			if (!r->resync)
				return -1;
			break;
		case FOUND_VERSION:
			if (!r->resync)
				return wrong_version(p[5], e);
			drop(r, 1);
			break;
		case FOUND_GARBAGE:
			if (r->synced && !r->resync)
				return err_set(e, 0, "bytes that are no frame");
			if (!r->resync && r->skipped >= WIRE_GARBAGE_MAX)
				return err_set(
				    e, 0, "%d bytes without a frame", WIRE_GARBAGE_MAX);
			r->skipped++;
			drop(r, 1);
			break;
		}
	}
	return 0;
}
