/* tree: the files of one file system to be written, in memory. */
#ifndef IMAGE_TREE_H
#define IMAGE_TREE_H

#include <sys/stat.h>

#include "base/base.h"

/* One file, directory, symbolic link or character device; owner is root. */
struct tree_node {
	char *path;            /* "usr/sbin/nft"; "" is the root */
	mode_t mode;           /* with its type bits */
	unsigned major, minor; /* of a device */
	const char *target;    /* of a symbolic link */
	const void *data;      /* of a regular file */
	size_t len;
	const char *package; /* whose file it is, or NULL: airlock's own */
	char *own;           /* memory to free with the node, or NULL */
};

/*
 * Nodes in the order of adding until tree_finish sorts them.  Strings and
 * contents are borrowed from the caller unless a function says "copied".
 */
struct tree {
	struct tree_node *nodes;
	size_t count, cap;
};

void tree_fini(struct tree *t);

/* The node of a path, or NULL.  Valid until the next node is added. */
struct tree_node *tree_find(const struct tree *t, const char *path);

/*
 * Add a node.  The path is copied and must be relative, without "." and "..".
 * A path that exists already is accepted when it is the same again, otherwise
 * it is an error.  0, or -1 with *e.
 */
int tree_add_file(struct tree *t, const char *path, mode_t permissions, const void *data,
    size_t len, const char *package, struct err *e);
int tree_add_link(
    struct tree *t, const char *path, const char *target, const char *package, struct err *e);
int tree_add_directory(struct tree *t, const char *path, struct err *e);
int tree_add_device(struct tree *t, const char *path, mode_t permissions, unsigned major,
    unsigned minor, struct err *e);
/* A file of mode 0644 whose content is copied. */
int tree_add_text(
    struct tree *t, const char *path, const char *text, size_t len, struct err *e);

/*
 * Add the directories that paths go through, root included, and sort by path.
 * A path that goes through something else than a directory is an error.
 */
int tree_finish(struct tree *t, struct err *e);

/* Where a node's name begins in its path. */
const char *tree_name(const struct tree_node *node);

/* The index of a node's parent; a finished tree only.  The root's is 0. */
size_t tree_parent(const struct tree *t, size_t i);

/* Bytes of all regular files. */
uint64_t tree_bytes(const struct tree *t);

#endif
