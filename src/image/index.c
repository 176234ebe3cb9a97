/*
 * index: parses a Packages file, tens of megabytes of stanzas, in place.
 *
 * The text is cut into lines by writing NULs into it and an entry is a handful
 * of pointers, so a hundred thousand packages cost one pass and one sort.  A
 * folded field is joined by turning the newline into a space.  Stanzas that
 * lack what a download needs make the whole index an error: it was signed, so
 * a broken one is not to be half believed.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "image/hash.h"
#include "image/index.h"

#define COUNT_MAX 1000000u

/* The fields wanted, and where each goes. */
static const struct field {
	const char *name;
	size_t offset;
} fields[] = {
    {"Package", offsetof(struct index_entry, name)},
    {"Version", offsetof(struct index_entry, version)},
    {"Architecture", offsetof(struct index_entry, architecture)},
    {"Filename", offsetof(struct index_entry, filename)},
    {"SHA256", offsetof(struct index_entry, sha256)},
    {"Pre-Depends", offsetof(struct index_entry, pre_depends)},
    {"Depends", offsetof(struct index_entry, depends)},
    {"Provides", offsetof(struct index_entry, provides)},
};

static bool name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 2 && len < 128 && isalnum((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+.-") == len;
}

/* A file below the mirror: no escape upwards, nothing that a URL would twist. */
static bool filename_valid(const char *path)
{
	size_t len = strlen(path);

	if (len == 0 || len > 1024 || path[0] == '/' || strstr(path, "..") != NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)path[i]) && strchr("/+.-_~:%=", path[i]) == NULL)
			return false;
	return true;
}

static int add_entry(struct index *x, const struct index_entry *entry, struct err *e)
{
	if (!name_valid(entry->name))
		return err_set(e, 0, "index: a package has no valid name");
	if (entry->version[0] == '\0' || entry->architecture[0] == '\0' || entry->size == 0 ||
	    !hash_valid(entry->sha256) || !filename_valid(entry->filename))
		return err_set(e, 0, "index: the entry of %s is incomplete", entry->name);
	if (x->count == COUNT_MAX)
		return err_set(e, 0, "index: more than %u packages", COUNT_MAX);
	if (x->count == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 1024;
		x->entries = reallocarray(x->entries, x->cap, sizeof(*x->entries));
		if (x->entries == NULL)
			abort();
	}
	x->entries[x->count++] = *entry;
	return 0;
}

static void put_field(struct index_entry *entry, char *line)
{
	char *colon = strchr(line, ':');
	char *value;

	if (colon == NULL)
		return;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	if (strcmp(line, "Size") == 0 && !str_u64(value, 1, (uint64_t)4 << 30, &entry->size))
		entry->size = 0;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(line, fields[i].name) == 0)
			*(const char **)((char *)entry + fields[i].offset) = value;
}

static const struct index_entry empty = {"", "", "", "", "", "", "", "", 0};

/*
 * The line at *p, NUL-terminated and with its continuation lines joined;
 * *p moves behind it.  NULL at the end.
 */
static char *take_line(char **p, char *end)
{
	char *line = *p, *nl;

	if (line >= end)
		return NULL;
	for (char *from = line;; from = nl) {
		nl = memchr(from, '\n', (size_t)(end - from));
		if (nl == NULL) {
			*p = end;
			return line;
		}
		if (nl == line || nl + 1 >= end || (nl[1] != ' ' && nl[1] != '\t'))
			break;
		*nl++ = ' ';
	}
	*nl = '\0';
	*p = nl + 1;
	return line;
}

int index_add(struct index *x, struct buf *text, struct err *e)
{
	struct index_entry entry = empty;
	char *p, *end, *line;

	x->texts = reallocarray(x->texts, x->text_count + 1, sizeof(*x->texts));
	if (x->texts == NULL)
		abort();
	x->texts[x->text_count++] = *text;
	p = text->data;
	end = p != NULL ? p + text->len : NULL;
	*text = (struct buf){0};
	if (p != NULL && memchr(p, '\0', (size_t)(end - p)) != NULL)
		return err_set(e, 0, "index: it holds a NUL byte");
	while ((line = take_line(&p, end)) != NULL) {
		if (line[0] != '\0') {
			put_field(&entry, line);
			continue;
		}
		if (entry.name[0] != '\0' && add_entry(x, &entry, e) < 0)
			return -1;
		entry = empty;
	}
	if (entry.name[0] != '\0')
		return add_entry(x, &entry, e);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct index_entry *l = a, *r = b;
	int order = strcmp(l->name, r->name);

	return order != 0 ? order : index_compare_versions(r->version, l->version);
}

