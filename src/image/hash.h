/* hash: SHA-256 of memory and of files, as text. */
#ifndef IMAGE_HASH_H
#define IMAGE_HASH_H

#include "base/base.h"

#define HASH_TEXT 65 /* 64 hexadecimal digits and a NUL */

/* The hash of memory. */
void hash_data(char dst[HASH_TEXT], const void *data, size_t len);

/*
 * The hash of a whole file, whatever its offset; the offset is 0 afterwards.
 * `what` names it in errors.  *size (may be NULL) is the bytes hashed.
 * 0, or -1 with *e.
 */
int hash_fd(char dst[HASH_TEXT], int fd, const char *what, uint64_t *size, struct err *e);

/* Whether text is 64 lower-case hexadecimal digits. */
bool hash_valid(const char *text);

#endif
