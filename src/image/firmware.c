/*
 * firmware: names -> packages -> contents.
 *
 * Names are looked up in the archive's lists of files first, so that only
 * packages are fetched that have something; they are the largest ones there
 * are.  A package is read once, keeping what is wanted of it.  A file may be a
 * link, within its package or to another one's file: what links lead to is
 * known only then, so a package that keeps a target is read a second time.
 *
 * In the image every name is a file of its own, uncompressed, links resolved:
 * the kernel's loader asks for exactly that name below /lib/firmware, and
 * squashfs stores equal contents once and compressed.
 */
#include <fnmatch.h>
#include <string.h>

#include "image/firmware.h"
#include "image/unpack.h"

#define FIRMWARE_MAX ((size_t)256 << 20)
#define LINKS_MAX    8

/* A path that a link leads to. */
struct firmware_more {
	struct source *source;
	char *package, *path;
};

void firmware_close(struct firmware *f)
{
	contents_fini(&f->contents);
	for (size_t i = 0; i < f->more_count; i++) {
		free(f->more[i].package);
		free(f->more[i].path);
	}
	for (size_t i = 0; i < f->unpacked_count; i++)
		buf_fini(&f->unpacked[i]);
	names_fini(&f->looked);
	free(f->more);
	free(f->unpacked);
	free(f->files);
	*f = (struct firmware){0};
}

static void want(struct firmware *f, const struct contents_file *file)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->files[i].from == file)
			return;
	if (f->count == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		f->files = reallocarray(f->files, f->cap, sizeof(*f->files));
		if (f->files == NULL)
			abort();
	}
	f->files[f->count++] = (struct firmware_file){.from = file};
}

static bool may_be_older(const struct firmware *f, const char *name)
{
	for (size_t i = 0; i < f->recipe->older.count; i++)
		if (fnmatch(f->recipe->older.items[i], name, 0) == 0)
			return true;
	return false;
}

bool firmware_want(struct firmware *f, const char *name, firmware_fn *fn, void *arg)
{
	const struct contents_file *one = contents_find(&f->contents, name), *last = NULL;

	if (one == NULL && may_be_older(f, name))
		one = contents_find_older(&f->contents, name);
	if (one != NULL) {
		want(f, one);
		fn(arg, one);
		return true;
	}
	if (strpbrk(name, "*?[") == NULL)
		return false;
	for (size_t i = 0; i < f->contents.count; i++) {
		const struct contents_file *file = &f->contents.files[i];

		/* The first of its name is of the source that is asked first. */
		if (fnmatch(name, file->name, FNM_PATHNAME) != 0 ||
		    (last != NULL && strcmp(last->name, file->name) == 0))
			continue;
		last = file;
		want(f, file);
		fn(arg, file);
	}
	return last != NULL;
}

/* What package_open shall keep. */
static bool is_wanted(void *arg, const char *package, const char *path)
{
	const struct firmware *f = arg;

	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->files[i].from->path, path) == 0 &&
		    strcmp(f->files[i].from->package, package) == 0)
			return true;
	for (size_t i = 0; i < f->more_count; i++)
		if (strcmp(f->more[i].path, path) == 0 &&
		    strcmp(f->more[i].package, package) == 0)
			return true;
	return false;
}

/* Where the search for a file's content has got to. */
struct trace {
	struct package *package;
	struct source *source;       /* of the package */
	const struct deb_file *file; /* NULL: it leads nowhere */
};

static int open_package(struct firmware *f, const struct contents_file *from, bool again,
    struct package **pkg, struct err *e)
{
	*pkg = package_open_of(f->packages, from->source, from->package, again, e);
	return *pkg == NULL ? err_ctx(e, "firmware %s", from->name) : 0;
}

/* Follow links, into other packages where they lead there.  0, or -1 with *e. */
static int follow(
    struct firmware *f, const struct contents_file *from, struct trace *t, struct err *e)
{
	char path[1024], next[1024];

