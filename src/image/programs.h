/* programs: airlock's own programs for the guest, as installed or compiled now. */
#ifndef IMAGE_PROGRAMS_H
#define IMAGE_PROGRAMS_H

#include "image/compile.h"
#include "image/image.h"
#include "image/tree.h"

struct program {
	const char *name; /* as recipes call it: "init", "sim" */
	char *data;
	size_t len;
};

struct programs {
	struct program list[2];
	bool missing;            /* to be compiled, once the archive is open */
	char sources[HASH_TEXT]; /* of what was compiled, or "" */
	char compiler[128];
};

/*
 * Read the programs that the options name, or find that they are to be compiled: because
 * the options say so, or because there are none and there are sources, which then are
 * added to the recipe.  0, or -1 with *e.
 */
int programs_read(
    struct programs *p, const struct image_options *o, struct recipe *recipe, struct err *e);
void programs_fini(struct programs *p);

/* Compile what is missing.  0, or -1 with *e. */
int programs_compile(struct programs *p, const struct compile *c, struct err *e);

/* Add those that a recipe lists to a tree, which borrows them.  0, or -1 with *e. */
int programs_add(
    const struct programs *p, const struct recipe_pairs *wanted, struct tree *t, struct err *e);

#endif
