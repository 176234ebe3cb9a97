/* boot: the disk that UEFI firmware starts the guest from. */
#ifndef IMAGE_BOOT_H
#define IMAGE_BOOT_H

#include "base/base.h"
#include "image/package.h"

/* What it is made of. */
struct boot_parts {
	struct packages *packages; /* where the stub comes from */
	const struct kernel_packages *kernel;
	const char *version; /* the kernel's */
	const struct buf *initrd;
};

/*
 * Make the disk into *out, which must be empty; it stays so when the recipe names no stub.
 * 0, or -1 with *e.
 */
int boot_write(const struct boot_parts *b, struct buf *out, struct err *e);

#endif
