/*
 * vm_boot: kernel files as bhyve_kernel reads them, hostile ones too, and the layout of
 * a guest's memory byte for byte.
 */
#include "check.h"
#include "vm/bhyve_boot.h"
#include "vm/bhyve_bytes.h"

#define MIB ((uint64_t)1 << 20)

/* A kernel file being made: ELF header, program headers, then bytes. */
struct file {
	uint8_t *data;
	size_t len;
};

struct load {
	uint64_t address, offset, filesz, memsz;
};

static void program_header(uint8_t *ph, const struct load *l)
{
	put32(ph, 1);
	put64(ph + 8, l->offset);
	put64(ph + 16, 0xffffffff80000000 + l->address);
	put64(ph + 24, l->address);
	put64(ph + 32, l->filesz);
	put64(ph + 40, l->memsz);
}

static void elf_make(
    struct file *f, size_t len, uint64_t entry, const struct load *loads, size_t count)
{
	f->len = len;
	f->data = calloc(1, len);
	if (f->data == NULL)
		abort();
	memcpy(f->data, "\177ELF\2\1\1", 7);
	put16(f->data + 16, 2);
	put16(f->data + 18, 62);
	put64(f->data + 24, entry);
	put64(f->data + 32, 64);
	put16(f->data + 54, 56);
	put16(f->data + 56, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		program_header(f->data + 64 + i * 56, &loads[i]);
}

static const struct load two[] = {
    {0x1000000, 0x1000, 0x800, 0x800}, {0x1400000, 0x1800, 0x400, 0x5000}};

static void vmlinux_make(struct file *f)
{
	elf_make(f, 0x2000, 0x1000123, two, 2);
}

static void bzimage_make(struct file *f)
{
	f->len = 0x5000;
	f->data = calloc(1, f->len);
	if (f->data == NULL)
		abort();
	f->data[0x1f1] = 3; /* four sectors with the first */
	put16(f->data + 0x1fe, 0xaa55);
	f->data[0x201] = 0x6a;
	memcpy(f->data + 0x202, "HdrS", 4);
	put16(f->data + 0x206, 0x20f);
	f->data[0x211] = 1;
	put32(f->data + 0x214, 0x100000);
	put32(f->data + 0x22c, 0x37ffffff);
	put32(f->data + 0x230, 0x200000);
	f->data[0x234] = 1;
	put16(f->data + 0x236, 0x3f);
	put32(f->data + 0x238, 2047);
	put64(f->data + 0x258, 0x1000000);
	put32(f->data + 0x260, 0x900000);
}

static int parse(const struct file *f, struct bhyve_kernel *k)
{
	struct err e = {0};

	return bhyve_kernel_parse(f->data, f->len, k, &e);
}

static void vmlinux_is_read(void)
{
	struct bhyve_kernel k;
	struct file f;

	vmlinux_make(&f);
	CHECK_INT(parse(&f, &k), 0);
	CHECK_INT(k.count, 2);
	CHECK_INT(k.segments[0].address, 0x1000000);
	CHECK_INT(k.segments[0].offset, 0x1000);
	CHECK_INT(k.segments[0].len, 0x800);
	CHECK_INT(k.segments[1].address, 0x1400000);
	CHECK_INT(k.segments[1].size, 0x5000);
	CHECK_INT(k.entry, 0x1000123);
	CHECK_INT(k.start, 0x1000000);
	CHECK_INT(k.end, 0x1405000);
	CHECK_INT(k.initrd_max, 0x7fffffff);
	CHECK_INT(k.command_line_max, 2047);
	free(f.data);
}

static void vmlinux_gets_a_setup_header(void)
{
	struct bhyve_kernel k;
	struct file f;
	uint8_t want[BHYVE_HEADER_END] = {0};

	vmlinux_make(&f);
	CHECK_INT(parse(&f, &k), 0);
	put16(want + 0x1fe, 0xaa55);
	memcpy(want + 0x202, "HdrS", 4);
	put16(want + 0x206, 0x20f);
	want[0x211] = 1;
	put32(want + 0x214, 0x1000000);
	put32(want + 0x22c, 0x7fffffff);
	put32(want + 0x230, 0x200000);
	put16(want + 0x236, 1);
	put32(want + 0x238, 2047);
	put64(want + 0x258, 0x1000000);
	put32(want + 0x260, 0x405000);
	CHECK(memcmp(k.header, want + BHYVE_HEADER_AT, sizeof(k.header)) == 0);
	free(f.data);
}

static void bzimage_is_read(void)
{
	struct bhyve_kernel k;
	struct file f;

	bzimage_make(&f);
	CHECK_INT(parse(&f, &k), 0);
	CHECK_INT(k.count, 1);
	CHECK_INT(k.segments[0].offset, 4 * 512);
	CHECK_INT(k.segments[0].len, 0x5000 - 4 * 512);
	CHECK_INT(k.segments[0].address, 0x1000000);
	CHECK_INT(k.entry, 0x1000200);
	CHECK_INT(k.end, 0x1900000);
	CHECK_INT(k.initrd_max, 0x37ffffff);
	/* Its header is the file's, up to where that says, with the place that was chosen. */
	put32(f.data + 0x214, 0x1000000);
	memset(f.data + 0x26c, 0, BHYVE_HEADER_END - 0x26c);
	CHECK(memcmp(k.header, f.data + BHYVE_HEADER_AT, sizeof(k.header)) == 0);
	/* No sectors are four. */
	f.data[0x1f1] = 0;
	CHECK_INT(parse(&f, &k), 0);
	CHECK_INT(k.segments[0].offset, 5 * 512);
	free(f.data);
}

struct spoil {
	size_t offset, width;
	uint64_t value;
	const char *says;
};

static void poke(uint8_t *p, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* Each wrong value alone is an error that says so. */
static void refused(void (*make)(struct file *), const struct spoil *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bhyve_kernel k;
		struct err e = {0};
		struct file f;

		make(&f);
		poke(f.data + rows[i].offset, rows[i].width, rows[i].value);
		CHECK_INT(bhyve_kernel_parse(f.data, f.len, &k, &e), -1);
		CHECK_HAS(e.text, rows[i].says);
		free(f.data);
	}
}

#define PH(n, offset) (64 + (n)*56 + (offset))

static const struct spoil elf_spoils[] = {
    {0, 1, 0, "neither a vmlinux nor a bzImage"},
    {4, 1, 1, "not for x86-64"},
    {5, 1, 2, "not for x86-64"},
    {18, 2, 3, "not for x86-64"},
    {16, 2, 3, "but no kernel"},
    {54, 2, 55, "but no kernel"},
    {56, 2, 65, "65 program headers"},
    {32, 8, 0x2000, "outside the file"},
    {32, 8, UINT64_MAX - 8, "outside the file"},
    {24, 8, 0x1000800, "entry"},
    {24, 8, 0xffffffff81000000, "entry"},
    {24, 8, 0x1401000, "entry"}, /* in memory, but not in the file */
    {PH(0, 8), 8, 0x1801, "outside the file"},
    {PH(0, 8), 8, UINT64_MAX - 1, "outside the file"},
    {PH(0, 32), 8, 0x801, "longer in the file"},
    {PH(0, 24), 8, 0xfffff, "between 1 MiB and 3 GiB"},
    {PH(0, 24), 8, 0xc0000000, "between 1 MiB and 3 GiB"},
    {PH(0, 24), 8, UINT64_MAX - 1, "between 1 MiB and 3 GiB"},
    {PH(1, 40), 8, 0xbec00001, "between 1 MiB and 3 GiB"},
    {PH(1, 40), 8, UINT64_MAX, "between 1 MiB and 3 GiB"},
    {PH(0, 40), 8, 0x400001, "overlap"},
    {PH(1, 24), 8, 0x10007ff, "overlap"},
};

static const struct spoil bz_spoils[] = {
    {0x1fe, 1, 0, "neither a vmlinux nor a bzImage"},
    {0x202, 1, 'h', "neither a vmlinux nor a bzImage"},
    {0x206, 2, 0x20b, "older than 2.12"},
    {0x201, 1, 0x61, "bytes long"},
    {0x201, 1, 0x8f, "bytes long"},
    {0x236, 2, 0xfffe, "in 64 bits"},
    {0x211, 1, 0xfe, "in 64 bits"},
    {0x1f1, 1, 39, "setup code"},
    {0x230, 4, 0, "the place that it prefers"},
    {0x230, 4, 0x300000, "the place that it prefers"},
    {0x258, 8, 0x1000001, "the place that it prefers"},
    {0x258, 8, 0, "between 1 MiB and 3 GiB"},
    {0x258, 8, 0xffffffffffe00000, "between 1 MiB and 3 GiB"},
    {0x260, 4, 0x47ff, "longer than the memory"},
    {0x260, 4, 0xffffffff, "between 1 MiB and 3 GiB"},
};

static void hostile_files_are_refused(void)
{
	refused(vmlinux_make, elf_spoils, ARRAY_LEN(elf_spoils));
	refused(bzimage_make, bz_spoils, ARRAY_LEN(bz_spoils));
}

/* In an allocation of exactly that length, for the sanitizers to see. */
static int parse_cut(const struct file *f, size_t len)
{
	struct bhyve_kernel k;
	struct err e = {0};
	uint8_t *cut = malloc(len > 0 ? len : 1);
	int result;

	if (cut == NULL)
		abort();
	memcpy(cut, f->data, len);
	result = bhyve_kernel_parse(cut, len, &k, &e);
	CHECK(result == 0 || e.text[0] != '\0');
	free(cut);
	return result;
}

static void cut_files_are_refused(void)
{
	struct file f;

	vmlinux_make(&f);
	for (size_t len = 0; len < 0x1c00; len += len < 0x200 ? 1 : 0x80)
		CHECK_INT(parse_cut(&f, len), -1);
	CHECK_INT(parse_cut(&f, 0x1c00), 0); /* nothing behind it is the kernel's */
	free(f.data);
	bzimage_make(&f);
	for (size_t len = 0; len <= 4 * 512 + 0x200; len++)
		CHECK_INT(parse_cut(&f, len), -1);
	free(f.data);
}

static void at_most_sixteen_segments(void)
{
	struct load loads[BHYVE_KERNEL_SEGMENTS + 1];
	struct bhyve_kernel k;
	struct err e = {0};
	struct file f;

	for (size_t i = 0; i < ARRAY_LEN(loads); i++)
		loads[i] = (struct load){0x1000000 + i * 0x1000, 0x1000, 16, 0x1000};
	elf_make(&f, 0x2000, 0x1000000, loads, BHYVE_KERNEL_SEGMENTS);
	CHECK_INT(bhyve_kernel_parse(f.data, f.len, &k, &e), 0);
	CHECK_INT(k.count, BHYVE_KERNEL_SEGMENTS);
	free(f.data);
	elf_make(&f, 0x2000, 0x1000000, loads, ARRAY_LEN(loads));
	CHECK_INT(bhyve_kernel_parse(f.data, f.len, &k, &e), -1);
	CHECK_HAS(e.text, "more than 16 segments");
	free(f.data);
}

/* ---------------------------------------------------------------- layout */

/* A vmlinux, its kernel and a layout of it. */
struct world {
	struct file f;
	struct bhyve_kernel k;
	struct bhyve_boot b;
	struct err e;
};

static int world_make(struct world *w, uint64_t initrd, const char *line, unsigned mib)
{
	*w = (struct world){0};
	vmlinux_make(&w->f);
	CHECK_INT(parse(&w->f, &w->k), 0);
	return bhyve_boot(w->f.data, &w->k, initrd, line, mib, &w->b, &w->e);
}

static const struct bhyve_piece *piece(const struct world *w, const char *what)
{
	for (size_t i = 0; i < w->b.count; i++)
		if (strcmp(w->b.pieces[i].what, what) == 0)
			return &w->b.pieces[i];
	CHECK_FAIL("no piece \"%s\"", what);
	abort();
}

static void pieces_are_where_they_belong(void)
{
	struct world w;

	CHECK_INT(world_make(&w, 3 * MIB + 1, "console=ttyS0", 128), 0);
	CHECK_INT(w.b.count, 7);
	CHECK_INT(piece(&w, "GDT")->address, 0x500);
	CHECK_INT(piece(&w, "boot_params")->address, 0x7000);
	CHECK_INT(piece(&w, "boot_params")->len, 4096);
	CHECK_INT(piece(&w, "page tables")->address, 0x9000);
	CHECK_INT(piece(&w, "command line")->address, 0x20000);
	CHECK_INT(piece(&w, "command line")->len, 14);
	CHECK_STR(piece(&w, "command line")->data, "console=ttyS0");
	CHECK_INT(piece(&w, "kernel")->address, 0x1000000);
	CHECK_INT(piece(&w, "kernel")->len, 0x800);
	CHECK(piece(&w, "kernel")->data == w.f.data + 0x1000);
	CHECK_INT(w.b.pieces[5].address, 0x1400000);
	CHECK_INT(w.b.pieces[5].len, 0x400);
	CHECK_INT(piece(&w, "initrd")->address, 0x7cff000);
	CHECK_INT(piece(&w, "initrd")->len, 3 * MIB + 1);
	CHECK(piece(&w, "initrd")->data == NULL);
	free(w.f.data);
}

/* No two pieces share a byte, and none is where bhyve writes its tables. */
static void pieces_do_not_touch(void)
{
	struct world w;

	CHECK_INT(world_make(&w, 106 * MIB, "x", 128), 0);
	for (size_t i = 0; i < w.b.count; i++) {
		const struct bhyve_piece *p = &w.b.pieces[i];

		CHECK(p->address + p->len <= 0xa0000 || p->address >= 0x100000);
		CHECK(p->address + p->len <= 128 * MIB);
		for (size_t j = 0; j < i; j++) {
			const struct bhyve_piece *o = &w.b.pieces[j];

			CHECK(p->address >= o->address + o->len ||
			      o->address >= p->address + p->len);
		}
	}
	free(w.f.data);
}

static void e820_entry(uint8_t *params, unsigned i, uint64_t start, uint64_t len)
{
	uint8_t *at = params + 0x2d0 + (size_t)i * 20;

	put64(at, start);
	put64(at + 8, len);
	put32(at + 16, 1);
	params[0x1e8] = (uint8_t)(i + 1);
}

static void boot_params_byte_for_byte(void)
{
	struct world w;
	uint8_t want[4096] = {0};

	CHECK_INT(world_make(&w, 0x12345, "quiet", 128), 0);
	memcpy(want + BHYVE_HEADER_AT, w.k.header, sizeof(w.k.header));
	want[0x210] = 0xff;
	put32(want + 0x218, 0x7fed000);
	put32(want + 0x21c, 0x12345);
	put32(want + 0x228, 0x20000);
	e820_entry(want, 0, 0, 0xa0000);
	e820_entry(want, 1, 0x100000, 127 * MIB);
	CHECK(memcmp(piece(&w, "boot_params")->data, want, sizeof(want)) == 0);
	free(w.f.data);
	CHECK_INT(world_make(&w, 0, "quiet", 128), 0);
	CHECK_INT(w.b.count, 6);
	put32(want + 0x218, 0);
	put32(want + 0x21c, 0);
	CHECK(memcmp(w.b.params, want, sizeof(want)) == 0);
	free(w.f.data);
}

static void memory_beyond_three_gib_begins_at_four(void)
{
	static const struct {
		unsigned mib;
		uint64_t low, high;
	} rows[] = {{3071, 3071 * MIB, 0}, {3072, 3072 * MIB, 0}, {3073, 3072 * MIB, MIB},
	    {8192, 3072 * MIB, 5120 * MIB}};
	uint8_t want[3 * 20];
	struct world w;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t params[4096] = {0};

		CHECK_INT(world_make(&w, MIB, "", rows[i].mib), 0);
		e820_entry(params, 0, 0, 0xa0000);
		e820_entry(params, 1, MIB, rows[i].low - MIB);
		if (rows[i].high > 0)
			e820_entry(params, 2, 4096 * MIB, rows[i].high);
		memcpy(want, params + 0x2d0, sizeof(want));
		CHECK_INT(w.b.params[0x1e8], params[0x1e8]);
		CHECK(memcmp(w.b.params + 0x2d0, want, sizeof(want)) == 0);
		/* The initrd stays where the kernel can reach it. */
		CHECK_INT(piece(&w, "initrd")->address, 2047 * MIB);
		free(w.f.data);
	}
}

