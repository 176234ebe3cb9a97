/*
 * record: a function of a FreeBSD host as lines of a recording.
 *
 * Pure.  The words are pciconf(8)'s, so that what a user sends and what airlock writes is
 * read by one parser (recording.c).  Of capabilities only what decides about a hand-over
 * is said.  `unit` is ours: pciconf writes driver and unit as one word, and there are
 * drivers whose names end in digits; so is `attached`.
 */
#include <inttypes.h>

#include "pci/internal.h"

#define BAR_FIRST   0x10
#define SUBORDINATE 0x1a /* the last bus behind a bridge */

/* Types of ports, as pciconf calls them. */
static const char *const ports[] = {[0] = "endpoint",
    [1] = "legacy endpoint",
    [4] = "root port",
    [5] = "upstream port",
    [6] = "downstream port",
    [PCI_EXPRESS_TO_PCI] = "PCI bridge",
    [PCI_EXPRESS_FROM_PCI] = "PCI to PCIe bridge",
    [9] = "root endpoint",
    [10] = "event collector"};

static const char *port_name(int type)
{
	if (type < 0 || type >= (int)ARRAY_LEN(ports) || ports[type] == NULL)
		return "unknown port";
	return ports[type];
}

static void add_capability(struct buf *b, const struct pci_config *c, uint8_t id, uint8_t at)
{
	buf_addf(b, "    cap %02x[%02x] = ", id, at);
	switch (id) {
	case PCI_CAP_PM:
		buf_addf(b, "powerspec\n");
		break;
	case PCI_CAP_MSI:
		buf_addf(b, "MSI supports %u message%s\n", c->msi, c->msi == 1 ? "" : "s");
		break;
	case PCI_CAP_MSIX:
		buf_addf(b, "MSI-X supports %u message%s\n", c->msix, c->msix == 1 ? "" : "s");
		break;
	case PCI_CAP_EXPRESS:
		buf_addf(b, "PCI-Express %s%s\n", port_name(c->express), c->flr ? " FLR" : "");
		break;
	case PCI_CAP_AF:
		buf_addf(b, "PCI Advanced Features:%s\n", c->flr ? " FLR" : "");
		break;
	default:
		buf_addf(b, "other\n");
		break;
	}
}

void pci_record_function(struct buf *b, const struct pci_raw *r)
{
	struct pci_config c;
	bool bound = r->driver[0] != '\0';

	buf_addf(b, "%s%u@pci%u:%u:%u:%u:\tclass=0x%06x rev=0x%02x hdr=0x%02x vendor=0x%04x ",
	    bound ? r->driver : "none", bound ? r->unit : 0, r->domain, r->bus, r->slot,
	    r->function, r->class, r->revision, r->header, r->vendor);
	buf_addf(b, "device=0x%04x subvendor=0x%04x subdevice=0x%04x", r->device, r->subvendor,
	    r->subdevice);
	if (bound)
		buf_addf(b, " unit=%u%s", r->unit, r->unattached ? " attached=0" : "");
	buf_addf(b, "\n");
	for (size_t i = 0; i < PCI_BARS; i++)
		if (r->bars[i].there)
			buf_addf(b,
			    "    bar   [%02zx] = type %s, base 0x%" PRIx64 ", size %" PRIu64
			    "\n",
			    BAR_FIRST + 4 * i, r->bars[i].io ? "I/O Port" : "Memory",
			    r->bars[i].base, r->bars[i].size);
	pci_config_read(r->config, r->config_len, &c);
	if (!c.whole)
		return;
	if (c.secondary != 0)
		buf_addf(b, "    bus range  = %u-%u\n", c.secondary, r->config[SUBORDINATE]);
	for (size_t i = 0; i < c.count; i++)
		add_capability(b, &c, c.list[i].id, c.list[i].at);
	if (c.count == 0)
		buf_addf(b, "    cap none\n");
}
