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
	struct cache *cache;
	char suite[64];
	char mirror[512]; /* without a slash at its end */
	struct buf text;  /* the verified text that release points into */
	struct release release;
	struct index index;
	const struct image_options *options;
};

/*
 * Read one suite's index of some components through an open cache.  Without a
 * network, or with options->offline, the signed list of the last time is used,
 * and the log says so.  A component that comes twice is read once.
 * 0, or -1 with *e and everything closed.
 */
int source_open(struct source *s, struct cache *cache, const struct image_options *o,
    const char *suite, const char *architecture, const struct recipe_list *components,
    const struct recipe_list *more, struct err *e);
void source_close(struct source *s);

/* A descriptor of a verified .deb, or -1 with *e. */
int source_fetch(struct source *s, const struct index_entry *p, struct err *e);

/*
 * Append the archive's list of which file is in which package of a component,
 * both for the architecture and for all.  0, or -1 with *e when it has none.
 */
int source_contents(struct source *s, const char *component, const char *architecture,
    struct buf *out, struct err *e);

#endif
