/*
 * recording: a FreeBSD host from text.
 *
 * The text is what base commands print, in any order and with anything in between:
 *
 *     iwm0@pci0:3:0:0:  class=0x028000 rev=.. hdr=0x00 vendor=0x8086 device=0x24fd ..
 *         vendor     = 'Intel Corporation'          pciconf -lbcBv; older releases have
 *         bar   [10] = type Memory, range 64, ..    card= and chip= in the first line
 *         cap 05[d0] = MSI supports 1 message
 *     hw.vmm.iommu.initialized: 0                   sysctl
 *     pptdevs="3/0/0"                               kenv
 *     airlock.vmm: loaded                           what no base command tells in a line
 *     airlock.firmware: DMAR
 *     airlock.cpu: GenuineIntel
 *     airlock.interface: wlan0 of iwm0 wireless
 *     airlock.interface: bridge0 over em0
 *
 * Our own look at a host (freebsd_look.c) writes such text and reads it here, so that
 * what is tested with recordings is all there is.  It may come from a stranger's report:
 * nothing of it is believed to be whole, short or printable.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pci/recording.h"

/* --------------------------------------------------------------------- devices */

/* The number after a word such as " vendor=" of a line; false when it is not there. */
static bool number_after(const char *line, const char *word, uint64_t *value)
{
	const char *p = strstr(line, word);

	return p != NULL && sscanf(p + strlen(word), "%" SCNi64, (int64_t *)value) == 1;
}

static uint32_t field(const char *line, const char *word)
{
	uint64_t value = 0;

	return number_after(line, word, &value) ? (uint32_t)value : 0;
}

/* "iwm0" -> "iwm" and "0"; a unit that was told decides where a name ends. */
static void take_driver(struct pci_device *d, const char *name, const char *line)
{
	size_t len = strlen(name), digits = 0;
	uint64_t unit, attached;
	char told[PCI_UNIT];

	while (digits < len && isdigit((unsigned char)name[len - 1 - digits]))
		digits++;
	if (number_after(line, " unit=", &unit) &&
	    str_format(told, sizeof(told), "%" PRIu64, unit) && strlen(told) <= digits &&
	    strcmp(name + len - strlen(told), told) == 0)
		digits = strlen(told);
	else if (strncmp(name, "none", len - digits) == 0 && len - digits == 4)
		return;
	/* Only meant for it: as when nobody has taken it. */
	if (number_after(line, " attached=", &attached) && attached == 0)
		return;
	str_copy(d->driver, MIN(sizeof(d->driver), len - digits + 1), name);
	str_copy(d->unit, sizeof(d->unit), name + len - digits);
}

static void take_ids(struct pci_device *d, const char *line)
{
	uint32_t chip = field(line, " chip="), card = field(line, " card=");

	d->class = field(line, "class=") & 0xffffff;
	d->header = field(line, " hdr=") & 0x7f;
	d->vendor = (uint16_t)(chip != 0 ? chip : field(line, " vendor="));
	d->device = (uint16_t)(chip != 0 ? chip >> 16 : field(line, " device="));
	d->subvendor = (uint16_t)(chip != 0 ? card : field(line, " subvendor="));
	d->subdevice = (uint16_t)(chip != 0 ? card >> 16 : field(line, " subdevice="));
	str_format(d->modalias, sizeof(d->modalias),
	    "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", d->vendor, d->device, d->subvendor,
	    d->subdevice, d->class >> 16, d->class >> 8 & 0xff, d->class & 0xff);
}

/* NAME@pci0:3:0:0:<blank>...; false when it is no such line. */
static bool take_device(struct recording *r, const char *line)
{
	char selector[PCI_SHOWN], address[PCI_ADDRESS], name[PCI_DRIVER + PCI_UNIT];
	const char *at = strchr(line, '@'), *p;
	size_t len, i;

	if (at == NULL || at == line || (size_t)(at - line) >= sizeof(name))
		return false;
	len = strcspn(at + 1, " \t");
	if (len < 2 || at[len] != ':' || len > sizeof(selector))
		return false;
	str_copy(selector, len, at + 1);
	if (!pci_address(address, selector))
		return false;
	p = at + 1 + len;
	str_copy(name, (size_t)(at - line) + 1, line);
	for (i = 0; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_-.", name[i]) == NULL)
			return false;
	r->device = pci_find(r->host, address) == NULL ? pci_add(r->host, address) : NULL;
	if (r->device == NULL)
		return true;
	r->device->group = -1;
	take_ids(r->device, p);
	take_driver(r->device, name, p);
	return true;
}

/* A name in quotes, shown to people. */
static void take_name(char dst[PCI_NAME], const char *text)
{
	const char *begin = strchr(text, '\''), *end = strrchr(text, '\'');
	char clean[4 * PCI_NAME];

	if (begin == NULL || end == begin)
		return;
	str_escape(clean, sizeof(clean), begin + 1,
	    MIN((size_t)(end - begin - 1), (size_t)PCI_NAME - 1));
	str_copy(dst, PCI_NAME, clean);
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)) != NULL; p += len)
		if (p != text && p[-1] == ' ' && (p[len] == '\0' || p[len] == ' '))
			return true;
	return false;
}

