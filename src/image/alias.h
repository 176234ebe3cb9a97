/* alias: the names by which drivers and devices find each other. */
#ifndef IMAGE_ALIAS_H
#define IMAGE_ALIAS_H

#include "base/base.h"

/* What a PCI modalias says; "*" is what is not known, or not asked for. */
struct alias_pci {
	char vendor[12], device[12];
	char subvendor[12], subdevice[12];
	char base[6], sub[6], interface[6];
};

/* Take a PCI modalias, or a driver's pattern of it, apart.  False: it is none. */
bool alias_parse(struct alias_pci *p, const char *text);

/*
 * Whether a driver's pattern speaks of a device.  A device of which not all is
 * known ("*" in its modalias) is meant as soon as it may be.
 */
bool alias_match(const char *pattern, const char *modalias);

/* Whether a pattern is for the very vendor and device of a modalias. */
bool alias_same_device(const char *pattern, const char *modalias);

/* "8086:2723" of a PCI modalias, else the modalias itself; returns dst. */
char *alias_id(char *dst, size_t size, const char *modalias);

#endif
