/* index: the archive's list of packages (a verified "Packages" file). */
#ifndef IMAGE_INDEX_H
#define IMAGE_INDEX_H

#include "base/base.h"

/* One package; strings lie in the index's text and are never NULL. */
struct index_entry {
	const char *name, *version, *architecture;
	const char *filename;                         /* below the mirror: "pool/main/..." */
	const char *sha256;                           /* 64 hexadecimal digits */
	const char *pre_depends, *depends, *provides; /* as written, or "" */
	uint64_t size;                                /* bytes of the .deb */
};

struct index {
	struct index_entry *entries; /* sorted by name, newest version first */
	size_t count, cap;
	struct buf *texts; /* one per file added */
	size_t text_count;
};

/*
 * Add a Packages file.  The text is taken over: *text is empty afterwards.
 * Call index_sort after the last.  0, or -1 with *e.
 */
int index_add(struct index *x, struct buf *text, struct err *e);
void index_sort(struct index *x);
void index_fini(struct index *x);

/* The newest package of that very name, or NULL. */
const struct index_entry *index_find(const struct index *x, const char *name);

/*
 * The package of that name, or else the first by name that provides it;
 * NULL when there is none.
 */
const struct index_entry *index_resolve(const struct index *x, const char *name);

/*
 * Walk the names in a Depends field, alternatives included, without their
 * versions and architectures: begin with *cursor = field; returns false at
 * the end.  Names longer than dst are skipped.
 */
bool index_next_name(const char **cursor, char *dst, size_t size);

/* Order of two Debian versions, as deb-version(7) says: <0, 0, >0. */
int index_compare_versions(const char *a, const char *b);

#endif
