/* unpack: one compressed stream in memory -> its content. */
#ifndef IMAGE_UNPACK_H
#define IMAGE_UNPACK_H

#include "base/base.h"

/*
 * Decompress xz, gzip, zstd, bzip2 or lzma, told apart by their first bytes.
 *
 * @what names the data in errors
 * @max  the most bytes of content accepted; more is an error
 * @out  the content is appended
 * 0, or -1 with *e.
 */
int unpack_stream(
    const void *data, size_t len, const char *what, size_t max, struct buf *out, struct err *e);

/* The same from a descriptor, at its offset. */
int unpack_fd(int fd, const char *what, size_t max, struct buf *out, struct err *e);

#endif
