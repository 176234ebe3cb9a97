/*
 * contents: parses Contents files, in place.
 *
 * A line is a path, which may hold spaces, white space, and the packages that
 * have it.  Of the component with the firmware a list has some thousand lines,
 * so it is fetched whole; the list was verified by the archive's signature.
 * Files of a source that is asked first stand before the same of others.
 */
#include <ctype.h>
#include <string.h>

#include "image/contents.h"

/* The part of a path below one of the directories, or NULL. */
static const char *below(const struct recipe_list *dirs, const char *path)
{
	for (size_t i = 0; i < dirs->count; i++) {
		size_t n = strlen(dirs->items[i]);

		if (strncmp(path, dirs->items[i], n) == 0 && path[n] == '/' &&
		    path[n + 1] != '\0')
			return path + n + 1;
	}
	return NULL;
}

/* What a driver would call a file: packages may keep it compressed.  Copied, or NULL. */
static char *plain_name(const char *name)
{
	static const char *const suffixes[] = {".xz", ".zst"};
	size_t len = strlen(name);
	char *own;

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len <= n || strcmp(name + len - n, suffixes[i]) != 0)
			continue;
		own = strndup(name, len - n);
		if (own == NULL)
			abort();
		return own;
	}
	return NULL;
}

/* "non-free-firmware/kernel/firmware-iwlwifi,..." -> "firmware-iwlwifi", in place. */
static char *first_package(char *column)
{
	char *slash;

	column[strcspn(column, ",")] = '\0';
	slash = strrchr(column, '/');
	return slash != NULL ? slash + 1 : column;
}

static void add_line(struct contents *c, char *line, const struct recipe_list *dirs,
    struct source *source, size_t rank)
{
	char *end = line + strlen(line), *column, *package;
	const char *name;
	char *own;

	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	for (column = end; column > line && !isspace((unsigned char)column[-1]);)
		column--;
	for (end = column; end > line && isspace((unsigned char)end[-1]);)
		*--end = '\0';
	name = below(dirs, line);
	if (column == line || name == NULL)
		return;
	package = first_package(column);
	if (package[0] == '\0')
		return;
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 1024;
		c->files = reallocarray(c->files, c->cap, sizeof(*c->files));
		if (c->files == NULL)
			abort();
	}
	own = plain_name(name);
	c->files[c->count++] = (struct contents_file){.path = line,
	    .name = own != NULL ? own : name,
	    .package = package,
	    .source = source,
	    .rank = rank,
	    .own = own};
}

void contents_add(struct contents *c, struct buf *text, const struct recipe_list *dirs,
    struct source *source, size_t rank)
{
	char *rest = text->data, *line;

	c->texts = reallocarray(c->texts, c->text_count + 1, sizeof(*c->texts));
	if (c->texts == NULL)
		abort();
	c->texts[c->text_count++] = *text;
	*text = (struct buf){0};
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
		add_line(c, line, dirs, source, rank);
}

static int by_name(const void *a, const void *b)
{
	const struct contents_file *l = a, *r = b;
	int order = strcmp(l->name, r->name);

	if (order == 0 && l->rank != r->rank)
		order = l->rank < r->rank ? -1 : 1;
	return order != 0 ? order : strcmp(l->package, r->package);
}

void contents_sort(struct contents *c)
{
	if (c->count > 0)
		qsort(c->files, c->count, sizeof(*c->files), by_name);
}

void contents_fini(struct contents *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->files[i].own);
	for (size_t i = 0; i < c->text_count; i++)
		buf_fini(&c->texts[i]);
	free(c->texts);
	free(c->files);
	*c = (struct contents){0};
}

/* Where a name is, or would be. */
static size_t lower_bound(const struct contents *c, const char *name)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(c->files[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct contents_file *contents_find(const struct contents *c, const char *name)
{
	size_t at = lower_bound(c, name);

	if (at == c->count || strcmp(c->files[at].name, name) != 0)
		return NULL;
	return &c->files[at];
}

const struct contents_file *contents_find_path(const struct contents *c, const char *path)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->files[i].path, path) == 0)
			return &c->files[i];
	return NULL;
}

/* iwlwifi counts releases of the core, "-c99", on from its older numbers. */
#define CORE_OFFSET 3

/* "x-77.ucode", "x-c102.ucode": the number, and how long "x-" is. */
static bool split_version(const char *name, size_t *stem, uint64_t *number, const char **suffix)
{
	const char *dash = strrchr(name, '-');
	bool core = dash != NULL && dash[1] == 'c';
	const char *digits = dash != NULL ? dash + 1 + core : "";
	size_t n = strspn(digits, "0123456789");
	char text[16];

	if (n == 0 || n >= sizeof(text) || digits[n] != '.')
		return false;
	str_copy(text, n + 1, digits);
	*stem = (size_t)(dash - name) + 1;
	*suffix = digits + n;
	if (!str_u64(text, 0, UINT32_MAX, number))
		return false;
	*number += core ? CORE_OFFSET : 0;
	return true;
}

const struct contents_file *contents_find_older(const struct contents *c, const char *name)
{
	const struct contents_file *best = NULL;
	uint64_t wanted, number, best_number = 0;
	const char *suffix, *other;
	char plain[512];
	size_t stem, n;

	if (!split_version(name, &stem, &wanted, &suffix))
		return NULL;
	for (size_t i = 0; i < c->count; i++) {
		const struct contents_file *f = &c->files[i];

		if (strncmp(f->name, name, stem) != 0 ||
		    !split_version(f->name, &n, &number, &other) || n != stem ||
		    strcmp(other, suffix) != 0 || number >= wanted)
			continue;
		if (best == NULL || number > best_number) {
			best = f;
			best_number = number;
		}
	}
	if (best != NULL ||
	    !str_format(plain, sizeof(plain), "%.*s%s", (int)stem - 1, name, suffix))
		return best;
	return contents_find(c, plain);
}
