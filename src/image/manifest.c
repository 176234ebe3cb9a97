/*
 * manifest: JSON both ways, by jansson.
 *
 * A manifest is the image's identity: its hash is the generation's name, and
 * every file's hash stands in it.  So it holds only what follows from the
 * inputs, in a sorted order.  It is read back with the same care as anything
 * from a disk: names that are paths and hashes that are none are refused.
 */
#include <jansson.h>
#include <string.h>

#include "image/hash.h"
#include "image/manifest.h"

#define FORMAT 1

/* Both take the value over; they fail for want of memory alone. */
static void put(json_t *o, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value) < 0)
		abort();
}

static void append(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) < 0)
		abort();
}

/* What is no UTF-8 is shown escaped; json_string would refuse it. */
static json_t *text_of(const char *text)
{
	json_t *value = json_string(text);
	char safe[2048];

	if (value != NULL)
		return value;
	str_escape(safe, sizeof(safe), text, strlen(text));
	return json_string(safe);
}

static void put_text(json_t *o, const char *key, const char *text)
{
	put(o, key, text_of(text));
}

static void put_size(json_t *o, const char *key, uint64_t size)
{
	put(o, key, json_integer((json_int_t)size));
}

static void put_content(json_t *o, const void *data, size_t len)
{
	char sha256[HASH_TEXT];

	hash_data(sha256, data, len);
	put_size(o, "size", len);
	put_text(o, "sha256", sha256);
}

static int by_name(const void *a, const void *b)
{
	const struct package *const *l = a, *const *r = b;

	return strcmp((*l)->entry->name, (*r)->entry->name);
}

static json_t *packages_of(const struct packages *p)
{
	const struct index_entry *last = NULL;
	json_t *list = json_array();
	struct package **sorted = calloc(p->count + 1, sizeof(struct package *));

	if (sorted == NULL)
		abort();
	memcpy(sorted, p->list, p->count * sizeof(struct package *));
	qsort(sorted, p->count, sizeof(struct package *), by_name);
	for (size_t i = 0; i < p->count; i++) {
		const struct index_entry *entry = sorted[i]->entry;
		json_t *o;

		if (!sorted[i]->used || entry == last)
			continue;
		last = entry;
		o = json_object();
		put_text(o, "name", entry->name);
		put_text(o, "version", entry->version);
		put_text(o, "architecture", entry->architecture);
		put_size(o, "size", entry->size);
		put_text(o, "sha256", entry->sha256);
		append(list, o);
	}
	free(sorted);
	return list;
}

static bool is_module(const struct tree_node *n)
{
	size_t len = strlen(n->path);

	return S_ISREG(n->mode) && len > 3 && strcmp(n->path + len - 3, ".ko") == 0;
}

/* A module's file name without its ".ko". */
static json_t *name_of(const struct tree_node *n)
{
	return json_stringn(tree_name(n), strlen(tree_name(n)) - 3);
}

static json_t *modules_of(const struct tree *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++)
		if (is_module(&t->nodes[i]))
			append(list, name_of(&t->nodes[i]));
	return list;
}

static json_t *files_of(const struct tree *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++) {
		const struct tree_node *n = &t->nodes[i];
		json_t *o;

		if (S_ISDIR(n->mode))
			continue;
		o = json_object();
		put_text(o, "path", n->path);
		if (S_ISLNK(n->mode))
			put_text(o, "link", n->target);
		else if (S_ISREG(n->mode))
			put_content(o, n->data, n->len);
		put_text(o, "package", n->package != NULL ? n->package : "airlock");
		append(list, o);
	}
	return list;
}

static json_t *output_of(const struct manifest_output *out)
{
	json_t *o = json_object();

	put_text(o, "name", out->name);
	put_content(o, out->data, out->len);
	if (out->tree != NULL) {
		put_size(o, "unpacked", tree_bytes(out->tree));
		put(o, "modules", modules_of(out->tree));
		put(o, "files", files_of(out->tree));
	}
	return o;
}

static json_t *strings_of(const struct names *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->count; i++)
		append(list, text_of(l->items[i]));
	return list;
}

static json_t *firmware_of(const struct cards *c, const struct card_driver *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count; i++) {
		const struct firmware_file *f = firmware_got(c->firmware, d->files[i]);
		json_t *o = json_object();

		put_text(o, "path", f->from->name);
		put_content(o, f->data, f->len);
		put_text(o, "package", f->package);
		append(list, o);
	}
	return list;
}

static json_t *cards_of(const struct cards *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->count; i++) {
		const struct card_driver *d = &c->list[i];
		json_t *o = json_object();

		put_text(o, "driver", d->name);
		put(o, "match", strings_of(&d->match));
		put(o, "required", json_boolean(d->required));
		put(o, "firmware", firmware_of(c, d));
		put(o, "missing", strings_of(&d->missing));
		append(list, o);
	}
	return list;
}

static const char *suite_of(const struct release *r)
{
	return r->codename[0] != '\0' ? r->codename : r->suite;
}

