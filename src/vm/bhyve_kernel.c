/*
 * bhyve_kernel: the two formats of a kernel file.
 *
 * vmlinux is an ELF file; its program headers say which part of the file goes to which
 * physical address.  Unlike that of most programs its entry is a physical address too.
 * It has no setup header: the kernel in it reads the one of boot_params all the same, so
 * one is made.
 *
 * A bzImage begins with code for 16 bits, in whose first sectors the setup header is, and
 * goes on with the code that unpacks the kernel: one segment, which has its entry for 64
 * bits 0x200 behind its begin.  It is loaded where it prefers to be, and needs `init_size`
 * from there.
 *
 * Purely a matter of bytes: nothing is opened, nothing allocated.  Sources: the ELF-64
 * object file format; Documentation/arch/x86/boot.rst of Linux.
 */
#include <string.h>

#include "vm/bhyve_bytes.h"
#include "vm/bhyve_kernel.h"

#define LOWEST  0x100000u           /* all below is the loader's and the firmware's */
#define HIGHEST ((uint64_t)3 << 30) /* from there bhyve's guests have no memory */
#define ALIGN   0x200000u           /* of a kernel for 64 bits */

/* ELF: offsets in the file header and in a program header. */
#define ELF_HEADER      64
#define ELF_CLASS       4
#define ELF_DATA        5
#define ELF_TYPE        16
#define ELF_MACHINE     18
#define ELF_ENTRY       24
#define ELF_PHOFF       32
#define ELF_PHENTSIZE   54
#define ELF_PHNUM       56
#define PH_SIZE         56
#define PH_OFFSET       8
#define PH_PADDR        24
#define PH_FILESZ       32
#define PH_MEMSZ        40
#define CLASS_64        2
#define DATA_LITTLE     1
#define TYPE_EXEC       2
#define MACHINE_X86_64  62
#define PT_LOAD         1
#define HEADERS_MAX     64
#define ELF_INITRD_MAX  0x7fffffffu
#define ELF_COMMAND_MAX 2047

/* The setup header: offsets in a bzImage's file and in boot_params. */
#define SETUP_SECTS   0x1f1
#define BOOT_FLAG     0x1fe
#define HEADER_LEN    0x201
#define HEADER_BASE   0x202 /* from where HEADER_LEN counts; the magic */
#define VERSION       0x206
#define LOADFLAGS     0x211
#define CODE32_START  0x214
#define INITRD_MAX    0x22c
#define ALIGNMENT     0x230
#define XLOADFLAGS    0x236
#define CMDLINE_SIZE  0x238
#define PREF_ADDRESS  0x258
#define INIT_SIZE     0x260
#define HEADER_LEAST  0x264 /* up to and with init_size */
#define VERSION_LEAST 0x20c /* the first with xloadflags */
#define VERSION_OURS  0x20f
#define LOADED_HIGH   1
#define KERNEL_64     1
#define ENTRY_64      0x200
#define SECTOR        ((size_t)512)

static int add_segment(struct bhyve_kernel *k, const struct bhyve_segment *s, struct err *e)
{
	if (k->count == BHYVE_KERNEL_SEGMENTS)
		return err_set(e, 0, "it has more than %d segments", BHYVE_KERNEL_SEGMENTS);
	if (s->address < LOWEST || s->address >= HIGHEST || s->size > HIGHEST - s->address)
		return err_set(e, 0, "a segment does not lie between 1 MiB and 3 GiB");
	for (size_t i = 0; i < k->count; i++) {
		const struct bhyve_segment *o = &k->segments[i];

		if (s->address < o->address + o->size && o->address < s->address + s->size)
			return err_set(e, 0, "two of its segments overlap");
	}
	if (k->count == 0 || s->address < k->start)
		k->start = s->address;
	k->end = MAX(k->end, s->address + s->size);
	k->segments[k->count++] = *s;
	return 0;
}

static int check_entry(const struct bhyve_kernel *k, struct err *e)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct bhyve_segment *s = &k->segments[i];

		if (k->entry >= s->address && k->entry - s->address < s->len)
			return 0;
	}
	return err_set(e, 0, "its entry lies in none of its segments");
}

/* A field of the setup header. */
static uint8_t *field(struct bhyve_kernel *k, size_t offset)
{
	return k->header + (offset - BHYVE_HEADER_AT);
}

/* ------------------------------------------------------------------- ELF */

static int elf_segment(struct bhyve_kernel *k, const uint8_t *ph, size_t len, struct err *e)
{
	uint64_t offset = get64(ph + PH_OFFSET), filesz = get64(ph + PH_FILESZ);
	struct bhyve_segment s = {
	    .address = get64(ph + PH_PADDR), .size = get64(ph + PH_MEMSZ)};

	if (s.size == 0)
		return 0;
	if (filesz > s.size)
		return err_set(e, 0, "a segment is longer in the file than in memory");
	if (offset > len || filesz > len - offset)
		return err_set(e, 0, "a segment leads outside the file: is it cut?");
	s.offset = (size_t)offset;
	s.len = (size_t)filesz;
	return add_segment(k, &s, e);
}

