/* store: the directory of generations, and writing a new one into it. */
#ifndef IMAGE_STORE_H
#define IMAGE_STORE_H

#include "base/base.h"

#define STORE_ID 13 /* 12 hexadecimal digits and a NUL */

/* A store that is open for writing. */
struct store {
	char dir[512];
	char building[560]; /* "" while nothing is being written */
	int lock;
};

/*
 * Open for writing: make what is missing, lock, and remove what builds that
 * died have left.  Somebody else's lock is an error that says so.
 * 0, or -1 with *e.
 */
int store_open(struct store *s, const char *dir, struct err *e);

/* Drop what was not committed, and unlock. */
void store_close(struct store *s);

/* Write one file of the new generation, to the disk.  0, or -1 with *e. */
int store_write(struct store *s, const char *name, const void *data, size_t len, struct err *e);

/*
 * Give the new generation its name and make it current.  When there is one of
 * that name already and it is sound, it is kept and the new one is dropped.
 * 0, or -1 with *e.
 */
int store_commit(struct store *s, const char id[STORE_ID], struct err *e);

/* Whether text is a generation's id. */
bool store_id_valid(const char *text);

/* Which generation a link ("current", "previous") names.  False: none. */
bool store_read_link(const char *dir, const char *link, char id[STORE_ID]);

/* Make a generation current, and the one that was, previous.  0, or -1 with *e. */
int store_switch(const char *dir, const char id[STORE_ID], struct err *e);

#endif
