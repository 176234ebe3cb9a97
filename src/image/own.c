/*
 * own: the files of a tree that the recipe itself describes.
 *
 * Directories, links, devices and short text files; a text file's lines are
 * single pairs of the recipe, in their order.
 */
#include <stdio.h>
#include <string.h>

#include "image/own.h"

static int add_device(struct tree *t, const struct recipe_pair *pair, struct err *e)
{
	unsigned major, minor, mode;

	if (sscanf(pair->value, "c %u %u %o", &major, &minor, &mode) != 3 || mode > 0777)
		return err_set(
		    e, 0, "recipe: device %s: accepted: \"c major minor mode\"", pair->key);
	return tree_add_device(t, pair->key, mode, major, minor, e);
}

/* The file whose first line the i-th pair is. */
static int add_text(
    struct tree *t, const struct recipe_pairs *lines, size_t first, struct err *e)
{
	const char *path = lines->items[first].key;
	struct buf text = {0};
	int r;

	for (size_t i = 0; i < lines->count; i++) {
		if (strcmp(lines->items[i].key, path) != 0)
			continue;
		if (i < first) {
			buf_fini(&text);
			return 0;
		}
		buf_addf(&text, "%s\n", lines->items[i].value);
	}
	r = tree_add_text(t, path, text.data, text.len, e);
	buf_fini(&text);
	return r;
}

int own_add(struct tree *t, const struct recipe_tree *r, struct err *e)
{
	int bad = 0;

	for (size_t i = 0; !bad && i < r->directories.count; i++)
		bad = tree_add_directory(t, r->directories.items[i], e);
	for (size_t i = 0; !bad && i < r->links.count; i++)
		bad = tree_add_link(t, r->links.items[i].key, r->links.items[i].value, NULL, e);
	for (size_t i = 0; !bad && i < r->lines.count; i++)
		bad = add_text(t, &r->lines, i, e);
	for (size_t i = 0; !bad && i < r->devices.count; i++)
		bad = add_device(t, &r->devices.items[i], e);
	return bad;
}
