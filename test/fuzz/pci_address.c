/* Any text as an address: what comes out is one, and the same when it goes in again. */
#include <string.h>

#include "pci/pci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[64] = "", address[PCI_ADDRESS], again[PCI_ADDRESS], shown[PCI_SHOWN];

	memcpy(text, data, MIN(size, sizeof(text) - 1));
	if (!pci_address(address, text)) {
		if (address[0] != '\0')
			abort();
		return 0;
	}
	if (strlen(address) < 12 || strspn(address, "0123456789abcdef:.") != strlen(address) ||
	    !pci_address(again, address) || strcmp(address, again) != 0)
		abort();
	/* FreeBSD has no domain of five digits. */
	pci_shown(PCI_SYSTEM_FREEBSD, address, shown);
	if (strlen(address) == 12 &&
	    (!pci_address(again, shown) || strcmp(address, again) != 0))
		abort();
	return 0;
}
