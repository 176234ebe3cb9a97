/*
 * text: what cards, kinds and ways to reset are called.
 *
 * Pure.  Names of vendors lose what only a lawyer reads: "Intel Corporation" is Intel.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "pci/internal.h"

/* Five digits of domain: an Intel VMD numbers its devices from 10000 on. */
bool pci_address(char dst[PCI_ADDRESS], const char *text)
{
	unsigned domain = 0, bus, slot, function;
	int used = 0;

	dst[0] = '\0';
	for (const char *p = text; *p != '\0'; p++)
		if (!isxdigit((unsigned char)*p) && *p != ':' && *p != '.')
			return false;
	if (sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function, &used) != 3 ||
	    text[used] != '\0') {
		used = 0;
		if (sscanf(text, "%5x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &used) !=
			4 ||
		    text[used] != '\0')
			return false;
	}
	if (slot > 0x1f || function > 7)
		return false;
	return str_format(dst, PCI_ADDRESS, "%04x:%02x:%02x.%x", domain, bus, slot, function);
}

const struct pci_device *pci_find(const struct pci_host *h, const char *address)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->devices[i].address, address) == 0)
			return &h->devices[i];
	return NULL;
}

const char *pci_kind_name(enum pci_kind kind)
{
	switch (kind) {
	case PCI_WIRELESS:
		return "wireless card";
	case PCI_ETHERNET:
		return "Ethernet card";
	case PCI_BRIDGE:
		return "bridge";
	case PCI_OTHER:
		break;
	}
	return "device";
}

static const struct {
	uint32_t class, mask;
	const char *words;
} classes[] = {
    {0x010000, 0xff0000, "disk controller"},
    {0x020000, 0xffff00, "Ethernet card"},
    {0x028000, 0xffff00, "wireless card"},
    {0x020000, 0xff0000, "network card"},
    {0x030000, 0xff0000, "graphics card"},
    {0x040000, 0xff0000, "sound or video device"},
    {0x050000, 0xff0000, "memory controller"},
    {0x060400, 0xffff00, "PCI bridge"},
    {0x060000, 0xff0000, "bridge"},
    {0x070000, 0xff0000, "serial port"},
    {0x080500, 0xffff00, "card reader"},
    {0x080000, 0xff0000, "system device"},
    {0x090000, 0xff0000, "input device"},
    {0x0b0000, 0xff0000, "processor"},
    {0x0c0000, 0xffff00, "FireWire controller"},
    {0x0c0300, 0xffff00, "USB controller"},
    {0x0c0500, 0xffff00, "SMBus controller"},
    {0x0c8000, 0xffff00, "bus controller"},
    {0x0d0000, 0xff0000, "wireless device"},
    {0x100000, 0xff0000, "encryption device"},
    {0x110000, 0xff0000, "signal processor"},
};

const char *pci_class(const struct pci_device *d)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if ((d->class & classes[i].mask) == classes[i].class)
			return classes[i].words;
	return "device";
}

/* "Intel Corporation" -> "Intel"; "Realtek Semiconductor Co., Ltd." -> "Realtek". */
static void shorten(char *name)
{
	static const char *const ends[] = {" Corporation", " Corp", " corp", " Semiconductor",
	    " Electronics", " Technolog", " Group", " Inc", " Ltd", " Limited", " Co.", " ("};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char *p = strstr(name, ends[i]);

		if (p != NULL && p != name)
			*p = '\0';
	}
	for (size_t len = strlen(name); len > 0 && name[len - 1] == ','; len--)
		name[len - 1] = '\0';
}

const char *pci_name(const struct pci_device *d, char *dst, size_t size)
{
	char vendor[PCI_NAME];

	str_copy(vendor, sizeof(vendor), d->vendor_name);
	shorten(vendor);
	if (vendor[0] == '\0')
		str_format(dst, size, "[%04x:%04x]", d->vendor, d->device);
	else if (d->device_name[0] == '\0')
		str_format(dst, size, "%s [%04x:%04x]", vendor, d->vendor, d->device);
	else
		str_format(dst, size, "%s %s", vendor, d->device_name);
	return dst;
}

const char *pci_title(const struct pci_device *d, char *dst, size_t size)
{
	char name[2 * PCI_NAME];

	pci_name(d, name, sizeof(name));
	if (d->driver[0] != '\0')
		str_format(dst, size, "%s %s (%s)", d->address, name, d->driver);
	else
		str_format(dst, size, "%s %s", d->address, name);
	return dst;
}

const char *const pci_reset_names[PCI_RESETS] = {
    "flr", "pm", "bus", "device_specific", "acpi", "unknown"};

const char *pci_resets(unsigned resets, char *dst, size_t size)
{
	size_t used = 0;

	str_copy(dst, size, "none");
	for (unsigned i = 0; i < PCI_RESETS && used < size; i++) {
		if ((resets & 1U << i) == 0)
			continue;
		str_format(
		    dst + used, size - used, "%s%s", used > 0 ? " " : "", pci_reset_names[i]);
		used += strlen(dst + used);
	}
	return dst;
}

const char *pci_iommu_parameter(const struct pci_facts *f)
{
	/* AMD's is on unless it was switched off, in the firmware or by a parameter. */
	return f->cpu == PCI_CPU_INTEL && !f->groups && !f->asked_on ? "intel_iommu=on" : "";
}
