/*
 * libs: the closure over DT_NEEDED.
 *
 * Debian's index does not say which package has a soname, and the file that
 * does weighs more than all packages together.  So: a library is looked for in
 * the packages that are open already; then in those among the dependencies of
 * the package in need whose name follows from the soname (libfoo.so.3 ->
 * libfoo3, libfoo3t64, libfoo-3); and only when a whole round brought nothing
 * new, in all of those dependencies, nearest first, until it is found.  The
 * order depends on the index alone, never on what the cache happens to hold.
 */
#include <ctype.h>
#include <elf.h>
#include <string.h>

#include "image/elf.h"
#include "image/libs.h"

#define DEPENDENCIES_MAX 2000u

/* A library that somebody needs and nobody has yet. */
struct want {
	const char *soname;
	const char *package; /* the package in need, or NULL */
	char path[512];      /* the file in need */
};

struct closing {
	struct tree *tree;
	const struct tree *base;
	struct packages *packages;
	struct want *wants;
	size_t count;
	const struct tree_node *node; /* whose needs are being read */
};

static bool has_library(const struct closing *c, const struct tree *t, const char *soname)
{
	const struct recipe_list *dirs = &c->packages->recipe->libraries;
	char path[512];

	for (size_t i = 0; t != NULL && i < dirs->count; i++) {
		str_format(path, sizeof(path), "%s/%s", dirs->items[i], soname);
		if (tree_find(t, path) != NULL)
			return true;
	}
	return false;
}

static void add_want(void *arg, const char *soname)
{
	struct closing *c = arg;

	if (has_library(c, c->tree, soname) || has_library(c, c->base, soname))
		return;
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->wants[i].soname, soname) == 0)
			return;
	c->wants = reallocarray(c->wants, c->count + 1, sizeof(*c->wants));
	if (c->wants == NULL)
		abort();
	c->wants[c->count] = (struct want){.soname = soname, .package = c->node->package};
	str_copy(c->wants[c->count].path, sizeof(c->wants[c->count].path), c->node->path);
	c->count++;
}

/* "/lib64/ld-linux-x86-64.so.2": its directory is one of the libraries'. */
static void add_interpreter(struct closing *c, const char *path)
{
	const char *slash = strrchr(path, '/');

	add_want(c, slash != NULL ? slash + 1 : path);
}

static int read_needs(struct closing *c, const struct tree_node *node, struct err *e)
{
	struct elf f;

	if (!S_ISREG(node->mode) || !elf_is(node->data, node->len))
		return 0;
	if (elf_open(&f, node->data, node->len, e) < 0)
		return err_ctx(e, "%s", node->path);
	if (f.type == ET_REL)
		return 0;
	if (f.machine != EM_X86_64)
		return err_set(
		    e, 0, "%s is for another machine (ELF %u)", node->path, f.machine);
	c->node = node;
	if (elf_interp(&f) != NULL)
		add_interpreter(c, elf_interp(&f));
	if (elf_needed(&f, add_want, c, e) < 0)
		return err_ctx(e, "%s", node->path);
	return 0;
}

/* Take a library out of a package.  1 when it was there, 0 when not, -1 with *e. */
static int take_from(struct closing *c, struct package *pkg, const char *soname, struct err *e)
{
	const struct recipe_list *dirs = &c->packages->recipe->libraries;
	char path[512];
	int found = 0;

	/* In all of them: the interpreter has a second name in lib64. */
	for (size_t i = 0; i < dirs->count; i++) {
		str_format(path, sizeof(path), "%s/%s", dirs->items[i], soname);
		if (deb_find(&pkg->deb, path) == NULL)
			continue;
		if (package_take(pkg, path, path, c->tree, e) < 0)
			return -1;
		found = 1;
	}
	return found;
}

