/* contents: the archive's list of which firmware file is in which package. */
#ifndef IMAGE_CONTENTS_H
#define IMAGE_CONTENTS_H

#include "base/base.h"
#include "image/recipe.h"

struct source;

struct contents_file {
	const char *path;    /* "usr/lib/firmware/iwlwifi-cc-a0-77.ucode" */
	const char *name;    /* below the firmware's directory, without ".xz" or ".zst" */
	const char *package; /* the first one that has it */
	struct source *source;
	size_t rank; /* of its source: 0 is asked first */
	char *own;   /* memory of the name, or NULL: it lies in path */
};

struct contents {
	struct contents_file *files; /* sorted by name and rank */
	size_t count, cap;
	struct buf *texts; /* one per list added */
	size_t text_count;
};

/*
 * Add a list, "path  section/package,section/package" in each line, of which
 * the files below some directories are kept.  The text is taken over: *text is
 * empty afterwards.  Lines that are none are passed over.  Call contents_sort
 * after the last.
 */
void contents_add(struct contents *c, struct buf *text, const struct recipe_list *dirs,
    struct source *source, size_t rank);
void contents_sort(struct contents *c);
void contents_fini(struct contents *c);

/* The file of a name below the firmware's directories, or of a whole path, or NULL. */
const struct contents_file *contents_find(const struct contents *c, const char *name);
const struct contents_file *contents_find_path(const struct contents *c, const char *path);

/*
 * The newest file of a versioned name that is older than the name says:
 * "x-77.ucode" -> "x-72.ucode", "y_fw-1.bin" -> "y_fw.bin".  NULL: none.
 */
const struct contents_file *contents_find_older(const struct contents *c, const char *name);

#endif
