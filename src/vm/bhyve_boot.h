/*
 * bhyve_boot: what a guest's memory and its first processor hold when Linux begins.
 *
 * Computed here, carried out by whoever can write into the guest: airlock-load on
 * FreeBSD, QEMU in a test.
 */
#ifndef VM_BHYVE_BOOT_H
#define VM_BHYVE_BOOT_H

#include "vm/bhyve_kernel.h"

/* vmm's: where low memory ends at the latest, and where the rest begins. */
#define BHYVE_LOW_MAX    ((uint64_t)3 << 30)
#define BHYVE_HIGH_START ((uint64_t)4 << 30)

#define BHYVE_GDT_SIZE    48 /* six entries of 8 bytes, the last two are one */
#define BHYVE_PARAMS_SIZE 4096
#define BHYVE_TABLES_SIZE ((size_t)6 * 4096)
#define BHYVE_COMMAND_MAX 2048 /* with the NUL */
#define BHYVE_PIECES      (5 + BHYVE_KERNEL_SEGMENTS)

/* Bytes that belong into the guest's memory, all of which is zero before. */
struct bhyve_piece {
	const char *what; /* "boot_params", for people */
	uint64_t address; /* guest physical */
	const void *data; /* NULL: the initrd's file, from its begin */
	size_t len;
};

/* `access` as vmm, and VMX before it, has it: bit 16 says unusable. */
struct bhyve_selector {
	uint16_t selector;
	uint64_t base;
	uint32_t limit;
	uint32_t access;
};

struct bhyve_registers {
	uint64_t rip, rsp, rsi, rflags, cr0, cr3, cr4, efer;
	struct bhyve_selector cs, data, tr, ldtr; /* data: DS, ES, FS, GS and SS */
	struct bhyve_selector gdtr, idtr;         /* base and limit only */
};

/* Pieces point into it: it stays where it was filled. */
struct bhyve_boot {
	struct bhyve_piece pieces[BHYVE_PIECES];
	size_t count;
	struct bhyve_registers registers;
	uint8_t gdt[BHYVE_GDT_SIZE];
	uint8_t params[BHYVE_PARAMS_SIZE];
	uint8_t tables[BHYVE_TABLES_SIZE];
	char command_line[BHYVE_COMMAND_MAX];
};

/*
 * Compute it.
 *
 * @file         the kernel's bytes; pieces point into them
 * @k            what bhyve_kernel_parse() made of it
 * @initrd       bytes of the initrd; 0: none
 * @command_line what the kernel is told
 * @memory_mib   the guest's memory; the same number that bhyve is given
 * 0, or -1 with *e when the memory is too small or the command line too long.
 */
int bhyve_boot(const void *file, const struct bhyve_kernel *k, uint64_t initrd,
    const char *command_line, unsigned memory_mib, struct bhyve_boot *b, struct err *e);

#endif
