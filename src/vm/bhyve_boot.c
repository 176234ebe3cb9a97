/*
 * bhyve_boot: the layout of a guest that begins in Linux, without any firmware.
 *
 *	0x500      GDT
 *	0x600      task state segment, of zeros
 *	0x7000     boot_params; the stack grows down from here
 *	0x9000     page tables: 4 GiB onto themselves, in pages of 2 MiB
 *	0x20000    command line
 *	0xa0000    nothing up to 1 MiB: bhyve writes MPTABLE, SMBIOS and ACPI tables there
 *	kernel     where it says
 *	initrd     at the end of low memory, or of what the kernel can reach of it
 *
 * The processor begins in long mode, as the 64-bit boot protocol of Linux wants it
 * (Documentation/arch/x86/boot.rst): paging on, interrupts off, flat segments at
 * selectors 0x10 and 0x18, boot_params in RSI.  vmm gives a guest at most 3 GiB below the
 * hole for devices; what it has more begins at 4 GiB.
 *
 * Purely a matter of bytes: nothing is opened, nothing allocated, no system asked.
 */
#include <inttypes.h>
#include <string.h>

#include "vm/bhyve_boot.h"
#include "vm/bhyve_bytes.h"

#define GDT_AT     0x500
#define TSS_AT     0x600
#define PARAMS_AT  0x7000
#define TABLES_AT  0x9000
#define COMMAND_AT 0x20000

#define HOLE_START 0xa0000
#define HOLE_END   0x100000
#define MIB        ((uint64_t)1 << 20)
#define PAGE       4096u
#define PAGE_2M    0x200000u
#define ENTRIES    512 /* of a table */
#define DIRECTORY  4u  /* tables of the last level, a GiB each */

/* boot_params: offsets. */
#define E820_ENTRIES   0x1e8
#define TYPE_OF_LOADER 0x210
#define RAMDISK_IMAGE  0x218
#define RAMDISK_SIZE   0x21c
#define CMD_LINE_PTR   0x228
#define E820_TABLE     0x2d0
#define E820_SIZE      20
#define E820_RAM       1
#define LOADER_OTHER   0xff /* none that has a number */

/* Entries of a page table: present, writable, a page of 2 MiB. */
#define PTE_TABLE 0x03
#define PTE_PAGE  0x83

/* Selectors, descriptors, and the latter's access rights as vmm has them. */
#define SEL_CODE    0x10
#define SEL_DATA    0x18
#define SEL_TASK    0x20
#define DESC_CODE   0x00af9b000000ffffull /* 64 bits, execute and read, accessed */
#define DESC_DATA   0x00cf93000000ffffull /* read and write, accessed */
#define DESC_TASK   0x00008b0000000000ull /* busy, of 64 bits */
#define ACCESS_CODE 0xa09b
#define ACCESS_DATA 0xc093
#define ACCESS_TASK 0x008b
#define UNUSABLE    0x10000
#define TASK_LIMIT  103
#define FLAT_LIMIT  0xffffffff

#define RFLAGS_FIXED 0x2
#define CR0_PE       0x1
#define CR0_NE       0x20
#define CR0_PG       0x80000000u
#define CR4_PAE      0x20
#define EFER_LME     0x100
#define EFER_LMA     0x400

static void add_piece(
    struct bhyve_boot *b, const char *what, uint64_t address, const void *data, size_t len)
{
	b->pieces[b->count++] =
	    (struct bhyve_piece){.what = what, .address = address, .data = data, .len = len};
}

static void make_gdt(struct bhyve_boot *b)
{
	put64(b->gdt + SEL_CODE, DESC_CODE);
	put64(b->gdt + SEL_DATA, DESC_DATA);
	put64(b->gdt + SEL_TASK, DESC_TASK | (uint64_t)TSS_AT << 16 | TASK_LIMIT);
	add_piece(b, "GDT", GDT_AT, b->gdt, sizeof(b->gdt));
}

/* One table of the first level, one of the second, and a directory for each GiB. */
static void make_tables(struct bhyve_boot *b)
{
	uint8_t *second = b->tables + PAGE, *directory = second + PAGE;

	put64(b->tables, (TABLES_AT + PAGE) | PTE_TABLE);
	for (size_t i = 0; i < DIRECTORY; i++)
		put64(second + i * 8, (TABLES_AT + (2 + i) * PAGE) | PTE_TABLE);
	for (uint64_t i = 0; i < (uint64_t)DIRECTORY * ENTRIES; i++)
		put64(directory + i * 8, i * PAGE_2M | PTE_PAGE);
	add_piece(b, "page tables", TABLES_AT, b->tables, sizeof(b->tables));
}

static void add_ram(struct bhyve_boot *b, uint64_t start, uint64_t end)
{
	uint8_t *at = b->params + E820_TABLE + (size_t)b->params[E820_ENTRIES] * E820_SIZE;

	put64(at, start);
	put64(at + 8, end - start);
	put32(at + 16, E820_RAM);
	b->params[E820_ENTRIES]++;
}

