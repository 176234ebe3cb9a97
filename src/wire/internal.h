/* wire's own: the field tables and their walk. */
#ifndef WIRE_INTERNAL_H
#define WIRE_INTERNAL_H

#include "wire/wire.h"

enum wire_field_kind {
	FIELD_INT,  /* 1, 2, 4 or 8 bytes, at most `limit` */
	FIELD_TEXT, /* u16 length, bytes without NUL; fits the member with its NUL */
	FIELD_RAW,  /* the member as it is, e.g. a MAC address */
	FIELD_REST, /* struct wire_bytes: the rest of the payload; last field */
};

struct wire_field {
	enum wire_field_kind kind;
	size_t offset, size; /* of the member in struct wire_msg */
	uint64_t limit;
};

struct wire_table {
	const struct wire_field *fields;
	size_t count;
	bool known;
};

/* The table of a type, or NULL when there is no such message. */
const struct wire_table *wire_table_of(unsigned type);

#endif
