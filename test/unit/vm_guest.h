/*
 * vm_guest: the smallest guest that a test of a hypervisor can talk to.
 *
 * An ELF file of 240 bytes with the PVH note that QEMU boots without a Linux
 * kernel: it says '>' on the serial console and then does what is typed there:
 * p powers off, r resets, t triple-faults, x panics by pvpanic; every other
 * byte is echoed.  The power button powers it off, too.
 */
#ifndef TEST_UNIT_VM_GUEST_H
#define TEST_UNIT_VM_GUEST_H

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"

#define GUEST_AT     0x100000 /* where the file lies in the guest's memory */
#define PVH_ENTRY    18       /* XEN_ELFNOTE_PHYS32_ENTRY */
#define GUEST_BANNER '>'

/* 32-bit protected mode, paging off; assembled by hand. */
static const uint8_t guest_code[] = {
    /* start: enable the power button's status (PM1 enable, bit 8) */
    0x66, 0xba, 0x02, 0x06, /* mov $0x602,%dx */
    0x66, 0xb8, 0x00, 0x01, /* mov $0x100,%ax */
    0x66, 0xef,             /* out %ax,%dx */
    0x66, 0xba, 0xf8, 0x03, /* mov $0x3f8,%dx */
    0xb0, GUEST_BANNER,     /* mov $'>',%al */
    0xee,                   /* out %al,%dx */
    /* poll: the button pressed? */
    0x66, 0xba, 0x00, 0x06, /* mov $0x600,%dx */
    0x66, 0xed,             /* in %dx,%ax */
    0xf6, 0xc4, 0x01,       /* test $1,%ah */
    0x75, 0x21,             /* jnz off */
    /* a byte received? */
    0x66, 0xba, 0xfd, 0x03, /* mov $0x3fd,%dx */
    0xec,                   /* in %dx,%al */
    0xa8, 0x01,             /* test $1,%al */
    0x74, 0xec,             /* jz poll */
    0x66, 0xba, 0xf8, 0x03, /* mov $0x3f8,%dx */
    0xec,                   /* in %dx,%al */
    0x3c, 'p', 0x74, 0x0f,  /* cmp, je off */
    0x3c, 'r', 0x74, 0x17,  /* cmp, je reset */
    0x3c, 't', 0x74, 0x26,  /* cmp, je fault */
    0x3c, 'x', 0x74, 0x18,  /* cmp, je panic */
    0xee,                   /* out %al,%dx */
    0xeb, 0xd4,             /* jmp poll */
    /* off: ACPI's S5 */
    0x66, 0xba, 0x04, 0x06, /* mov $0x604,%dx */
    0x66, 0xb8, 0x00, 0x20, /* mov $0x2000,%ax */
    0x66, 0xef,             /* out %ax,%dx */
    0xeb, 0x10,             /* jmp halt */
    /* reset: the chip set's reset control */
    0x66, 0xba, 0xf9, 0x0c, /* mov $0xcf9,%dx */
    0xb0, 0x06,             /* mov $6,%al */
    0xee,                   /* out %al,%dx */
    0xeb, 0x07,             /* jmp halt */
    /* panic: pvpanic's port */
    0x66, 0xba, 0x05, 0x05, /* mov $0x505,%dx */
    0xb0, 0x01,             /* mov $1,%al */
    0xee,                   /* out %al,%dx */
    /* halt: */
    0xf4,       /* hlt */
    0xeb, 0xfd, /* jmp halt */
    /* fault: an empty interrupt table and an interrupt */
    0x6a, 0x00,             /* push $0 */
    0x6a, 0x00,             /* push $0 */
    0x0f, 0x01, 0x1c, 0x24, /* lidt (%esp) */
    0xcc,                   /* int3 */
};

struct guest_file {
	Elf32_Ehdr header;
	Elf32_Phdr load, note;
	Elf32_Nhdr pvh;
	char pvh_name[4];
	uint32_t pvh_entry;
	uint8_t code[sizeof(guest_code)];
};

/* Write the guest to a file that is made.  0, or -1 with *e. */
static inline int guest_write(const char *path, struct err *e)
{
	struct guest_file g = {
	    .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
			   EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_386,
		.e_version = EV_CURRENT,
		.e_entry = GUEST_AT + offsetof(struct guest_file, code),
		.e_phoff = offsetof(struct guest_file, load),
		.e_ehsize = sizeof(Elf32_Ehdr),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 2},
	    .load = {.p_type = PT_LOAD,
		.p_vaddr = GUEST_AT,
		.p_paddr = GUEST_AT,
		.p_filesz = sizeof(g),
		.p_memsz = sizeof(g),
		.p_flags = PF_R | PF_W | PF_X,
		.p_align = 4},
	    .note = {.p_type = PT_NOTE,
		.p_offset = offsetof(struct guest_file, pvh),
		.p_vaddr = GUEST_AT + offsetof(struct guest_file, pvh),
		.p_paddr = GUEST_AT + offsetof(struct guest_file, pvh),
		.p_filesz =
		    offsetof(struct guest_file, code) - offsetof(struct guest_file, pvh),
		.p_memsz = offsetof(struct guest_file, code) - offsetof(struct guest_file, pvh),
		.p_flags = PF_R,
		.p_align = 4},
	    .pvh = {.n_namesz = 4, .n_descsz = 4, .n_type = PVH_ENTRY},
	    .pvh_name = "Xen",
	    .pvh_entry = GUEST_AT + offsetof(struct guest_file, code),
	};

	memcpy(g.code, guest_code, sizeof(guest_code));
	return file_replace(path, &g, sizeof(g), 0644, e);
}

#endif
