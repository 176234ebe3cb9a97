/*
 * package: opens packages on demand and remembers them.
 *
 * A package is fetched, checked, unpacked and read once.  What is kept of it
 * in memory is decided by path: the files that any recipe lists, everything
 * right inside the directories of libraries (a soname may be asked for later),
 * and the kernel with its modules.
 */
#include <fnmatch.h>
#include <string.h>

#include "image/package.h"

#define LINKS_MAX 8

void packages_fini(struct packages *p)
{
	for (size_t i = 0; i < p->count; i++) {
		deb_fini(&p->list[i]->deb);
		free(p->list[i]);
	}
	free(p->list);
	p->list = NULL;
	p->count = 0;
}

struct opening {
	struct packages *packages;
	const char *name;
};

static bool listed(const struct recipe_pairs *files, const char *package, const char *path)
{
	char from[512], as[512];

	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].key, package) == 0 &&
		    recipe_split(files->items[i].value, from, as, sizeof(from)) &&
		    strcmp(from, path) == 0)
			return true;
	return false;
}

static bool directly_in(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/' &&
	       strchr(path + n + 1, '/') == NULL;
}

/* Below one of the directories that pairs name. */
static bool below(const struct recipe_pairs *dirs, const char *package, const char *path)
{
	for (size_t i = 0; i < dirs->count; i++) {
		size_t n = strlen(dirs->items[i].value);

		if (strcmp(dirs->items[i].key, package) == 0 &&
		    strncmp(dirs->items[i].value, path, n) == 0 && path[n] == '/')
			return true;
	}
	return false;
}

static bool is_kernel(const struct recipe *r, const char *path)
{
	for (size_t i = 0; i < r->kernel_image.count; i++)
		if (fnmatch(r->kernel_image.items[i], path, FNM_PATHNAME) == 0)
			return true;
	return false;
}

static bool keep(void *arg, const char *path)
{
	struct opening *o = arg;
	const struct recipe *r = o->packages->recipe;
	size_t n = strlen(r->kernel_modules);

	for (size_t i = 0; i < r->libraries.count; i++)
		if (directly_in(r->libraries.items[i], path))
			return true;
	if (strncmp(path, r->kernel_modules, n) == 0 && path[n] == '/')
		return true;
	if (o->packages->wanted != NULL &&
	    o->packages->wanted(o->packages->wanted_arg, o->name, path))
		return true;
	return is_kernel(r, path) || listed(&r->root.files, o->name, path) ||
	       listed(&r->sim.files, o->name, path) ||
	       listed(&r->initrd.files, o->name, path) ||
	       listed(&r->boot_stub, o->name, path) || below(&r->guest.files, o->name, path);
}

static bool on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct opening *o = arg;

	if (o->packages->progress == NULL)
		return true;
	return o->packages->progress(o->packages->arg, o->name, done, total);
}

struct package *package_open_of(
    struct packages *p, struct source *source, const char *name, bool again, struct err *e)
{
	const struct index_entry *entry = index_resolve(&source->index, name);
	struct opening opening = {p, name};
	struct package *pkg;
	auto_fd fd = -1;

	if (entry == NULL) {
		err_set(e, 0, "the archive has no package %s", name);
		return NULL;
	}
	opening.name = entry->name;
	/* The last one is the one read last. */
	for (size_t i = p->count; !again && i-- > 0;)
		if (p->list[i]->entry == entry)
			return p->list[i];
	fd = source_fetch(source, entry, e);
	if (fd < 0)
		return NULL;
	pkg = calloc(1, sizeof(*pkg));
	p->list = reallocarray(p->list, p->count + 1, sizeof(struct package *));
	if (pkg == NULL || p->list == NULL)
		abort();
	pkg->entry = entry;
	if (deb_read(&pkg->deb, fd, entry->name,
		&(struct deb_hooks){keep, on_progress, &opening}, e) < 0) {
		free(pkg);
		return NULL;
	}
	p->list[p->count++] = pkg;
	return pkg;
}

struct package *package_open(struct packages *p, const char *name, struct err *e)
{
	return package_open_of(p, p->source, name, false, e);
}

