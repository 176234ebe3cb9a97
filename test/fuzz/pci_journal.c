/*
 * Any bytes as a journal of cards: what is believed is allowed, writes back as the same
 * line, and is never more than there is room for.
 */
#include <string.h>

#include "pci/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct journal_type *t = &pci_records_type;
	struct pci_op ops[4];
	size_t damaged, lines = 0, count;

	count = journal_lines(t, (const char *)data, size, ops, ARRAY_LEN(ops), &damaged);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	require(count <= ARRAY_LEN(ops) && count <= lines && count + damaged >= lines);
	for (size_t i = 0; i < count; i++) {
		struct buf b = {0};
		char text[256];

		require(pci_allowed(&ops[i], NULL) == 0);
		journal_line_add(t, &b, &ops[i]);
		require(memmem(data, size, b.data, b.len) != NULL);
		pci_describe(&ops[i], text, sizeof(text));
		require(
		    text[0] != '\0' && strchr(text, ';') == NULL && strchr(text, '$') == NULL);
		buf_fini(&b);
	}
	return 0;
}
