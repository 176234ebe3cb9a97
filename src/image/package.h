/* package: the packages that a build has opened, and taking files out of them. */
#ifndef IMAGE_PACKAGE_H
#define IMAGE_PACKAGE_H

#include "base/base.h"
#include "image/deb.h"
#include "image/recipe.h"
#include "image/source.h"
#include "image/tree.h"

struct package {
	const struct index_entry *entry;
	struct deb deb;
	bool used; /* a file of it is in the image */
};

struct packages {
	struct source *source;
	struct source *kernel; /* where kernel and firmware come from; may be the same */
	const struct recipe *recipe;
	struct package **list; /* in the order of opening */
	size_t count;
	/* Or NULL: whether a file is wanted that the recipe does not list. */
	bool (*wanted)(void *arg, const char *package, const char *path);
	void *wanted_arg;
	/* Of unpacking, for a package's name; or NULL.  Returns false to stop. */
	bool (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	void *arg;
};

void packages_fini(struct packages *p);

/*
 * A package by name, fetched and unpacked when this is the first time.
 * Kept of its contents: what a recipe lists of it, libraries, the kernel.
 * Returns it, or NULL with *e.
 */
struct package *package_open(struct packages *p, const char *name, struct err *e);

/*
 * The same of one source.  `again` reads it anew: what `wanted` says now is
 * kept of it; what was taken of the package before stays valid.
 */
struct package *package_open_of(
    struct packages *p, struct source *source, const char *name, bool again, struct err *e);

#define KERNEL_PARTS 8

/* The packages that a kernel consists of, and its boot image in one of them. */
struct kernel_packages {
	struct package *list[KERNEL_PARTS];
	size_t count;
	struct package *main; /* which has the boot image */
	const struct deb_file *image;
};

/*
 * Open the recipe's kernel package and, from there, what it depends on whose
 * name begins like its own ("linux-image-") or with one of the recipe's stems,
 * until boot image and modules are found.  0, or -1 with *e.
 */
int package_open_kernel(struct packages *p, struct kernel_packages *out, struct err *e);

/*
 * Where a link at `path` points, inside the package: "a/b" + "../c" -> "c".
 * False when it points to nothing, or is too long.
 */
bool package_resolve(const char *path, const char *target, char *dst, size_t size);

/*
 * Take a file into a tree.  A symbolic link is taken together with what it
 * points to; under another name (`as`, may be the same as path) its content is.
 * 0, or -1 with *e.
 */
int package_take(
    struct package *pkg, const char *path, const char *as, struct tree *t, struct err *e);

#endif