/* What a bzImage's header would say of this kernel. */
static void elf_setup_header(struct bhyve_kernel *k)
{
	put16(field(k, BOOT_FLAG), 0xaa55);
	memcpy(field(k, HEADER_BASE), "HdrS", 4);
	put16(field(k, VERSION), VERSION_OURS);
	*field(k, LOADFLAGS) = LOADED_HIGH;
	put32(field(k, CODE32_START), (uint32_t)k->start);
	put32(field(k, INITRD_MAX), ELF_INITRD_MAX);
	put32(field(k, ALIGNMENT), ALIGN);
	put16(field(k, XLOADFLAGS), KERNEL_64);
	put32(field(k, CMDLINE_SIZE), ELF_COMMAND_MAX);
	put64(field(k, PREF_ADDRESS), k->start);
	put32(field(k, INIT_SIZE), (uint32_t)(k->end - k->start));
	k->initrd_max = ELF_INITRD_MAX;
	k->command_line_max = ELF_COMMAND_MAX;
}

static int parse_elf(const uint8_t *file, size_t len, struct bhyve_kernel *k, struct err *e)
{
	uint64_t table;
	size_t count;

	if (len < ELF_HEADER)
		return err_set(e, 0, "it is cut within its ELF header");
	if (file[ELF_CLASS] != CLASS_64 || file[ELF_DATA] != DATA_LITTLE ||
	    get16(file + ELF_MACHINE) != MACHINE_X86_64)
		return err_set(e, 0, "it is not for x86-64");
	if (get16(file + ELF_TYPE) != TYPE_EXEC || get16(file + ELF_PHENTSIZE) != PH_SIZE)
		return err_set(e, 0, "it is an ELF file, but no kernel");
	table = get64(file + ELF_PHOFF);
	count = get16(file + ELF_PHNUM);
	if (count > HEADERS_MAX)
		return err_set(e, 0, "it has %zu program headers", count);
	if (table > len || count * PH_SIZE > len - table)
		return err_set(e, 0, "its program headers lie outside the file: is it cut?");
	for (size_t i = 0; i < count; i++) {
		const uint8_t *ph = file + table + i * PH_SIZE;

		if (get32(ph) == PT_LOAD && elf_segment(k, ph, len, e) < 0)
			return -1;
	}
	k->entry = get64(file + ELF_ENTRY);
	if (check_entry(k, e) < 0)
		return -1;
	elf_setup_header(k);
	return 0;
}

/* --------------------------------------------------------------- bzImage */

static int bz_header(const uint8_t *file, struct bhyve_kernel *k, struct err *e)
{
	size_t end = HEADER_BASE + file[HEADER_LEN];

	if (get16(file + VERSION) < VERSION_LEAST)
		return err_set(e, 0, "its boot protocol is older than 2.12");
	if (end < HEADER_LEAST || end > BHYVE_HEADER_END)
		return err_set(e, 0, "its setup header is %zu bytes long", end - SETUP_SECTS);
	if ((get16(file + XLOADFLAGS) & KERNEL_64) == 0 || (file[LOADFLAGS] & LOADED_HIGH) == 0)
		return err_set(e, 0, "it cannot be entered in 64 bits");
	memcpy(k->header, file + BHYVE_HEADER_AT, end - BHYVE_HEADER_AT);
	k->initrd_max = get32(file + INITRD_MAX);
	k->command_line_max = get32(file + CMDLINE_SIZE);
	return 0;
}

static int parse_bzimage(const uint8_t *file, size_t len, struct bhyve_kernel *k, struct err *e)
{
	struct bhyve_segment s = {0};
	uint32_t align;

	if (bz_header(file, k, e) < 0)
		return -1;
	/* No sectors means four, for reasons of the year 1992. */
	s.offset = SECTOR * ((file[SETUP_SECTS] != 0 ? file[SETUP_SECTS] : 4u) + 1);
	if (s.offset >= len)
		return err_set(e, 0, "it is cut within its setup code");
	s.len = len - s.offset;
	s.address = get64(file + PREF_ADDRESS);
	s.size = get32(file + INIT_SIZE);
	align = get32(file + ALIGNMENT);
	if (align == 0 || (align & (align - 1)) != 0 || s.address % align != 0)
		return err_set(e, 0, "the place that it prefers is not one that it allows");
	if (s.size < s.len)
		return err_set(e, 0, "it is longer than the memory that it asks for");
	k->entry = s.address + ENTRY_64;
	if (add_segment(k, &s, e) < 0 || check_entry(k, e) < 0)
		return -1;
	put32(field(k, CODE32_START), (uint32_t)s.address);
	return 0;
}

int bhyve_kernel_parse(const void *file, size_t len, struct bhyve_kernel *k, struct err *e)
{
	const uint8_t *p = file;

	*k = (struct bhyve_kernel){0};
	if (len >= 4 && memcmp(p, "\177ELF", 4) == 0)
		return parse_elf(p, len, k, e);
	if (len >= BHYVE_HEADER_END && get16(p + BOOT_FLAG) == 0xaa55 &&
	    memcmp(p + HEADER_BASE, "HdrS", 4) == 0)
		return parse_bzimage(p, len, k, e);
	return err_set(e, 0, "neither a vmlinux nor a bzImage");
}
