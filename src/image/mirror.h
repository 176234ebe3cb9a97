/* mirror: which Debian mirror the host's apt uses. */
#ifndef IMAGE_MIRROR_H
#define IMAGE_MIRROR_H

#include "base/base.h"

/*
 * Find the first archive of Debian proper in the text of an apt source file:
 * one-line style (sources.list(5), *.list) or stanzas (*.sources).
 * False when there is none.
 */
bool mirror_in_list(const char *text, char *dst, size_t size);
bool mirror_in_stanzas(const char *text, char *dst, size_t size);

#endif
