/* compile: the guest's own programs from their sources, by clang, lld and Debian's musl. */
#ifndef IMAGE_COMPILE_H
#define IMAGE_COMPILE_H

#include "base/base.h"
#include "image/hash.h"
#include "image/package.h"

/* What is compiled with what. */
struct compile {
	const struct recipe *recipe; /* with its sources, recipe_add_sources() */
	const char *sources;         /* the path of their list */
	struct packages *packages;   /* where headers and libc come from */
	const char *cache;           /* a directory that exists */
	/* Of compiling, for "airlock-init"; or NULL.  Returns false to stop. */
	bool (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	void *arg;
};

/* Both programs; the memory is the caller's.  Zeroed is empty. */
struct compiled {
	char *init, *sim;
	size_t init_len, sim_len;
	char compiler[128]; /* "Debian clang version 14.0.6" */
};

/*
 * Compile, or take from the cache what the same compiler has made of the same sources,
 * flags and libc before.  The same inputs, compiler and linker included, give the same
 * bytes, wherever the sources are.
 * 0, or -1 with *e (ERR_HOST when clang or lld is missing).
 */
int compile_programs(const struct compile *c, struct compiled *out, struct err *e);

/* The hash of sources, headers and flags: which programs these are.  0, or -1 with *e. */
int compile_hash(
    const struct recipe *recipe, const char *sources, char dst[HASH_TEXT], struct err *e);

#endif
