/*
 * config: what a function's configuration space tells.
 *
 * Bytes of hardware, so nothing is believed: the list of capabilities is followed
 * within the 256 bytes, for as many steps as fit there, so that a circle ends.  Offsets
 * are those of the PCI Local Bus Specification 3.0, chapter 6 and appendix H, and of
 * the PCI Express Base Specification, 7.5.3.
 */
#include "pci/internal.h"

#define STATUS       0x06 /* bit 4: there is a list of capabilities */
#define HEADER_TYPE  0x0e
#define SECONDARY    0x19 /* of bridges */
#define CAPABILITIES 0x34
#define FIRST        0x40
#define SPACE        256
#define LONGEST      PCI_CAPABILITIES
#define EXPRESS_FLR  (1U << 28) /* of the device capabilities */
#define AF_FLR       (1U << 1)
#define MSI_LOG2_MAX 5

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void take_capability(const uint8_t *p, size_t room, struct pci_config *c)
{
	unsigned log2;

	switch (p[0]) {
	case PCI_CAP_PM:
		c->pm = true;
		break;
	case PCI_CAP_MSI:
		log2 = get16(p + 2) >> 1 & 7;
		c->msi = 1U << MIN(log2, MSI_LOG2_MAX);
		break;
	case PCI_CAP_MSIX:
		c->msix = (get16(p + 2) & 0x7ff) + 1;
		break;
	case PCI_CAP_EXPRESS:
		c->express = (int)(get16(p + 2) >> 4 & 0xf);
		c->flr |= room >= 8 && (get32(p + 4) & EXPRESS_FLR) != 0;
		break;
	case PCI_CAP_AF:
		c->flr |= (p[3] & AF_FLR) != 0;
		break;
	default:
		break;
	}
}

void pci_config_read(const uint8_t *data, size_t len, struct pci_config *c)
{
	size_t at;

	*c = (struct pci_config){.express = -1};
	/* All ones is how a function answers that is unplugged or without power. */
	if (len < FIRST || get16(data) == 0xffff)
		return;
	c->header = data[HEADER_TYPE] & 0x7f;
	c->secondary = c->header == 1 ? data[SECONDARY] : 0;
	c->whole = len >= SPACE;
	if (!c->whole || (data[STATUS] & 1U << 4) == 0)
		return;
	at = data[CAPABILITIES] & 0xfcU;
	for (int i = 0; i < LONGEST && at >= FIRST; i++) {
		c->list[c->count].id = data[at];
		c->list[c->count++].at = (uint8_t)at;
		take_capability(data + at, SPACE - at, c);
		at = data[at + 1] & 0xfcU;
	}
}
