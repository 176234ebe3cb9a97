/*
 * Any bytes as a recording of a host: what comes out is a snapshot like any other, of which
 * each device can be judged and planned for.
 */
#include <string.h>

#include "pci/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static void check(const struct pci_host *h, const struct pci_device *d)
{
	char again[PCI_ADDRESS], title[256];

	if (!pci_address(again, d->address) || strcmp(again, d->address) != 0 ||
	    !pci_address(again, d->shown) || strcmp(again, d->address) != 0)
		abort();
	if (d->group < 0 || d->msi > 32 || d->msix > 2048 || pci_find(h, d->address) != d)
		abort();
	if (d->interface_count > PCI_INTERFACES || d->above_count > PCI_ABOVE)
		abort();
	if (!printable(pci_title(d, title, sizeof(title))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct pci_plan plan;
	struct pci_host h;

	if (pci_parse((const char *)data, size, &h, &e) < 0)
		return 0;
	if (!printable(h.facts.kernel) || h.facts.system != PCI_SYSTEM_FREEBSD)
		abort();
	for (size_t i = 0; i < h.count; i++) {
		struct pci_want want = {.yes = true};
		enum pci_verdict v;

		check(&h, &h.devices[i]);
		if (i >= 16)
			continue;
		memcpy(want.card, h.devices[i].address, sizeof(want.card));
		v = pci_verdict(&h, &want, &e);
		/* More functions than fit are refused by the plan alone. */
		if (pci_plan(&h, &want, &plan, &e) == 0 && v == PCI_REFUSED)
			abort();
	}
	pci_fini(&h);
	return 0;
}
