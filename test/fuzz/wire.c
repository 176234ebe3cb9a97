/*
 * wire: a stream of bytes through both kinds of reader.  The first byte picks
 * the reader and how the rest is cut; a message that decodes must encode again
 * to the frame it came from.
 */
#include <string.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t again[WIRE_FRAME_MAX];
static struct wire_reader reader;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step;

	if (size == 0)
		return 0;
	memset(&reader, 0, offsetof(struct wire_reader, buf));
	reader.resync = data[0] & 1;
	step = (size_t)(data[0] >> 1) + 1;
	for (size_t at = 1; at < size; at += step) {
		size_t room, n = MIN(step, size - at);
		uint8_t *p = wire_room(&reader, &room);
		struct wire_msg m;
		struct err e = {0};
		int rc;

		if (room < n)
			abort(); /* the reader promises room after it asked for more */
		memcpy(p, data + at, n);
		wire_filled(&reader, n);
		while ((rc = wire_next(&reader, &m, &e)) == 1) {
			if (wire_encode(&m, again, sizeof(again), &e) < 0)
				abort();
		}
		if (rc < 0)
			break;
	}
	return 0;
}
