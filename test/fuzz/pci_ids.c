/*
 * Any bytes as pci.ids: names are terminated and printable, and there is none
 * where there are no columns.  The first four bytes say which one is looked for.
 */
#include <string.h>

#include "pci/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_printable(const char name[PCI_NAME])
{
	if (memchr(name, '\0', PCI_NAME) == NULL)
		abort();
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char vendor[PCI_NAME], device[PCI_NAME], title[256];
	struct pci_device d = {.address = "0000:03:00.0"};

	if (size < 4)
		return 0;
	d.vendor = (uint16_t)(data[0] | data[1] << 8);
	d.device = (uint16_t)(data[2] | data[3] << 8);
	pci_ids_find((const char *)data + 4, size - 4, d.vendor, d.device, vendor, device);
	require_printable(vendor);
	require_printable(device);
	if (device[0] != '\0' && memmem(data + 4, size - 4, "  ", 2) == NULL)
		abort();
	memcpy(d.vendor_name, vendor, PCI_NAME);
	memcpy(d.device_name, device, PCI_NAME);
	if (pci_title(&d, title, sizeof(title))[0] != '0')
		abort();
	return 0;
}
