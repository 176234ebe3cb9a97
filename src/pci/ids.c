/*
 * ids: names of vendors and devices, from pci.ids.
 *
 * The file is text: a vendor is a line "8086  Intel Corporation", its devices follow,
 * each after a tab, their subsystems after two; '#' begins a remark.  It belongs to the
 * host's package of that name and is read as a stranger's all the same: bounded, and
 * what comes out is printable.
 */
#include <stdio.h>
#include <string.h>

#include "pci/internal.h"

#define DIGITS 4

/* Does the line at p begin with an id and two blanks? */
static bool begins(const char *p, const char *end, const char *id)
{
	return end - p > DIGITS + 2 && memcmp(p, id, DIGITS) == 0 && p[DIGITS] == ' ' &&
	       p[DIGITS + 1] == ' ';
}

static const char *line_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline != NULL ? newline : end;
}

static void take_name(char dst[PCI_NAME], const char *p, const char *end)
{
	p += DIGITS + 2;
	str_clean(dst, PCI_NAME, p, (size_t)(end - p));
}

/* The line of a vendor, or NULL. */
static const char *find_vendor(const char *text, const char *end, const char *id)
{
	char pattern[16];
	const char *p;

	if (begins(text, end, id))
		return text;
	str_format(pattern, sizeof(pattern), "\n%s  ", id);
	p = memmem(text, (size_t)(end - text), pattern, strlen(pattern));
	return p != NULL ? p + 1 : NULL;
}

void pci_ids_find(const char *text, size_t len, uint16_t vendor, uint16_t device,
    char vendor_name[PCI_NAME], char device_name[PCI_NAME])
{
	const char *end = text + len, *p, *next;
	char id[8];

	vendor_name[0] = device_name[0] = '\0';
	str_format(id, sizeof(id), "%04x", vendor);
	p = find_vendor(text, end, id);
	if (p == NULL)
		return;
	next = line_end(p, end);
	take_name(vendor_name, p, next);
	str_format(id, sizeof(id), "%04x", device);
	while (next < end) {
		p = next + 1;
		if (p == end || (*p != '\t' && *p != '#' && *p != '\n'))
			return;
		next = line_end(p, end);
		if (*p == '\t' && begins(p + 1, next, id)) {
			take_name(device_name, p + 1, next);
			return;
		}
	}
}
