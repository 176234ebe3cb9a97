/* Any bytes as the memory of a firmware: it is read in bounds, and the search ends. */
#include <string.h>

#include "pci/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const uint8_t *data;
	size_t size;
};

static bool read_memory(void *arg, uint64_t at, void *dst, size_t len)
{
	const struct memory *m = arg;

	if (at > m->size || len > m->size - at)
		return false;
	memcpy(dst, m->data + at, len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {data, size};
	char tables[PCI_TABLES];
	bool found = pci_acpi_tables(read_memory, &m, 0, tables);

	if (found != (tables[0] != '\0'))
		abort();
	if (found && strcmp(tables, "none") != 0 && strstr("DMAR IVRS DMAR", tables) == NULL)
		abort();
	return 0;
}