/* pciconf ends a line after "MSI-X supports 16 messages, enabled" with another one. */
static void take_capability(struct recording *r, const char *text)
{
	struct pci_device *d = r->device;
	unsigned id = 0, n = 0;

	r->capabilities = true;
	if (sscanf(text, "cap %x[%*x] = ", &id) != 1)
		return;
	text = strchr(text, '=') != NULL ? strchr(text, '=') + 1 : "";
	switch (id) {
	case PCI_CAP_PM:
		d->resets |= PCI_RESET_PM;
		break;
	case PCI_CAP_MSI:
		if (sscanf(text, " MSI supports %3u", &n) == 1)
			d->msi = MIN(n, 32U);
		break;
	case PCI_CAP_MSIX:
		if (sscanf(text, " MSI-X supports %4u", &n) == 1)
			d->msix = MIN(n, 2048U);
		break;
	case PCI_CAP_EXPRESS:
		r->express = true;
		if (d->header == 1 && strstr(text, " PCI bridge") != NULL)
			r->to_pci = true;
		if (has_word(text, "FLR"))
			d->resets |= PCI_RESET_FLR;
		break;
	case PCI_CAP_AF:
		if (has_word(text, "FLR"))
			d->resets |= PCI_RESET_FLR;
		break;
	default:
		break;
	}
}

/* A memory region that shares a page with another cannot be mapped into a guest. */
static void take_bar(struct pci_device *d, const char *text)
{
	uint64_t base = 0, size = 0;

	if (strstr(text, "Memory") == NULL || !number_after(text, "base ", &base) ||
	    !number_after(text, "size ", &size))
		return;
	if (((base | size) & (RECORDING_PAGE - 1)) != 0)
		d->unaligned = true;
}

static void take_bus(struct recording *r, const char *text)
{
	unsigned secondary;

	if (r->device->header != 1 || sscanf(text, "bus range = %3u-", &secondary) != 1 ||
	    secondary == 0 || secondary > 0xff)
		return;
	r->secondary = secondary;
}

/* The device before is whole: note it when it is a bridge. */
static void end_device(struct recording *r)
{
	struct pci_bridge *b;

	if (r->device != NULL && r->secondary != 0 && r->bridge_count < RECORDING_BRIDGES) {
		b = &r->bridges[r->bridge_count++];
		memcpy(b->address, r->device->address, sizeof(b->address));
		sscanf(b->address, "%5x:", &b->domain);
		b->secondary = r->secondary;
		/* Without a capability of PCI Express it is conventional on both sides. */
		b->conventional = r->to_pci || !r->express;
	}
	r->device = NULL;
	r->secondary = 0;
	r->express = r->to_pci = false;
}

/* An indented line, of the device before. */
static void take_detail(struct recording *r, const char *text)
{
	if (r->device == NULL)
		return;
	text += strspn(text, " \t");
	if (strncmp(text, "cap ", 4) == 0)
		take_capability(r, text);
	else if (strncmp(text, "bar ", 4) == 0)
		take_bar(r->device, text);
	else if (strncmp(text, "bus range ", 10) == 0)
		take_bus(r, text);
	else if (strncmp(text, "vendor ", 7) == 0)
		take_name(r->device->vendor_name, text);
	else if (strncmp(text, "device ", 7) == 0)
		take_name(r->device->device_name, text);
}

/* ----------------------------------------------------------------------- lines */

static void take_line(struct recording *r, const char *line)
{
	if (line[0] == ' ' || line[0] == '\t') {
		take_detail(r, line);
		return;
	}
	end_device(r);
	if (!take_device(r, line))
		recording_setting(r, line);
}

int pci_parse(const char *text, size_t len, struct pci_host *h, struct err *e)
{
	struct recording r = {.host = h};
	char line[RECORDING_LINE];

	memset(h, 0, sizeof(*h));
	h->facts.system = PCI_SYSTEM_FREEBSD;
	h->facts.firmware = h->facts.iommu_enable = h->facts.amdvi_enable = PCI_UNKNOWN;
	h->facts.remapping = PCI_UNKNOWN;
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t n = newline != NULL ? (size_t)(newline - text) - at : len - at;

		memcpy(line, text + at, MIN(n, sizeof(line) - 1));
		line[MIN(n, sizeof(line) - 1)] = '\0';
		if (n > 0)
			take_line(&r, line);
		at += n + 1;
	}
	end_device(&r);
	if (h->count == 0 && !r.known)
		return err_set(e, 0, "no recording of a FreeBSD host");
	for (size_t i = 0; i < h->count; i++) {
		pci_shown(PCI_SYSTEM_FREEBSD, h->devices[i].address, h->devices[i].shown);
		h->devices[i].capabilities = r.capabilities;
	}
	pci_sort(h);
	pci_topology(h, r.bridges, r.bridge_count);
	recording_finish(&r);
	return 0;
}