static void gdt_byte_for_byte(void)
{
	static const uint8_t want[48] = {
	    [16] = 0xff,
	    0xff,
	    0,
	    0,
	    0,
	    0x9b,
	    0xaf,
	    0, /* code */
	    [24] = 0xff,
	    0xff,
	    0,
	    0,
	    0,
	    0x93,
	    0xcf,
	    0, /* data */
	    [32] = 0x67,
	    0x00,
	    0,
	    0x06,
	    0,
	    0x8b,
	    0x00,
	    0, /* task */
	};
	struct world w;

	CHECK_INT(world_make(&w, 0, "", 128), 0);
	CHECK_INT(piece(&w, "GDT")->len, sizeof(want));
	CHECK(memcmp(piece(&w, "GDT")->data, want, sizeof(want)) == 0);
	free(w.f.data);
}

/* As the processor walks them. */
static void page_tables_map_four_gib_onto_themselves(void)
{
	struct world w;
	const uint8_t *tables;

	CHECK_INT(world_make(&w, 0, "", 128), 0);
	tables = piece(&w, "page tables")->data;
	CHECK_INT(piece(&w, "page tables")->len, 6 * 4096);
	CHECK_INT(get64(tables), 0xa003);
	for (size_t i = 1; i < 512; i++)
		CHECK_INT(get64(tables + i * 8), 0);
	for (size_t i = 0; i < 512; i++)
		CHECK_INT(get64(tables + 4096 + i * 8), i < 4 ? 0xb003 + i * 4096 : 0);
	for (uint64_t i = 0; i < 2048; i++)
		CHECK_INT(get64(tables + 8192 + i * 8), i << 21 | 0x83);
	free(w.f.data);
}

