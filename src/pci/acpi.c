/*
 * acpi: does the firmware describe an IOMMU?
 *
 * Pure, over a function that reads physical memory.  The root pointer names a table of
 * tables, with addresses of four bytes or, since ACPI 2.0, of eight; each table begins
 * with four letters.  What a firmware says of lengths is bounded, and what is not its
 * signature is no table.  Offsets are those of the ACPI Specification 6.5, section 5.2.
 */
#include <string.h>

#include "pci/internal.h"

#define RSDP_LEN    36
#define REVISION    15 /* of the root pointer: 2 and more have the second address */
#define RSDT        16
#define XSDT        24
#define HEADER_LEN  36
#define TABLE_LEN   4
#define ENTRIES_MAX 256 /* a computer has tens */

static uint64_t get(const uint8_t *p, size_t bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

/* The signature of the table of tables, and how long its entries are. */
static uint64_t list_at(const uint8_t root[RSDP_LEN], const char **signature, size_t *width)
{
	uint64_t at = root[REVISION] >= 2 ? get(root + XSDT, 8) : 0;

	*signature = at != 0 ? "XSDT" : "RSDT";
	*width = at != 0 ? 8 : 4;
	return at != 0 ? at : get(root + RSDT, 4);
}

bool pci_acpi_tables(pci_memory_fn *read, void *arg, uint64_t root, char dst[PCI_TABLES])
{
	static const char *const wanted[] = {"DMAR", "IVRS"};
	uint8_t rsdp[RSDP_LEN], header[HEADER_LEN], entry[8];
	const char *signature;
	size_t width, count;
	uint64_t at;

	dst[0] = '\0';
	if (!read(arg, root, rsdp, sizeof(rsdp)) || memcmp(rsdp, "RSD PTR ", 8) != 0)
		return false;
	at = list_at(rsdp, &signature, &width);
	if (!read(arg, at, header, sizeof(header)) || memcmp(header, signature, 4) != 0 ||
	    get(header + TABLE_LEN, 4) < HEADER_LEN)
		return false;
	count = MIN((get(header + TABLE_LEN, 4) - HEADER_LEN) / width, (uint64_t)ENTRIES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!read(arg, at + HEADER_LEN + i * width, entry, width)) {
			dst[0] = '\0';
			return false;
		}
		if (!read(arg, get(entry, width), header, 4))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(wanted); k++)
			if (memcmp(header, wanted[k], 4) == 0 && strstr(dst, wanted[k]) == NULL)
				str_format(dst + strlen(dst), PCI_TABLES - strlen(dst), "%s%s",
				    dst[0] != '\0' ? " " : "", wanted[k]);
	}
	if (dst[0] == '\0')
		str_copy(dst, PCI_TABLES, "none");
	return true;
}
