/*
 * qmp: fuzzes what QEMU says on its monitor, line by line and as a life.
 *
 * The first byte is the size of the pieces that the rest arrives in.  Between
 * pieces the driver's part is played: what is to be sent is sent, a grace that
 * was asked for runs out, the power button is pressed.
 */
#include <string.h>

#include "vm/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_event(void *arg, enum vm_event_kind kind, const char *text)
{
	unsigned *events = arg;

	if (kind == VM_EVENT_EXITED || strlen(text) > 255)
		abort();
	++*events;
}

static void decode_all(const char *data, size_t size)
{
	while (size > 0) {
		const char *end = memchr(data, '\n', size);
		size_t len = end != NULL ? (size_t)(end - data) : size;
		struct qmp_message m;
		struct err e = {0};

		if (qmp_decode(data, len, &m, &e) < 0 && e.text[0] == '\0')
			abort();
		if (strlen(m.status) >= sizeof(m.status) || strlen(m.text) >= sizeof(m.text))
			abort();
		data += MIN(len + 1, size);
		size -= MIN(len + 1, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned events = 0;
	struct monitor m = {.fn = on_event, .arg = &events};
	struct err e = {0};
	size_t piece;

	if (size == 0)
		return 0;
	piece = data[0] != 0 ? data[0] : 4096;
	for (size_t at = 1; at < size; at += piece) {
		if (monitor_feed(&m, data + at, MIN(piece, size - at), &e) < 0)
			break;
		if (m.out.len > 1024 || m.in.len > QMP_LINE_MAX)
			abort();
		if (m.grace && at % 3 == 0)
			monitor_grace_over(&m);
		monitor_power_off(&m);
		if (at % 2 == 0)
			buf_drop(&m.out, m.out.len);
	}
	monitor_fini(&m);
	decode_all((const char *)data + 1, size - 1);
	return 0;
}
