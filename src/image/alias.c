/*
 * alias: PCI modaliases, "pci:v00008086d00002723sv00008086sd00000084bc02sc80i00",
 * and the patterns that drivers have for them, with "*" for whole fields.
 *
 * A device of this host is known whole, and then a pattern is simply matched,
 * as depmod's users do it.  For an image that is built on another machine only
 * vendor and device are known; the rest of its modalias is "*" as well, and
 * field is compared with field, either side's "*" being equal to anything.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "image/alias.h"
#include "image/image.h"

/* Up to the next label; only hexadecimal digits and wildcards stand in a field. */
static bool take_field(const char **p, const char *label, char *dst, size_t size)
{
	size_t n;

	if (strncmp(*p, label, strlen(label)) != 0)
		return false;
	*p += strlen(label);
	n = strspn(*p, "0123456789ABCDEF*?");
	if (n == 0 || n >= size)
		return false;
	memcpy(dst, *p, n);
	dst[n] = '\0';
	*p += n;
	return true;
}

bool alias_parse(struct alias_pci *p, const char *text)
{
	const char *at = text;

	return take_field(&at, "pci:v", p->vendor, sizeof(p->vendor)) &&
	       take_field(&at, "d", p->device, sizeof(p->device)) &&
	       take_field(&at, "sv", p->subvendor, sizeof(p->subvendor)) &&
	       take_field(&at, "sd", p->subdevice, sizeof(p->subdevice)) &&
	       take_field(&at, "bc", p->base, sizeof(p->base)) &&
	       take_field(&at, "sc", p->sub, sizeof(p->sub)) &&
	       take_field(&at, "i", p->interface, sizeof(p->interface)) &&
	       (at[0] == '\0' || strcmp(at, "*") == 0);
}

static bool field_match(const char *pattern, const char *value)
{
	return strcmp(value, "*") == 0 || fnmatch(pattern, value, 0) == 0;
}

bool alias_match(const char *pattern, const char *modalias)
{
	struct alias_pci p, d;

	if (fnmatch(pattern, modalias, 0) == 0)
		return true;
	if (strchr(modalias, '*') == NULL || !alias_parse(&p, pattern) ||
	    !alias_parse(&d, modalias))
		return false;
	/* A pattern for a class is for nobody of whom not even that is known. */
	if (strcmp(p.vendor, "*") == 0 || strcmp(p.device, "*") == 0)
		return false;
	return field_match(p.vendor, d.vendor) && field_match(p.device, d.device) &&
	       field_match(p.subvendor, d.subvendor) && field_match(p.subdevice, d.subdevice) &&
	       field_match(p.base, d.base) && field_match(p.sub, d.sub) &&
	       field_match(p.interface, d.interface);
}

bool alias_same_device(const char *pattern, const char *modalias)
{
	struct alias_pci p, d;

	return alias_parse(&p, pattern) && alias_parse(&d, modalias) &&
	       strcmp(p.vendor, d.vendor) == 0 && strcmp(p.device, d.device) == 0;
}

static bool is_hex4(const char *text)
{
	for (size_t i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

bool image_modalias(char *dst, size_t size, const char *text)
{
	struct alias_pci p;
	char id[10];

	if (alias_parse(&p, text))
		return str_copy(dst, size, text);
	if (strlen(text) != 9 || text[4] != ':' || !is_hex4(text) || !is_hex4(text + 5))
		return false;
	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (char)toupper((unsigned char)text[i]);
	return str_format(dst, size, "pci:v0000%.4sd0000%.4ssv*sd*bc02sc*i*", id, id + 5);
}

char *alias_id(char *dst, size_t size, const char *modalias)
{
	struct alias_pci p;

	if (!alias_parse(&p, modalias) || strlen(p.vendor) != 8 || strlen(p.device) != 8) {
		str_copy(dst, size, modalias);
		return dst;
	}
	str_format(dst, size, "%s:%s", p.vendor + 4, p.device + 4);
	for (char *c = dst; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return dst;
}
