/* squash: a tree -> a squashfs image. */
#ifndef IMAGE_SQUASH_H
#define IMAGE_SQUASH_H

#include "base/base.h"
#include "image/tree.h"

struct squash_options {
	const char *compression; /* "zstd", "xz", "gzip", "lz4", "lzo" */
	unsigned level;          /* of the compressor's own scale; 0: its default */
	unsigned block;          /* bytes, a power of two, 4096 to 1048576 */
	char *const *plain;      /* glob patterns of paths stored uncompressed */
	size_t plain_count;
	/* Or NULL.  Returns false to stop. */
	bool (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

/*
 * Write a finished tree; the same tree and options give the same bytes.
 * *out is appended to and must be empty.  0, or -1 with *e.
 */
int squash_write(
    const struct tree *t, const struct squash_options *o, struct buf *out, struct err *e);

#endif