bool libs_likely(const char *soname, const char *package)
{
	const char *so = strstr(soname, ".so");
	char base[128], want[300];

	if (so == NULL || (size_t)(so - soname) >= sizeof(base))
		return false;
	for (size_t i = 0; soname + i <= so; i++)
		base[i] = soname[i] == '_' ? '-' : (char)tolower((unsigned char)soname[i]);
	base[so - soname] = '\0';
	for (int form = 0; form < 4; form++) {
		str_format(want, sizeof(want), "%s%s%s%s", base, form & 1 ? "-" : "",
		    so[3] == '.' ? so + 4 : "", form & 2 ? "t64" : "");
		if (strcmp(want, package) == 0)
			return true;
	}
	return false;
}

/* Everything that a package depends on, nearest first. */
struct dependencies {
	const struct index_entry *list[DEPENDENCIES_MAX];
	size_t count;
};

static void add_dependencies(struct dependencies *d, const struct index *x, const char *field)
{
	char name[256];

	while (index_next_name(&field, name, sizeof(name))) {
		const struct index_entry *entry = index_resolve(x, name);
		bool known = entry == NULL;

		for (size_t i = 0; !known && i < d->count; i++)
			known = d->list[i] == entry;
		if (!known && d->count < DEPENDENCIES_MAX)
			d->list[d->count++] = entry;
	}
}

static void list_dependencies(
    struct dependencies *d, const struct index *x, const char *package)
{
	const struct index_entry *entry = index_find(x, package);

	d->count = 0;
	for (size_t next = 0; entry != NULL; entry = next < d->count ? d->list[next++] : NULL) {
		add_dependencies(d, x, entry->pre_depends);
		add_dependencies(d, x, entry->depends);
	}
}

enum width { LIKELY, LIBRARIES, ALL, WIDTHS };

static bool within(enum width width, const char *soname, const char *package)
{
	switch (width) {
	case LIKELY:
		return libs_likely(soname, package);
	case LIBRARIES:
		return strstr(package, "lib") != NULL;
	case ALL:
	case WIDTHS:
		break;
	}
	return true;
}

/* Look for one library.  1 found and taken, 0 not found, -1 with *e. */
static int look_for(struct closing *c, const struct want *want, enum width width, struct err *e)
{
	struct dependencies d;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->packages->count; i++)
		r = take_from(c, c->packages->list[i], want->soname, e);
	if (r != 0 || want->package == NULL)
		return r;
	list_dependencies(&d, &c->packages->source->index, want->package);
	for (size_t i = 0; r == 0 && i < d.count; i++) {
		struct package *pkg;

		if (!within(width, want->soname, d.list[i]->name))
			continue;
		pkg = package_open(c->packages, d.list[i]->name, e);
		r = pkg != NULL ? take_from(c, pkg, want->soname, e) : -1;
	}
	return r;
}

/* One round over all wants; the width grows only when a round was in vain. */
static int satisfy(struct closing *c, struct err *e)
{
	for (int width = LIKELY; width < WIDTHS; width++) {
		int progress = 0;

		for (size_t i = 0; i < c->count; i++) {
			int r = look_for(c, &c->wants[i], (enum width)width, e);

			if (r < 0)
				return err_ctx(
				    e, "%s needs %s", c->wants[i].path, c->wants[i].soname);
			progress += r;
			if (r > 0 && width != LIKELY)
				break;
		}
		if (progress > 0)
			return 0;
	}
	return err_set(e, 0, "%s needs %s, which no package has that %s depends on",
	    c->wants[0].path, c->wants[0].soname,
	    c->wants[0].package != NULL ? c->wants[0].package : "it");
}

int libs_close(struct tree *t, const struct tree *base, struct packages *p, struct err *e)
{
	struct closing c = {.tree = t, .base = base, .packages = p};
	int r = 0;

	do {
		c.count = 0;
		for (size_t i = 0; r == 0 && i < t->count; i++)
			r = read_needs(&c, &t->nodes[i], e);
		if (r == 0 && c.count > 0)
			r = satisfy(&c, e);
	} while (r == 0 && c.count > 0);
	free(c.wants);
	return r;
}