void manifest_write(const struct manifest *m, struct buf *out)
{
	json_t *top = json_object();
	json_t *outputs = json_array();
	char *text;

	put_size(top, "format", FORMAT);
	put_text(top, "suite", suite_of(m->release));
	put_text(top, "release", m->release->date);
	put_text(top, "architecture", m->architecture);
	if (m->newer != NULL) {
		put_text(top, "kernel_suite", suite_of(m->newer));
		put_text(top, "kernel_release", m->newer->date);
	}
	put_text(top, "kernel", m->kernel);
	if (m->sources[0] != '\0') {
		put_text(top, "sources", m->sources);
		put_text(top, "compiler", m->compiler);
	}
	if (m->cards->count > 0 || m->cards->all) {
		put(top, "all_cards", json_boolean(m->cards->all));
		put(top, "cards", cards_of(m->cards));
	}
	for (size_t i = 0; i < m->count; i++)
		append(outputs, output_of(&m->outputs[i]));
	put(top, "outputs", outputs);
	put(top, "packages", packages_of(m->packages));
	text = json_dumps(top, JSON_INDENT(1));
	if (text == NULL)
		abort();
	buf_addf(out, "%s\n", text);
	free(text);
	json_decref(top);
}

static bool get_text(const json_t *o, const char *key, char *dst, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL && str_copy(dst, size, text);
}

static int read_output(struct manifest_summary *s, const json_t *o, struct err *e)
{
	struct manifest_file *f = &s->files[s->count];
	const json_t *size = json_object_get(o, "size");

	if (s->count == ARRAY_LEN(s->files))
		return err_set(e, 0, "manifest: too many files");
	if (!get_text(o, "name", f->name, sizeof(f->name)) ||
	    !get_text(o, "sha256", f->sha256, sizeof(f->sha256)) || !json_is_integer(size) ||
	    json_integer_value(size) < 0 || f->name[0] == '.' || f->name[0] == '\0' ||
	    strchr(f->name, '/') != NULL || !hash_valid(f->sha256))
		return err_set(e, 0, "manifest: a file's entry is broken");
	f->size = (uint64_t)json_integer_value(size);
	s->count++;
	s->modules += json_array_size(json_object_get(o, "modules"));
	return 0;
}

/* Bytes of firmware, a content that several names have counted once. */
static void read_cards(struct manifest_summary *s, const json_t *cards)
{
	json_t *seen = json_object();

	for (size_t i = 0; i < json_array_size(cards); i++) {
		const json_t *card = json_array_get(cards, i);
		const json_t *firmware = json_object_get(card, "firmware");
		const char *driver = json_string_value(json_object_get(card, "driver"));

		if (driver != NULL && driver[0] != '\0' && s->cards++ == 0)
			str_copy(s->driver, sizeof(s->driver), driver);
		for (size_t k = 0; k < json_array_size(firmware); k++) {
			const json_t *o = json_array_get(firmware, k);
			const char *sha256 = json_string_value(json_object_get(o, "sha256"));
			json_int_t size = json_integer_value(json_object_get(o, "size"));

			if (sha256 == NULL || size < 0 || json_object_get(seen, sha256) != NULL)
				continue;
			put(seen, sha256, json_true());
			s->firmware++;
			s->firmware_bytes += (uint64_t)size;
		}
	}
	json_decref(seen);
}

static int read_top(struct manifest_summary *s, const json_t *top, struct err *e)
{
	const json_t *outputs = json_object_get(top, "outputs");
	const json_t *packages = json_object_get(top, "packages");

	if (json_integer_value(json_object_get(top, "format")) != FORMAT)
		return err_set(e, 0, "manifest: not of the format that this airlock knows");
	if (!get_text(top, "kernel", s->kernel, sizeof(s->kernel)) ||
	    !get_text(top, "suite", s->suite, sizeof(s->suite)) ||
	    !get_text(top, "release", s->release, sizeof(s->release)) ||
	    !json_is_array(outputs) || !json_is_array(packages))
		return err_set(e, 0, "manifest: something is missing in it");
	/* Absent unless kernel and firmware are newer than the rest. */
	get_text(top, "kernel_suite", s->suite, sizeof(s->suite));
	get_text(top, "kernel_release", s->release, sizeof(s->release));
	read_cards(s, json_object_get(top, "cards"));
	s->packages = json_array_size(packages);
	for (size_t i = 0; i < json_array_size(outputs); i++)
		if (read_output(s, json_array_get(outputs, i), e) < 0)
			return -1;
	return 0;
}

int manifest_read(struct manifest_summary *s, const char *text, size_t len, struct err *e)
{
	json_error_t error;
	json_t *top = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int r;

	*s = (struct manifest_summary){0};
	if (top == NULL)
		return err_set(e, 0, "manifest: line %d: %s", error.line, error.text);
	r = read_top(s, top, e);
	json_decref(top);
	return r;
}
