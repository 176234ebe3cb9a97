/* libs: the shared libraries that a tree's programs need. */
#ifndef IMAGE_LIBS_H
#define IMAGE_LIBS_H

#include "base/base.h"
#include "image/package.h"
#include "image/tree.h"

/*
 * Add to a tree every library and program interpreter that its ELF files need,
 * and what those need.  What `base` (may be NULL) has already is not repeated.
 * 0, or -1 with *e naming the library and who needs it.
 */
int libs_close(struct tree *t, const struct tree *base, struct packages *p, struct err *e);

/* Whether a package of that name is likely to hold a soname: by Debian's custom. */
bool libs_likely(const char *soname, const char *package);

#endif
