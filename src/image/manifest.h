/* manifest: what an image is made of, as JSON. */
#ifndef IMAGE_MANIFEST_H
#define IMAGE_MANIFEST_H

#include "base/base.h"
#include "image/cards.h"
#include "image/package.h"
#include "image/tree.h"

/* One file of a generation. */
struct manifest_output {
	const char *name; /* "root.squashfs" */
	const void *data;
	size_t len;
	const struct tree *tree; /* what is in it, or NULL */
};

/* Everything that is written down; nothing of when, where or by whom. */
struct manifest {
	const struct release *release;
	const struct release *newer; /* that kernel and firmware are of, or NULL */
	const struct cards *cards;
	const char *architecture, *kernel;
	const char *sources, *compiler; /* of airlock's own programs; "": they were there */
	const struct packages *packages;
	const struct manifest_output *outputs;
	size_t count;
};

/* Append the JSON text to *out.  The same input gives the same bytes. */
void manifest_write(const struct manifest *m, struct buf *out);

/* What a manifest says of one file. */
struct manifest_file {
	char name[64], sha256[65];
	uint64_t size;
};

/* The part of a manifest that is read back. */
struct manifest_summary {
	char kernel[128], suite[64], release[64]; /* the newer suite's when there is one */
	unsigned cards;                           /* drivers taken for cards */
	char driver[64];                          /* the first of them, or "" */
	unsigned firmware;
	uint64_t firmware_bytes;
	struct manifest_file files[8];
	size_t count;
	size_t packages, modules;
};

/* Parse a manifest.  0, or -1 with *e. */
int manifest_read(struct manifest_summary *s, const char *text, size_t len, struct err *e);

/* What a manifest says of a card: the part of image_card() without files. */
int manifest_card(
    const char *text, size_t len, const char *modalias, struct image_card *out, struct err *e);

#endif
