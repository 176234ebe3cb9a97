/* firmware: files that drivers name, found in Debian's packages. */
#ifndef IMAGE_FIRMWARE_H
#define IMAGE_FIRMWARE_H

#include "base/base.h"
#include "image/contents.h"
#include "image/names.h"
#include "image/package.h"
#include "image/tree.h"

/* One file that somebody wants. */
struct firmware_file {
	const struct contents_file *from;
	const char *package; /* that its content is of; NULL: not found after all */
	const void *data;    /* of the content, uncompressed */
	size_t len;
};

struct firmware {
	struct packages *packages;
	struct source *sources[2]; /* asked in this order */
	size_t source_count;
	bool blind[2];       /* a source whose list of files cannot be had */
	struct names looked; /* packages that were looked into instead */
	const struct recipe_cards *recipe;
	struct contents contents;
	struct firmware_file *files; /* sorted by name once they are fetched */
	size_t count, cap;
	struct firmware_more *more; /* what links lead to */
	size_t more_count;
	struct buf *unpacked; /* contents that were compressed */
	size_t unpacked_count;
};

/*
 * Read the archive's lists of files, newer suite first.  One that cannot be had
 * is done without when the recipe knows packages by name.  0, or -1 with *e.
 */
int firmware_open(
    struct firmware *f, struct packages *p, const struct recipe_cards *r, struct err *e);
void firmware_close(struct firmware *f);

/*
 * Find out where all that will be asked for may be: each name first, then
 * firmware_learned() once.  0, or -1 with *e.
 */
int firmware_learn(struct firmware *f, const char *name, struct err *e);
void firmware_learned(struct firmware *f);

/*
 * Ask for all files of a name, which may have wildcards.  fn is told of each.
 * A versioned name that the archive does not have is the newest older one's,
 * where the recipe says that drivers take it.  False when there is none.
 */
typedef void firmware_fn(void *arg, const struct contents_file *file);
bool firmware_want(struct firmware *f, const char *name, firmware_fn *fn, void *arg);

/* Fetch what was asked for, and put it into a tree.  0, or -1 with *e. */
int firmware_install(struct firmware *f, struct tree *t, struct err *e);

/* What became of one that was asked for; ->package is NULL when it was not there. */
const struct firmware_file *firmware_got(
    const struct firmware *f, const struct contents_file *file);

#endif
