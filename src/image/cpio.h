/* cpio: a tree -> an initial ram file system. */
#ifndef IMAGE_CPIO_H
#define IMAGE_CPIO_H

#include "base/base.h"
#include "image/tree.h"

/*
 * Write a finished tree in the "newc" format, uncompressed.  *out is appended
 * to; the same tree gives the same bytes.  0, or -1 with *e.
 */
int cpio_write(const struct tree *t, struct buf *out, struct err *e);

#endif