	*t = (struct trace){.source = from->source};
	if (open_package(f, from, false, &t->package, e) < 0)
		return -1;
	str_copy(path, sizeof(path), from->path);
	for (int i = 0; i < LINKS_MAX; i++) {
		const struct deb_file *d = deb_find(&t->package->deb, path);

		if (d == NULL) {
			const struct contents_file *other =
			    contents_find_path(&f->contents, path);

			if (other == NULL ||
			    strcmp(other->package, t->package->entry->name) == 0)
				return 0;
			if (open_package(f, other, false, &t->package, e) < 0)
				return -1;
			t->source = other->source;
			continue;
		}
		if (d->hard != NULL)
			str_copy(path, sizeof(path), d->hard);
		else if (d->link == NULL) {
			t->file = S_ISREG(d->mode) ? d : NULL;
			return 0;
		} else if (!package_resolve(path, d->link, next, sizeof(next)))
			return 0;
		else
			str_copy(path, sizeof(path), next);
	}
	return 0;
}

/* Note a link's target whose content was not kept. */
static void want_more(struct firmware *f, const struct trace *t)
{
	struct firmware_more *m;

	f->more = reallocarray(f->more, f->more_count + 1, sizeof(*f->more));
	if (f->more == NULL)
		abort();
	m = &f->more[f->more_count++];
	*m = (struct firmware_more){
	    t->source, strdup(t->package->entry->name), strdup(t->file->path)};
	if (m->package == NULL || m->path == NULL)
		abort();
}

/* Read once more what holds the targets of links. */
static int read_targets(struct firmware *f, struct err *e)
{
	struct trace t;

	for (size_t i = 0; i < f->count; i++) {
		if (follow(f, f->files[i].from, &t, e) < 0)
			return -1;
		if (t.file != NULL && t.file->data == NULL)
			want_more(f, &t);
	}
	for (size_t i = 0; i < f->more_count; i++) {
		const struct firmware_more *m = &f->more[i];
		bool done = false;

		for (size_t k = 0; k < i; k++)
			done = done || strcmp(f->more[k].package, m->package) == 0;
		if (!done &&
		    package_open_of(f->packages, m->source, m->package, true, e) == NULL)
			return err_ctx(e, "firmware");
	}
	return 0;
}

static bool is_packed(const char *path)
{
	size_t len = strlen(path);

	return (len > 3 && strcmp(path + len - 3, ".xz") == 0) ||
	       (len > 4 && strcmp(path + len - 4, ".zst") == 0);
}

/* Content as the driver wants it. */
static int take(
    struct firmware *f, struct firmware_file *file, const struct trace *t, struct err *e)
{
	struct buf *out;

	file->package = t->package->entry->name;
	file->data = t->file->data;
	file->len = t->file->len;
	t->package->used = true;
	if (!is_packed(file->from->path))
		return 0;
	f->unpacked = reallocarray(f->unpacked, f->unpacked_count + 1, sizeof(*f->unpacked));
	if (f->unpacked == NULL)
		abort();
	out = &f->unpacked[f->unpacked_count++];
	*out = (struct buf){0};
	if (unpack_stream(t->file->data, t->file->len, file->from->path, FIRMWARE_MAX, out, e) <
	    0)
		return -1;
	file->data = out->data != NULL ? out->data : "";
	file->len = out->len;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct firmware_file *l = a, *r = b;

	return strcmp(l->from->name, r->from->name);
}

int firmware_install(struct firmware *f, struct tree *t, struct err *e)
{
	char path[512];
	struct trace at;

	if (f->count == 0)
		return 0;
	f->packages->wanted = is_wanted;
	f->packages->wanted_arg = f;
	qsort(f->files, f->count, sizeof(*f->files), by_name);
	if (read_targets(f, e) < 0)
		return -1;
	for (size_t i = 0; i < f->count; i++) {
		struct firmware_file *file = &f->files[i];

		if (follow(f, file->from, &at, e) < 0)
			return -1;
		if (at.file == NULL || at.file->data == NULL)
			continue;
		if (take(f, file, &at, e) < 0)
			return -1;
		if (!str_format(
			path, sizeof(path), "%s/%s", f->recipe->firmware_dir, file->from->name))
			return err_set(
			    e, 0, "firmware %s: its name is too long", file->from->name);
		if (tree_add_file(t, path, 0644, file->data, file->len, file->package, e) < 0)
			return err_ctx(e, "firmware");
	}
	return 0;
}

const struct firmware_file *firmware_got(
    const struct firmware *f, const struct contents_file *file)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->files[i].from == file)
			return &f->files[i];
	return NULL;
}
