/* names: a list of strings without doubles. */
#ifndef IMAGE_NAMES_H
#define IMAGE_NAMES_H

#include "base/base.h"

struct names {
	char **items; /* copies */
	size_t count;
};

bool names_has(const struct names *l, const char *text);
/* Add a copy unless it is there. */
void names_add(struct names *l, const char *text);
void names_sort(struct names *l);
/* Whether both have the same in the same order. */
bool names_same(const struct names *a, const struct names *b);
void names_fini(struct names *l);

#endif
