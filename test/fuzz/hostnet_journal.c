/*
 * Any bytes as a journal: what is believed is allowed, writes back as the
 * same line, and is never more than there is room for.
 */
#include <string.h>

#include "hostnet/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hostnet_op ops[4];
	size_t damaged, lines = 0;
	size_t count = journal_lines(
	    &hostnet_records_type, (const char *)data, size, ops, ARRAY_LEN(ops), &damaged);

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	require(count <= ARRAY_LEN(ops) && count <= lines && count + damaged >= lines);
	for (size_t i = 0; i < count; i++) {
		struct buf b = {0};
		char text[1024];

		require(hostnet_allowed(&ops[i], ops[i].interface, NULL, NULL) == 0);
		journal_line_add(&hostnet_records_type, &b, &ops[i]);
		require(memmem(data, size, b.data, b.len) != NULL);
		hostnet_describe_linux(&ops[i], text, sizeof(text));
		require(text[0] != '\0');
		hostnet_describe_freebsd(&ops[i], text, sizeof(text));
		require(text[0] != '\0');
		buf_fini(&b);
	}
	return 0;
}