static void check_selector(const struct bhyve_selector *s, unsigned selector, uint64_t base,
    uint32_t limit, uint32_t rights)
{
	CHECK_INT(s->selector, selector);
	CHECK_INT(s->base, base);
	CHECK_INT(s->limit, limit);
	CHECK_INT(s->access, rights);
}

static void registers_are_those_of_long_mode(void)
{
	struct world w;
	const struct bhyve_registers *r = &w.b.registers;

	CHECK_INT(world_make(&w, 0, "", 128), 0);
	CHECK_INT(r->rip, 0x1000123);
	CHECK_INT(r->rsi, 0x7000);
	CHECK_INT(r->rsp, 0x7000);
	CHECK_INT(r->rflags, 2); /* interrupts are off */
	CHECK_INT(r->cr0, 0x80000021);
	CHECK_INT(r->cr3, 0x9000);
	CHECK_INT(r->cr4, 0x20);
	CHECK_INT(r->efer, 0x500);
	check_selector(&r->cs, 0x10, 0, 0xffffffff, 0xa09b);
	check_selector(&r->data, 0x18, 0, 0xffffffff, 0xc093);
	check_selector(&r->tr, 0x20, 0x600, 103, 0x8b);
	check_selector(&r->ldtr, 0, 0, 0, 0x10000);
	check_selector(&r->gdtr, 0, 0x500, 47, 0);
	check_selector(&r->idtr, 0, 0, 0, 0);
	free(w.f.data);
}

