/* Any bytes as a configuration space: it is read in bounds, and says what can be. */
#include "pci/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pci_config c;

	pci_config_read(data, size, &c);
	if (c.msi > 32 || (c.msi & (c.msi - 1)) != 0 || c.msix > 2048 || c.header > 0x7f)
		abort();
	if (c.whole != (size >= 256 && !(data[0] == 0xff && data[1] == 0xff)))
		abort();
	if (!c.whole && (c.msi != 0 || c.msix != 0 || c.flr))
		abort();
	return 0;
}
