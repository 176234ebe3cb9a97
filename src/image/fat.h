/* fat: a FAT disk with one file on it. */
#ifndef IMAGE_FAT_H
#define IMAGE_FAT_H

#include "base/base.h"

/*
 * Append a disk, a multiple of 4 KiB, to *out, which must be empty: FAT16, without a
 * partition table, from 2 MiB on as large as its content.  The same inputs give the same
 * bytes.
 *
 * @path the file's: "EFI/BOOT/BOOTX64.EFI"; every name at most 8 letters and 3 more,
 *       of A-Z and 0-9
 * Source: Microsoft's "FAT: General Overview of On-Disk Format" 1.03; UEFI
 * specification, section 13.3.
 * 0, or -1 with *e when a name is none or the file is over 1 GiB.
 */
int fat_write(const char *path, const void *data, size_t len, struct buf *out, struct err *e);

#endif
