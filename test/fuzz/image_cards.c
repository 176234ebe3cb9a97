/*
 * What is read for cards over any bytes: lists of files, aliases and patterns, a
 * manifest's cards, and what is built into a kernel.
 */
#include <stdlib.h>
#include <string.h>

#include "image/alias.h"
#include "image/contents.h"
#include "image/manifest.h"
#include "image/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_contents(struct buf *text)
{
	static char *dirs[] = {(char *)(uintptr_t) "usr/lib/firmware"};
	const struct recipe_list list = {dirs, 1};
	struct contents c = {0};

	contents_add(&c, text, &list, NULL, 0);
	contents_sort(&c);
	for (size_t i = 0; i < c.count; i++) {
		const struct contents_file *f = contents_find(&c, c.files[i].name);

		if (f == NULL || strcmp(f->name, c.files[i].name) != 0 ||
		    contents_find_path(&c, f->path) == NULL)
			abort();
		f = contents_find_older(&c, c.files[i].name);
		if (f != NULL && strcmp(f->name, c.files[i].name) == 0)
			abort();
	}
	contents_fini(&c);
}

static void read_builtin(const uint8_t *data, size_t size)
{
	const struct modules m = {.builtin_info = (const char *)data, .builtin_info_len = size};
	char name[16];
	size_t at = 0;

	while (modules_builtin_next(&m, "alias", name, sizeof(name), &at) != NULL)
		if (at > size)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char known[] = "pci:v00008086d00002723sv*sd*bc02sc*i*";
	struct buf text = {0};
	struct image_card card = {0};
	struct err e = {0};
	char dst[64];

	buf_add(&text, data, size);
	buf_add(&text, "", 1);
	alias_match(text.data, known);
	alias_match(known, text.data);
	alias_match(text.data, text.data);
	alias_same_device(text.data, known);
	alias_id(dst, sizeof(dst), text.data);
	image_modalias(dst, sizeof(dst), text.data);
	manifest_card((const char *)data, size, known, &card, &e);
	read_builtin(data, size);
	read_contents(&text);
	buf_fini(&text);
	return 0;
}
