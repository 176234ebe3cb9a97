/* source: one suite of one archive, verified from its signature down. */
#ifndef IMAGE_SOURCE_H
#define IMAGE_SOURCE_H

#include "base/base.h"
#include "image/cache.h"
#include "image/image.h"
#include "image/index.h"
#include "image/recipe.h"
#include "image/release.h"

struct source {
	struct cache cache;
	char mirror[512]; /* without a slash at its end */
	struct buf text;  /* the verified text that release points into */
	struct release release;
	struct index index;
	const struct image_options *options;
};

/* Told of each transfer: what is fetched, its bytes so far and in all.  False: stop. */
typedef bool source_progress_fn(void *arg, const char *what, uint64_t done, uint64_t total);

/*
 * Open the cache and read the archive's index.  Without a network, or with
 * options->offline, the signed list of the last time is used, and the log
 * says so.  0, or -1 with *e and everything closed.
 */
int source_open(struct source *s, const struct image_options *o, const struct recipe *r,
    source_progress_fn *progress, void *arg, struct err *e);
void source_close(struct source *s);

/* A descriptor of a verified .deb, or -1 with *e. */
int source_fetch(struct source *s, const struct index_entry *p, struct err *e);

#endif