void index_sort(struct index *x)
{
	if (x->count > 0)
		qsort(x->entries, x->count, sizeof(*x->entries), by_name);
}

void index_fini(struct index *x)
{
	for (size_t i = 0; i < x->text_count; i++)
		buf_fini(&x->texts[i]);
	free(x->texts);
	free(x->entries);
	*x = (struct index){0};
}

const struct index_entry *index_find(const struct index *x, const char *name)
{
	size_t low = 0, high = x->count;

	/* The first of its name, which is its newest version. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(x->entries[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == x->count || strcmp(x->entries[low].name, name) != 0)
		return NULL;
	return &x->entries[low];
}

const struct index_entry *index_resolve(const struct index *x, const char *name)
{
	const struct index_entry *found = index_find(x, name);
	char provided[256];

	for (size_t i = 0; found == NULL && i < x->count; i++) {
		const char *cursor = x->entries[i].provides;

		while (index_next_name(&cursor, provided, sizeof(provided)))
			if (strcmp(provided, name) == 0)
				found = &x->entries[i];
	}
	return found;
}

bool index_next_name(const char **cursor, char *dst, size_t size)
{
	for (const char *p = *cursor; *p != '\0'; p = *cursor) {
		size_t n;

		p += strspn(p, " ,|\t");
		n = strcspn(p, " ,|(:[<\t");
		*cursor = p + n;
		*cursor += strcspn(*cursor, ",|");
		if (n == 0 || n >= size)
			continue;
		memcpy(dst, p, n);
		dst[n] = '\0';
		return true;
	}
	return false;
}

/* "~" sorts before the end of a part, letters before everything else. */
static int rank(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || isdigit((unsigned char)c))
		return 0;
	return isalpha((unsigned char)c) ? c : c + 256;
}

static bool digit_at(const char *p, const char *end)
{
	return p < end && isdigit((unsigned char)*p);
}

/* Compare runs of digits as numbers of any length, and step over them. */
static int compare_number(const char **a, const char *a_end, const char **b, const char *b_end)
{
	int first = 0;

	while (*a < a_end && **a == '0')
		++*a;
	while (*b < b_end && **b == '0')
		++*b;
	for (; digit_at(*a, a_end) && digit_at(*b, b_end); ++*a, ++*b)
		first = first != 0 ? first : **a - **b;
	if (digit_at(*a, a_end))
		return 1;
	return digit_at(*b, b_end) ? -1 : first;
}

/* Alternating runs of other characters and of digits. */
static int compare_part(const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end || b < b_end) {
		int order;

		while (
		    (a < a_end && !digit_at(a, a_end)) || (b < b_end && !digit_at(b, b_end))) {
			order = (a < a_end ? rank(*a) : 0) - (b < b_end ? rank(*b) : 0);
			if (order != 0)
				return order;
			a += a < a_end;
			b += b < b_end;
		}
		order = compare_number(&a, a_end, &b, b_end);
		if (order != 0)
			return order;
	}
	return 0;
}

/* epoch:upstream-revision */
static void split(const char *v, unsigned long *epoch, const char **upstream, const char **dash,
    const char **end)
{
	const char *colon = strchr(v, ':');

	*epoch = colon != NULL ? strtoul(v, NULL, 10) : 0;
	*upstream = colon != NULL ? colon + 1 : v;
	*end = v + strlen(v);
	*dash = strrchr(*upstream, '-');
	if (*dash == NULL)
		*dash = *end;
}

int index_compare_versions(const char *a, const char *b)
{
	const char *a_up, *a_dash, *a_end, *b_up, *b_dash, *b_end;
	unsigned long a_epoch, b_epoch;
	int order;

	split(a, &a_epoch, &a_up, &a_dash, &a_end);
	split(b, &b_epoch, &b_up, &b_dash, &b_end);
	if (a_epoch != b_epoch)
		return a_epoch < b_epoch ? -1 : 1;
	order = compare_part(a_up, a_dash, b_up, b_dash);
	return order != 0 ? order
			  : compare_part(a_dash + (a_dash < a_end), a_end,
				b_dash + (b_dash < b_end), b_end);
}
