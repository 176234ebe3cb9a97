/*
 * bhyve_kernel: a file with a Linux kernel, read for a loader.
 *
 * Two formats: `vmlinux`, an ELF file whose segments lie at their physical addresses and
 * whose entry is the kernel's startup_64; and bzImage, as distributions ship it.
 */
#ifndef VM_BHYVE_KERNEL_H
#define VM_BHYVE_KERNEL_H

#include "base/base.h"

#define BHYVE_KERNEL_SEGMENTS 16

/* Offsets in boot_params, of which a bzImage's first sectors are the draft. */
#define BHYVE_HEADER_AT  0x1f1
#define BHYVE_HEADER_END 0x290

/* A part of the file, and where in the guest's memory it belongs. */
struct bhyve_segment {
	uint64_t address; /* guest physical */
	size_t offset;    /* in the file */
	size_t len;       /* in the file */
	uint64_t size;    /* in memory; what exceeds `len` is zero */
};

struct bhyve_kernel {
	struct bhyve_segment segments[BHYVE_KERNEL_SEGMENTS];
	size_t count;
	uint64_t entry;          /* where the processor begins, in long mode */
	uint64_t start, end;     /* the memory it wants for itself until it can tell */
	uint64_t initrd_max;     /* the highest address a byte of the initrd may have */
	size_t command_line_max; /* without the NUL */
	/* The setup header: the file's own, or for vmlinux one that says the same. */
	uint8_t header[BHYVE_HEADER_END - BHYVE_HEADER_AT];
};

/*
 * Read `len` bytes of a kernel file.  Every length and offset in it is checked: what is
 * returned leads nowhere outside the file, its segments lie above 1 MiB and below 3 GiB,
 * within start and end, without touching one another, and the entry is within what the
 * file fills.
 * 0 with *k, or -1 with *e.
 */
int bhyve_kernel_parse(const void *file, size_t len, struct bhyve_kernel *k, struct err *e);

#endif
