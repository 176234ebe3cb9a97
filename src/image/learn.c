/*
 * learn: which firmware is in which package.
 *
 * The archive says it in lists of files, small for the component with the
 * firmware and verified like every index.  But mirrors exist that do not carry
 * these lists, or carry them late, so that they do not have the hash that the
 * signed list wants.  Then the recipe's rows say which package may have a name,
 * and that is looked into; it would be fetched for the firmware anyway.
 */
#include <fnmatch.h>
#include <string.h>

#include "image/firmware.h"

static int read_list(struct firmware *f, size_t rank, struct err *e)
{
	const struct recipe_cards *r = f->recipe;

	for (size_t i = 0; i < r->components.count; i++) {
		struct buf text = {0};

		if (source_contents(f->sources[rank], r->components.items[i],
			f->packages->recipe->architecture, &text, e) < 0) {
			buf_fini(&text);
			return -1;
		}
		contents_add(&f->contents, &text, &r->firmware_dirs, f->sources[rank], rank);
	}
	return 0;
}

int firmware_open(
    struct firmware *f, struct packages *p, const struct recipe_cards *r, struct err *e)
{
	*f = (struct firmware){
	    .packages = p, .recipe = r, .sources = {p->kernel, p->source}, .source_count = 1};
	f->source_count += p->kernel != p->source;
	for (size_t s = 0; s < f->source_count; s++) {
		if (read_list(f, s, e) == 0)
			continue;
		if (r->packages.count == 0)
			return -1;
		log_info("%s; looking for firmware in packages by their names", e->text);
		*e = (struct err){0};
		f->blind[s] = true;
	}
	contents_sort(&f->contents);
	return 0;
}

/* A package's files, in the form of a list of the archive. */
static int look_into(struct firmware *f, size_t rank, const char *name, struct err *e)
{
	struct source *source = f->sources[rank];
	struct buf text = {0};
	struct package *pkg;
	char key[200];

	str_format(key, sizeof(key), "%zu %s", rank, name);
	if (names_has(&f->looked, key) || index_find(&source->index, name) == NULL)
		return 0;
	names_add(&f->looked, key);
	pkg = package_open_of(f->packages, source, name, false, e);
	if (pkg == NULL)
		return -1;
	for (size_t i = 0; i < pkg->deb.count; i++) {
		const struct deb_file *d = &pkg->deb.files[i];

		if (!S_ISDIR(d->mode) && strchr(d->path, '\n') == NULL)
			buf_addf(&text, "%s %s\n", d->path, name);
	}
	contents_add(&f->contents, &text, &f->recipe->firmware_dirs, source, rank);
	return 0;
}

int firmware_learn(struct firmware *f, const char *name, struct err *e)
{
	const struct recipe_pairs *rows = &f->recipe->packages;

	for (size_t s = 0; s < f->source_count; s++)
		for (size_t i = 0; f->blind[s] && i < rows->count; i++)
			if (fnmatch(rows->items[i].key, name, 0) == 0 &&
			    look_into(f, s, rows->items[i].value, e) < 0)
				return err_ctx(e, "firmware %s", name);
	return 0;
}

void firmware_learned(struct firmware *f)
{
	contents_sort(&f->contents);
}
