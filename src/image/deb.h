/* deb: the files of a Debian package, in memory. */
#ifndef IMAGE_DEB_H
#define IMAGE_DEB_H

#include "base/base.h"

/* One file, link or directory of a package. */
struct deb_file {
	char *path; /* "usr/sbin/nft": no leading "./" or "/" */
	char *link; /* a symbolic link's target, or NULL */
	char *hard; /* the path that this hard link stands for, or NULL */
	mode_t mode;
	char *data; /* content when it was kept, else NULL */
	size_t len; /* of the content, kept or not */
};

struct deb {
	struct deb_file *files; /* sorted by path */
	size_t count, cap;
};

/* What the reader asks and tells; progress may be NULL, and returns false to stop. */
struct deb_hooks {
	bool (*keep)(void *arg, const char *path); /* is this content wanted? */
	bool (*progress)(void *arg, uint64_t done, uint64_t total); /* bytes of the .deb */
	void *arg;
};

/*
 * Read a .deb from a descriptor at offset 0.  The file must have been checked
 * against the index before: this is no parser for strangers' bytes.
 *
 * @name for errors
 * 0, or -1 with *e and an empty *d.
 */
int deb_read(
    struct deb *d, int fd, const char *name, const struct deb_hooks *hooks, struct err *e);
void deb_fini(struct deb *d);

/* The file of a path, or NULL. */
const struct deb_file *deb_find(const struct deb *d, const char *path);

#endif
