/* names: short lists, so they are searched from end to end. */
#include <string.h>

#include "image/names.h"

bool names_has(const struct names *l, const char *text)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i], text) == 0)
			return true;
	return false;
}

void names_add(struct names *l, const char *text)
{
	if (names_has(l, text))
		return;
	l->items = reallocarray(l->items, l->count + 1, sizeof(char *));
	if (l->items == NULL)
		abort();
	l->items[l->count] = strdup(text);
	if (l->items[l->count++] == NULL)
		abort();
}

static int by_text(const void *a, const void *b)
{
	char *const *l = a, *const *r = b;

	return strcmp(*l, *r);
}

void names_sort(struct names *l)
{
	if (l->count > 0)
		qsort(l->items, l->count, sizeof(char *), by_text);
}

bool names_same(const struct names *a, const struct names *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

void names_fini(struct names *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct names){0};
}
