/* toolchain: a compiler of this host, set up for the guest. */
#ifndef IMAGE_TOOLCHAIN_H
#define IMAGE_TOOLCHAIN_H

#include "base/base.h"
#include "image/package.h"

struct toolchain {
	const struct recipe_guest *guest;
	const char *name;   /* of the compiler: "clang" */
	char compiler[128]; /* its version, and the linker's */
	char linker[128];
	char top[512]; /* of the sources */
	char dir[512]; /* where headers, libc and objects are: made and removed here */
};

/* Where the sources of a list at some path are.  False when that is too long. */
bool toolchain_top(
    const struct recipe_guest *guest, const char *sources, char *dst, size_t size);

/*
 * Find compiler and linker.  0, or -1 with *e (ERR_HOST and what to install).
 *
 * @sources the path of the list of sources
 * @dir     a directory that toolchain_unpack makes
 */
int toolchain_find(struct toolchain *t, const struct recipe_guest *guest, const char *sources,
    const char *dir, struct err *e);

/* Make the directory and put headers and libc there.  0, or -1 with *e. */
int toolchain_unpack(struct toolchain *t, struct packages *p, struct err *e);

/* Remove the directory, as far as there is one. */
void toolchain_close(struct toolchain *t);

/* Compile one source, a path below the top.  0, or -1 with *e. */
int toolchain_compile(struct toolchain *t, const char *source, struct err *e);

/*
 * Link the objects of sources into a program in memory (the caller's), without what tells
 * the compiler's name.  NULL with *e.
 */
char *toolchain_link(
    struct toolchain *t, const struct recipe_list *sources, size_t *len, struct err *e);

#endif
