/* cache: downloads kept by their hash, so that nothing is fetched twice. */
#ifndef IMAGE_CACHE_H
#define IMAGE_CACHE_H

#include "base/base.h"

struct cache {
	char dir[512];
	int lock; /* held while the cache is open */
	bool offline;
	/* Of a transfer, for `what`; or NULL.  Returns false to stop. */
	bool (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	void *arg;
};

/*
 * Open, made when missing.  One program at a time: a second one gets an error.
 * 0, or -1 with *e.
 */
int cache_open(struct cache *c, const char *dir, struct err *e);
void cache_close(struct cache *c);

struct cache_item {
	const char *url;
	const char *what;   /* for people: "libssl3t64" */
	const char *sha256; /* what its content must hash to */
	uint64_t size;      /* bytes it must have */
};

/*
 * A descriptor, at offset 0, of a file that has just been checked against
 * size and hash: from the cache, or fetched into it.  A transfer that is cut
 * off is continued, here a few times and by the next call for ever after.
 * Returns the descriptor, or -1 with *e; e->num is ENOENT when the server has
 * no such file.
 */
int cache_get(struct cache *c, const struct cache_item *item, struct err *e);

/*
 * Fetch a file of unknown hash, at most max bytes, always anew, to a name in
 * the cache's directory.  *away is set when the error is that nobody answers.
 * 0, or -1 with *e.
 */
int cache_refresh(struct cache *c, const char *url, const char *what, const char *name,
    uint64_t max, bool *away, struct err *e);

#endif
