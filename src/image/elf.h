/* elf: what the image needs to know of ELF files, from hostile bytes. */
#ifndef IMAGE_ELF_H
#define IMAGE_ELF_H

#include "base/base.h"

/* A little-endian 64-bit ELF file in memory; members are the reader's. */
struct elf {
	const uint8_t *data;
	size_t len;
	uint16_t machine, type;
	uint64_t phoff, shoff;
	unsigned phnum, shnum, shstrndx;
};

/* Whether the bytes begin as any ELF file does. */
bool elf_is(const void *data, size_t len);

/*
 * Check the header and both tables' bounds.  The bytes stay the caller's and
 * must outlive *f.  0, or -1 with *e.
 */
int elf_open(struct elf *f, const void *data, size_t len, struct err *e);

/*
 * Call fn for each DT_NEEDED, in their order; the name is NUL-terminated and
 * lies in the file.  A file without a dynamic segment has none.
 * 0, or -1 with *e when a table leads outside the file.
 */
int elf_needed(
    const struct elf *f, void (*fn)(void *arg, const char *soname), void *arg, struct err *e);

/* The program interpreter's path, NUL-terminated, or NULL: static or a library. */
const char *elf_interp(const struct elf *f);

/* Find a section's bytes by name.  False when there is none within the file. */
bool elf_section(const struct elf *f, const char *name, const uint8_t **data, size_t *len);

/*
 * Make a section empty in data, the file's own bytes: its content zeroes, its size 0.
 * The file keeps its length.  False when there is none within the file.
 */
bool elf_blank(const struct elf *f, const char *name, void *data);

/* Find a note's descriptor in the PT_NOTE segments. */
bool elf_note(
    const struct elf *f, const char *owner, uint32_t type, const uint8_t **desc, size_t *len);

#endif
