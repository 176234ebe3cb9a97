/*
 * codec: messages to payloads and back, by the tables of fields.c.
 *
 * Decoding trusts nothing: every length is checked against what is left and
 * against the member it goes to, integers against their limit, texts are free
 * of NUL, and a payload with bytes left over is refused.  Nothing is allocated.
 */
#include <errno.h>
#include <string.h>

#include "wire/internal.h"

static void put_le(uint8_t *p, uint64_t v, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get_le(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* A member of 1, 2, 4 or 8 bytes in the machine's order. */
static uint64_t load(const void *p, size_t size)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case 1:
		memcpy(&u8, p, 1);
		return u8;
	case 2:
		memcpy(&u16, p, 2);
		return u16;
	case 4:
		memcpy(&u32, p, 4);
		return u32;
	default:
		memcpy(&u64, p, 8);
		return u64;
	}
}

static void store(void *p, uint64_t v, size_t size)
{
	uint8_t u8 = (uint8_t)v;
	uint16_t u16 = (uint16_t)v;
	uint32_t u32 = (uint32_t)v;

	switch (size) {
	case 1:
		memcpy(p, &u8, 1);
		break;
	case 2:
		memcpy(p, &u16, 2);
		break;
	case 4:
		memcpy(p, &u32, 4);
		break;
	default:
		memcpy(p, &v, 8);
	}
}

/* Where a message is being written to. */
struct out {
	uint8_t *at, *end;
};

static bool out_add(struct out *o, const void *data, size_t len)
{
	if ((size_t)(o->end - o->at) < len)
		return false;
	if (len > 0)
		memcpy(o->at, data, len);
	o->at += len;
	return true;
}

static bool put_field(struct out *o, const struct wire_field *f, const uint8_t *member)
{
	struct wire_bytes rest;
	uint8_t le[8];
	size_t len;

	switch (f->kind) {
	case FIELD_INT:
		if (load(member, f->size) > f->limit)
			return false;
		put_le(le, load(member, f->size), f->size);
		return out_add(o, le, f->size);
	case FIELD_TEXT:
		len = strnlen((const char *)member, f->size);
		if (len == f->size)
			return false;
		put_le(le, len, 2);
		return out_add(o, le, 2) && out_add(o, member, len);
	case FIELD_RAW:
		return out_add(o, member, f->size);
	case FIELD_REST:
		memcpy(&rest, member, sizeof(rest));
		return out_add(o, rest.data, rest.len);
	}
	return false;
}

ssize_t wire_encode(const struct wire_msg *m, uint8_t *buf, size_t size, struct err *e)
{
	const struct wire_table *t = wire_table_of(m->type);
	struct out o = {buf, buf + MIN(size, (size_t)WIRE_FRAME_MAX)};
	size_t payload;
	uint32_t crc;

	if (t == NULL)
		return err_set(e, 0, "message of unknown type %d", (int)m->type);
	if (size < WIRE_HEADER)
		return err_set(e, ENOSPC, "encode message");
	o.at += WIRE_HEADER;
	for (size_t i = 0; i < t->count; i++)
		if (!put_field(&o, &t->fields[i], (const uint8_t *)m + t->fields[i].offset))
			return err_set(e, 0,
			    "message of type %d: field %zu is out of its bounds", (int)m->type,
			    i);
	payload = (size_t)(o.at - buf) - WIRE_HEADER;
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): four bytes, no text */
	memcpy(buf, WIRE_MAGIC, 4);
	buf[4] = (uint8_t)m->type;
	buf[5] = WIRE_VERSION;
	put_le(buf + 6, m->stream, 2);
	put_le(buf + 8, payload, 4);
	crc = wire_crc32(0, buf, 12);
	put_le(buf + 12, wire_crc32(crc, buf + WIRE_HEADER, payload), 4);
	return o.at - buf;
}

/* What is left of a payload. */
struct in {
	const uint8_t *at, *end;
};

static const uint8_t *in_take(struct in *in, size_t len)
{
	const uint8_t *p = in->at;

	if ((size_t)(in->end - in->at) < len)
		return NULL;
	in->at += len;
	return p;
}

static bool get_field(struct in *in, const struct wire_field *f, uint8_t *member)
{
	struct wire_bytes rest;
	const uint8_t *p;
	size_t len;

	switch (f->kind) {
	case FIELD_INT:
		p = in_take(in, f->size);
		if (p == NULL || get_le(p, f->size) > f->limit)
			return false;
		store(member, get_le(p, f->size), f->size);
		return true;
	case FIELD_TEXT:
		p = in_take(in, 2);
		len = p != NULL ? get_le(p, 2) : 0;
		if (p == NULL || len >= f->size)
			return false;
		p = in_take(in, len);
		if (p == NULL || memchr(p, '\0', len) != NULL)
			return false;
		memcpy(member, p,
		    len); /* NOLINT(bugprone-not-null-terminated-result): next line */
		member[len] = '\0';
		return true;
	case FIELD_RAW:
		p = in_take(in, f->size);
		if (p == NULL)
			return false;
		memcpy(member, p, f->size);
		return true;
	case FIELD_REST:
		rest = (struct wire_bytes){in->at, (uint32_t)(in->end - in->at)};
		in->at = in->end;
		memcpy(member, &rest, sizeof(rest));
		return true;
	}
	return false;
}

int wire_decode(uint8_t type, uint16_t stream, const uint8_t *payload, size_t len,
    struct wire_msg *m, struct err *e)
{
	const struct wire_table *t = wire_table_of(type);
	struct in in = {payload, payload + len};

	if (t == NULL)
		return err_set(e, 0, "message of unknown type %u", type);
	*m = (struct wire_msg){.type = type, .stream = stream};
	for (size_t i = 0; i < t->count; i++)
		if (!get_field(&in, &t->fields[i], (uint8_t *)m + t->fields[i].offset))
			return err_set(
			    e, 0, "message of type %u: field %zu is malformed", type, i);
	if (in.at != in.end)
		return err_set(e, 0, "message of type %u: %zu bytes too many", type,
		    (size_t)(in.end - in.at));
	return 0;
}
