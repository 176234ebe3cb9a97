/*
 * topology: what follows from where the functions of a FreeBSD host are.
 *
 * Pure.  FreeBSD has no groups of the IOMMU: vmm gives each function a domain of its own,
 * by the number under which its requests arrive.  Two things undo that.  Behind a bridge
 * to conventional PCI requests arrive under the bridge's number.  And functions of one
 * plugged-in card can reach each other without passing the IOMMU.  Either is one number
 * here, so that the verdict asks of a group what it asks on Linux.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pci/internal.h"

static const struct pci_bridge *before(
    const struct pci_bridge *bridges, size_t count, const char *address)
{
	unsigned domain = 0, bus = 0;

	sscanf(address, "%5x:%2x", &domain, &bus);
	for (size_t i = 0; i < count; i++)
		if (bridges[i].domain == domain && bridges[i].secondary == bus)
			return &bridges[i];
	return NULL;
}

/*
 * The outermost bridge to conventional PCI on the way to a function, as its number counted
 * from 1; 0: none.
 */
static int conventional(const struct pci_bridge *bridges, size_t count, const char *address)
{
	const struct pci_bridge *found = NULL, *b = before(bridges, count, address);

	/* Buses that are said to be behind each other end here. */
	for (size_t steps = 0; b != NULL && steps < count; steps++) {
		if (b->conventional)
			found = b;
		b = before(bridges, count, b->address);
	}
	return found != NULL ? (int)(found - bridges) + 1 : 0;
}

/* Functions of one card in a slot; what is soldered to a root bus shares but a number. */
bool pci_same_card(const struct pci_device *a, const struct pci_device *b)
{
	size_t slot = strcspn(a->address, ".");

	return a->parent[0] != '\0' && strcmp(a->parent, b->parent) == 0 &&
	       strlen(b->address) > slot && strncmp(a->address, b->address, slot + 1) == 0;
}

void pci_topology(struct pci_host *h, const struct pci_bridge *bridges, size_t count)
{
	int *behind = calloc(h->count + 1, sizeof(*behind));
	int next = 0;

	if (behind == NULL)
		return;
	for (size_t i = 0; i < h->count; i++) {
		struct pci_device *d = &h->devices[i];
		const struct pci_bridge *b = before(bridges, count, d->address);

		if (b != NULL)
			memcpy(d->parent, b->address, sizeof(d->parent));
		behind[i] = conventional(bridges, count, d->address);
		d->conventional = behind[i] != 0;
		/* Such a bridge asks in the name of the first function right behind it. */
		d->renumbered =
		    d->conventional && (b != &bridges[behind[i] - 1] ||
					   strcmp(strrchr(d->address, ':'), ":00.0") != 0);
	}
	for (size_t i = 0; i < h->count; i++) {
		struct pci_device *d = &h->devices[i];

		d->group = -1;
		for (size_t k = i; k-- > 0 && d->group < 0;)
			if (behind[i] != 0 ? behind[i] == behind[k]
					   : pci_same_card(d, &h->devices[k]))
				d->group = h->devices[k].group;
		if (d->group < 0)
			d->group = next++;
	}
	free(behind);
}
