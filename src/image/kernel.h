/* kernel: a distribution's boot image -> the ELF file that direct boot wants. */
#ifndef IMAGE_KERNEL_H
#define IMAGE_KERNEL_H

#include "base/base.h"

/*
 * Find the compressed kernel in a bzImage by its setup header.
 * Source: the kernel's Documentation/arch/x86/boot.rst, payload_offset.
 * 0 with the place and length of the compressed stream, or -1 with *e.
 */
int kernel_payload(const void *image, size_t len, size_t *offset, size_t *size, struct err *e);

/*
 * Uncompress a bzImage into *vmlinux (emptied first) and check that it is an
 * x86-64 ELF file with a PVH entry.  0, or -1 with *e.
 */
int kernel_unwrap(const void *image, size_t len, struct buf *vmlinux, struct err *e);

#endif
