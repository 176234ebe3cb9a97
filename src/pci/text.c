/*
 * text: what cards, kinds and ways to reset are called.
 *
 * Pure.  Names of vendors lose what only a lawyer reads: "Intel Corporation" is Intel.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "pci/internal.h"

#define SELECTOR "pci"

/* "pci0:3:0:0" of pciconf(8), "3/0/0" of pptdevs: decimal. */
static bool freebsd_address(char dst[PCI_ADDRESS], const char *text)
{
	unsigned domain = 0, bus, slot, function;
	int used = 0;

	if (!isdigit((unsigned char)text[strspn(text, SELECTOR)]))
		return false;
	if (sscanf(text, SELECTOR "%5u:%3u:%2u:%1u%n", &domain, &bus, &slot, &function,
		&used) != 4 &&
	    sscanf(text, "%3u/%2u/%1u%n", &bus, &slot, &function, &used) != 3)
		return false;
	if (text[used] != '\0' || domain > 0xffff || bus > 0xff || slot > 0x1f || function > 7)
		return false;
	return str_format(dst, PCI_ADDRESS, "%04x:%02x:%02x.%x", domain, bus, slot, function);
}

/* Five digits of domain: an Intel VMD numbers its devices from 10000 on. */
bool pci_address(char dst[PCI_ADDRESS], const char *text)
{
	unsigned domain = 0, bus, slot, function;
	int used = 0;

	dst[0] = '\0';
	if (text[strspn(text, SELECTOR "0123456789:/")] == '\0' &&
	    (strncmp(text, SELECTOR, strlen(SELECTOR)) == 0 || strchr(text, '/') != NULL))
		return freebsd_address(dst, text);
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

const char *pci_shown(enum pci_system system, const char *address, char dst[PCI_SHOWN])
{
	unsigned domain, bus, slot, function;

	if (system == PCI_SYSTEM_FREEBSD &&
	    sscanf(address, "%5x:%2x:%2x.%1x", &domain, &bus, &slot, &function) == 4)
		str_format(dst, PCI_SHOWN, SELECTOR "%u:%u:%u:%u", domain, bus, slot, function);
	else
		str_copy(dst, PCI_SHOWN, address);
	return dst;
}

const char *pci_driver_name(const struct pci_device *d, char *dst, size_t size)
{
	str_format(dst, size, "%s%s", d->driver, d->driver[0] != '\0' ? d->unit : "");
	return dst;
}

bool pci_is_taken(const struct pci_device *d)
{
	return strcmp(d->driver, PCI_VFIO) == 0 || strcmp(d->driver, PCI_PPT_DRIVER) == 0;
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

/* Old wireless cards call themselves Ethernet; their name does not. */
static bool name_is_wireless(const char *name)
{
	return strstr(name, "802.11") != NULL || strcasestr(name, "wireless") != NULL ||
	       strcasestr(name, "wi-fi") != NULL || strcasestr(name, "wlan") != NULL;
}

enum pci_kind pci_kind_of(const struct pci_device *d)
{
	uint32_t class = d->class >> 8;

	if (class >> 8 == 0x06)
		return PCI_BRIDGE;
	if (class >> 8 != 0x02 && class >> 8 != 0x0d)
		return PCI_OTHER;
	if (d->kind == PCI_WIRELESS || class == 0x0d20 || class == 0x0d21)
		return PCI_WIRELESS;
	if (class == 0x0280)
		return d->interface_count == 0 ? PCI_WIRELESS : PCI_ETHERNET;
	if (class == 0x0200)
		return d->interface_count == 0 && name_is_wireless(d->device_name)
			   ? PCI_WIRELESS
			   : PCI_ETHERNET;
	return PCI_OTHER;
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
	const char *shown = d->shown[0] != '\0' ? d->shown : d->address;
	char name[2 * PCI_NAME], driver[PCI_DRIVER + PCI_UNIT];

	pci_name(d, name, sizeof(name));
	if (d->driver[0] != '\0')
		str_format(dst, size, "%s %s (%s)", shown, name,
		    pci_driver_name(d, driver, sizeof(driver)));
	else
		str_format(dst, size, "%s %s", shown, name);
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