static void what_does_not_fit_is_said(void)
{
	char line[2049];
	struct world w;

	/* The kernel ends at 20 MiB and 5 pages. */
	CHECK_INT(world_make(&w, 0, "", 21), 0);
	free(w.f.data);
	CHECK_INT(world_make(&w, 0, "", 20), -1);
	CHECK_HAS(w.e.text, "a guest of 20 MiB");
	CHECK_HAS(w.e.hint, "guest { memory = 52M; }");
	free(w.f.data);
	CHECK_INT(world_make(&w, 107 * MIB + 0xfb000, "", 128), 0);
	CHECK_INT(piece(&w, "initrd")->address, 0x1405000);
	free(w.f.data);
	CHECK_INT(world_make(&w, 107 * MIB + 0xfb001, "", 128), -1);
	CHECK_HAS(w.e.text, "its initrd 108 MiB");
	free(w.f.data);
	CHECK_INT(world_make(&w, UINT64_MAX, "", 128), -1);
	free(w.f.data);
	memset(line, 'x', sizeof(line));
	line[2047] = '\0';
	CHECK_INT(world_make(&w, 0, line, 128), 0);
	CHECK_INT(piece(&w, "command line")->len, 2048);
	free(w.f.data);
	line[2047] = 'x';
	line[2048] = '\0';
	CHECK_INT(world_make(&w, 0, line, 128), -1);
	CHECK_HAS(w.e.text, "2048 bytes long: at most 2047");
	free(w.f.data);
}

int main(void)
{
	RUN(vmlinux_is_read);
	RUN(vmlinux_gets_a_setup_header);
	RUN(bzimage_is_read);
	RUN(hostile_files_are_refused);
	RUN(cut_files_are_refused);
	RUN(at_most_sixteen_segments);
	RUN(pieces_are_where_they_belong);
	RUN(pieces_do_not_touch);
	RUN(boot_params_byte_for_byte);
	RUN(memory_beyond_three_gib_begins_at_four);
	RUN(gdt_byte_for_byte);
	RUN(page_tables_map_four_gib_onto_themselves);
	RUN(registers_are_those_of_long_mode);
	RUN(what_does_not_fit_is_said);
	return check_done();
}