static void make_params(struct bhyve_boot *b, const struct bhyve_kernel *k, uint64_t memory,
    uint64_t initrd_at, uint64_t initrd)
{
	memcpy(b->params + BHYVE_HEADER_AT, k->header, sizeof(k->header));
	b->params[TYPE_OF_LOADER] = LOADER_OTHER;
	put32(b->params + CMD_LINE_PTR, COMMAND_AT);
	put32(b->params + RAMDISK_IMAGE, (uint32_t)initrd_at);
	put32(b->params + RAMDISK_SIZE, (uint32_t)initrd);
	add_ram(b, 0, HOLE_START);
	add_ram(b, HOLE_END, MIN(memory, BHYVE_LOW_MAX));
	if (memory > BHYVE_LOW_MAX)
		add_ram(b, BHYVE_HIGH_START, BHYVE_HIGH_START + memory - BHYVE_LOW_MAX);
	add_piece(b, "boot_params", PARAMS_AT, b->params, sizeof(b->params));
}

static void make_registers(struct bhyve_registers *r, uint64_t entry)
{
	*r = (struct bhyve_registers){
	    .rip = entry,
	    .rsp = PARAMS_AT,
	    .rsi = PARAMS_AT,
	    .rflags = RFLAGS_FIXED,
	    .cr0 = CR0_PG | CR0_NE | CR0_PE,
	    .cr3 = TABLES_AT,
	    .cr4 = CR4_PAE,
	    .efer = EFER_LME | EFER_LMA,
	    .cs = {.selector = SEL_CODE, .limit = FLAT_LIMIT, .access = ACCESS_CODE},
	    .data = {.selector = SEL_DATA, .limit = FLAT_LIMIT, .access = ACCESS_DATA},
	    .tr = {.selector = SEL_TASK,
		.base = TSS_AT,
		.limit = TASK_LIMIT,
		.access = ACCESS_TASK},
	    .ldtr = {.access = UNUSABLE},
	    .gdtr = {.base = GDT_AT, .limit = BHYVE_GDT_SIZE - 1},
	};
}

static int too_small(
    const struct bhyve_kernel *k, uint64_t initrd, uint64_t memory, struct err *e)
{
	uint64_t wanted = (k->end + initrd) / MIB + 32;

	err_set(e, 0,
	    "the kernel fills memory up to %" PRIu64 " MiB, its initrd %" PRIu64
	    " MiB: too much for a guest of %" PRIu64 " MiB",
	    (k->end + MIB - 1) / MIB, (initrd + MIB - 1) / MIB, memory / MIB);
	return err_hint(
	    e, "give the guest more memory: guest { memory = %" PRIu64 "M; }", wanted);
}

/* The highest place for the initrd: above the kernel, in pages of its own. */
static int place_initrd(
    const struct bhyve_kernel *k, uint64_t initrd, uint64_t memory, uint64_t *at, struct err *e)
{
	uint64_t top = MIN(MIN(memory, BHYVE_LOW_MAX), k->initrd_max + 1);

	*at = 0;
	if (k->end > MIN(memory, BHYVE_LOW_MAX))
		return too_small(k, initrd, memory, e);
	if (initrd == 0)
		return 0;
	if (initrd > top || (top - initrd) / PAGE * PAGE < k->end)
		return too_small(k, initrd, memory, e);
	*at = (top - initrd) / PAGE * PAGE;
	return 0;
}

int bhyve_boot(const void *file, const struct bhyve_kernel *k, uint64_t initrd,
    const char *command_line, unsigned memory_mib, struct bhyve_boot *b, struct err *e)
{
	uint64_t memory = memory_mib * MIB, initrd_at;
	size_t len = strlen(command_line);

	*b = (struct bhyve_boot){0};
	if (len >= sizeof(b->command_line) || len > k->command_line_max)
		return err_set(e, 0, "the kernel's command line is %zu bytes long: at most %zu",
		    len, MIN(sizeof(b->command_line) - 1, k->command_line_max));
	if (place_initrd(k, initrd, memory, &initrd_at, e) < 0)
		return -1;
	str_copy(b->command_line, sizeof(b->command_line), command_line);
	make_gdt(b);
	make_params(b, k, memory, initrd_at, initrd);
	make_tables(b);
	add_piece(b, "command line", COMMAND_AT, b->command_line, len + 1);
	for (size_t i = 0; i < k->count; i++) {
		const struct bhyve_segment *s = &k->segments[i];

		if (s->len > 0)
			add_piece(
			    b, "kernel", s->address, (const uint8_t *)file + s->offset, s->len);
	}
	if (initrd > 0)
		add_piece(b, "initrd", initrd_at, NULL, (size_t)initrd);
	make_registers(&b->registers, k->entry);
	return 0;
}
