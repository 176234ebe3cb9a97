/* uki: a unified kernel image: stub, kernel, initrd and command line in one EFI program. */
#ifndef IMAGE_UKI_H
#define IMAGE_UKI_H

#include "base/base.h"

/* What is put behind the stub.  Texts carry no NUL; everything stays the caller's. */
struct uki {
	const void *stub; /* systemd's linuxx64.efi.stub */
	size_t stub_len;
	const char *release;      /* .osrel: the text of an os-release file */
	const char *command_line; /* .cmdline */
	const char *version;      /* .uname: the kernel's */
	const void *initrd;       /* .initrd */
	size_t initrd_len;
	const void *kernel; /* .linux: a bzImage that is an EFI program itself */
	size_t kernel_len;
};

/*
 * Append the program to *out, which must be empty: offsets are counted from its start.
 * The same inputs give the same bytes.
 * Source: the UAPI group's "Unified Kernel Image" specification, and Microsoft's
 * "PE Format" for the headers.
 * 0, or -1 with *e when the stub is none, is signed, has no room for five more
 * sections, or the kernel is no EFI program.
 */
int uki_write(const struct uki *u, struct buf *out, struct err *e);

#endif