/* Whether a dependency may be a part of the kernel: by the stem of its name. */
static bool is_part(const struct recipe *r, const char *name)
{
	const char *dash = strrchr(r->kernel_package, '-');
	size_t stem = dash != NULL ? (size_t)(dash - r->kernel_package) + 1 : 0;

	if (stem > 0 && strncmp(name, r->kernel_package, stem) == 0)
		return true;
	for (size_t i = 0; i < r->kernel_parts.count; i++)
		if (strncmp(name, r->kernel_parts.items[i], strlen(r->kernel_parts.items[i])) ==
		    0)
			return true;
	return false;
}

static int add_part(
    struct packages *p, struct kernel_packages *k, const char *name, struct err *e)
{
	struct package *pkg = package_open_of(p, p->kernel, name, false, e);

	if (pkg == NULL)
		return -1;
	for (size_t i = 0; i < k->count; i++)
		if (k->list[i] == pkg)
			return 0;
	if (k->count == KERNEL_PARTS)
		return err_set(e, 0, "%s depends on too many parts of a kernel",
		    p->recipe->kernel_package);
	k->list[k->count++] = pkg;
	for (size_t f = 0; k->image == NULL && f < pkg->deb.count; f++)
		if (pkg->deb.files[f].data != NULL &&
		    is_kernel(p->recipe, pkg->deb.files[f].path)) {
			k->image = &pkg->deb.files[f];
			k->main = pkg;
		}
	return 0;
}

int package_open_kernel(struct packages *p, struct kernel_packages *k, struct err *e)
{
	*k = (struct kernel_packages){0};
	if (add_part(p, k, p->recipe->kernel_package, e) < 0)
		return -1;
	for (size_t i = 0; i < k->count; i++) {
		const char *cursor = k->list[i]->entry->depends;
		char name[256];

		while (index_next_name(&cursor, name, sizeof(name)))
			if (is_part(p->recipe, name) &&
			    index_resolve(&p->kernel->index, name) != NULL &&
			    add_part(p, k, name, e) < 0)
				return -1;
	}
	if (k->image == NULL)
		return err_set(e, 0, "neither %s nor what it depends on has a kernel",
		    p->recipe->kernel_package);
	return 0;
}

bool package_resolve(const char *path, const char *target, char *dst, size_t size)
{
	char joined[1024], *slash;
	size_t len = 0;

	if (target[0] == '/')
		str_copy(joined, sizeof(joined), target + 1);
	else {
		str_copy(joined, sizeof(joined), path);
		slash = strrchr(joined, '/');
		slash = slash != NULL ? slash + 1 : joined;
		if (!str_copy(slash, sizeof(joined) - (size_t)(slash - joined), target))
			return false;
	}
	dst[0] = '\0';
	for (char *part, *rest = joined; (part = strsep(&rest, "/")) != NULL;) {
		if (part[0] == '\0' || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			slash = strrchr(dst, '/');
			len = slash != NULL ? (size_t)(slash - dst) : 0;
			dst[len] = '\0';
			continue;
		}
		if (!str_format(dst + len, size - len, "%s%s", len > 0 ? "/" : "", part))
			return false;
		len = strlen(dst);
	}
	return len > 0;
}

int package_take(
    struct package *pkg, const char *path, const char *as, struct tree *t, struct err *e)
{
	const char *name = pkg->entry->name;
	bool renamed = strcmp(path, as) != 0;
	const struct deb_file *f = NULL;
	char from[1024], at[1024]; /* in the package; in the image when not renamed */

	str_copy(from, sizeof(from), path);
	str_copy(at, sizeof(at), path);
	for (int i = 0; i < LINKS_MAX; i++) {
		f = deb_find(&pkg->deb, from);
		if (f == NULL)
			return err_set(
			    e, 0, "package %s %s has no %s", name, pkg->entry->version, from);
		if (f->hard != NULL) {
			str_copy(from, sizeof(from), f->hard);
			continue;
		}
		if (f->link == NULL)
			break;
		if (!renamed && tree_add_link(t, at, f->link, name, e) < 0)
			return -1;
		if (!package_resolve(from, f->link, at, sizeof(at)))
			return err_set(e, 0, "package %s: %s leads nowhere", name, from);
		str_copy(from, sizeof(from), at);
	}
	if (f->data == NULL)
		return err_set(e, 0, "package %s: %s is no file", name, path);
	pkg->used = true;
	return tree_add_file(
	    t, renamed ? as : at, f->mode & 0111 ? 0755 : 0644, f->data, f->len, name, e);
}
