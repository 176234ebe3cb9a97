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
	const struct recipe *recipe;
	struct package **list; /* in the order of opening */
	size_t count;
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
 * The package that has the kernel: the recipe's, or when that is a metapackage
 * the one it depends on whose name has the same stem ("linux-image-").
 * *image is its boot image.  NULL with *e.
 */
struct package *package_open_kernel(
    struct packages *p, const struct deb_file **image, struct err *e);

/*
 * Take a file into a tree.  A symbolic link is taken together with what it
 * points to; under another name (`as`, may be the same as path) its content is.
 * 0, or -1 with *e.
 */
int package_take(
    struct package *pkg, const char *path, const char *as, struct tree *t, struct err *e);

#endif
