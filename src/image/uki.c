/*
 * uki: puts a kernel and what it needs behind systemd's EFI stub.
 *
 * A PE file is a table of sections, each with a place in the file and one in
 * memory.  The stub leaves room in its headers for more rows; five are added
 * behind its own, each at the next free place of both kinds: in the file
 * rounded to FileAlignment, in memory to SectionAlignment.  VirtualSize is the
 * exact length, because the stub takes it for the length of the content.  The
 * kernel comes last, where its size moves nothing else.
 *
 * Firmware believes these headers, so what is built on is checked first: every
 * table lies in the file, no two sections overlap, the new rows fall on zeroes.
 * A stub that was signed is refused, for the signature would no longer hold.
 */
#include <string.h>

#include "image/uki.h"

#define DOS_PE_AT      0x3c /* where the PE header's offset stands */
#define PE_SIZE        24   /* signature and file header */
#define OPTIONAL_FIXED 112  /* of a PE32+ optional header, before its directories */
#define ROW_SIZE       40
#define ROWS_MAX       90 /* of the stub's own; loaders take 96 */
#define CERTIFICATES   4  /* number of the directory with signatures */

#define MACHINE_AMD64   0x8664
#define MAGIC_PE32_PLUS 0x20b
#define EFI_APPLICATION 10

#define SECTION_CODE 0x60000020u /* code, executable, readable */
#define SECTION_DATA 0x40000040u /* initialized data, readable */

/* Firmware loads below 4 GiB; this is more than any kernel has. */
#define IMAGE_MAX ((uint64_t)1 << 30)

/* Offsets in the optional header. */
enum {
	OPT_MAGIC = 0,
	OPT_CODE_BYTES = 4,
	OPT_DATA_BYTES = 8,
	OPT_SECTION_ALIGNMENT = 32,
	OPT_FILE_ALIGNMENT = 36,
	OPT_IMAGE_BYTES = 56,
	OPT_HEADER_BYTES = 60,
	OPT_CHECKSUM = 64,
	OPT_SUBSYSTEM = 68,
	OPT_DIRECTORIES = 108,
};

/* What was read, and checked, of a PE file. */
struct pe {
	const uint8_t *data;
	size_t len;
	size_t optional; /* offset of the optional header */
	size_t table;    /* offset of the section table */
	unsigned rows;
	uint32_t file_alignment, section_alignment, header_bytes;
	uint64_t memory_end, file_end; /* of what the sections take */
};

struct section {
	const char *name;
	const void *data;
	size_t len;
	uint32_t flags;
};

static uint32_t get(const uint8_t *p, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)p[i] << 8 * i;
	return value;
}

static void put(void *dst, uint32_t value, unsigned bytes)
{
	uint8_t *p = dst;

	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t round_up(uint64_t value, uint32_t alignment)
{
	return (value + alignment - 1) & ~(uint64_t)(alignment - 1);
}

static bool power_of_two(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* The headers up to the section table: for the stub and for the kernel. */
static int open_headers(struct pe *pe, const void *data, size_t len, struct err *e)
{
	const uint8_t *p = data;
	size_t at, optional_bytes;

	*pe = (struct pe){.data = data, .len = len};
	if (len < DOS_PE_AT + 4 || p[0] != 'M' || p[1] != 'Z')
		return err_set(e, 0, "not an EFI program");
	at = get(p + DOS_PE_AT, 4);
	if (at > len || len - at < PE_SIZE + OPTIONAL_FIXED || memcmp(p + at, "PE\0\0", 4) != 0)
		return err_set(e, 0, "not an EFI program");
	if (get(p + at + 4, 2) != MACHINE_AMD64 ||
	    get(p + at + PE_SIZE + OPT_MAGIC, 2) != MAGIC_PE32_PLUS)
		return err_set(e, 0, "not for x86-64");
	pe->rows = get(p + at + 6, 2);
	optional_bytes = get(p + at + 20, 2);
	pe->optional = at + PE_SIZE;
	pe->table = pe->optional + optional_bytes;
	if (get(p + pe->optional + OPT_SUBSYSTEM, 2) != EFI_APPLICATION)
		return err_set(e, 0, "not an EFI application");
	if (optional_bytes < OPTIONAL_FIXED ||
	    get(p + pe->optional + OPT_DIRECTORIES, 4) > (optional_bytes - OPTIONAL_FIXED) / 8)
		return err_set(e, 0, "its optional header is too short");
	if (pe->rows == 0 || pe->rows > ROWS_MAX || pe->table > len ||
	    pe->rows > (len - pe->table) / ROW_SIZE)
		return err_set(e, 0, "its table of sections leads outside the file");
	return 0;
}

/* One row: in order, inside the file, and over nothing that came before. */
static int check_row(struct pe *pe, const uint8_t *row, struct err *e)
{
	uint64_t size = get(row + 8, 4), address = get(row + 12, 4);
	uint64_t raw = get(row + 16, 4), offset = get(row + 20, 4);

	if (address % pe->section_alignment != 0 || address < pe->memory_end)
		return err_set(e, 0, "its section \"%.8s\" is misplaced in memory", row);
	if (raw > 0 &&
	    (offset < pe->header_bytes || offset > pe->len || raw > pe->len - offset))
		return err_set(e, 0, "its section \"%.8s\" leads outside the file", row);
	pe->memory_end = address + MAX(size, raw);
	pe->file_end = MAX(pe->file_end, raw > 0 ? offset + raw : 0);
	return 0;
}

static int check_stub(struct pe *pe, struct err *e)
{
	const uint8_t *opt = pe->data + pe->optional;
	const uint8_t *directories = opt + OPTIONAL_FIXED;
	bool magic = false;

	pe->file_alignment = get(opt + OPT_FILE_ALIGNMENT, 4);
	pe->section_alignment = get(opt + OPT_SECTION_ALIGNMENT, 4);
	pe->header_bytes = get(opt + OPT_HEADER_BYTES, 4);
	if (!power_of_two(pe->file_alignment) || pe->file_alignment > 1 << 16 ||
	    !power_of_two(pe->section_alignment) || pe->section_alignment < 4096 ||
	    pe->section_alignment > 1 << 20)
		return err_set(e, 0, "its sections are aligned strangely");
	if (pe->header_bytes > pe->len)
		return err_set(e, 0, "its headers lead outside the file");
	if (get(opt + OPT_DIRECTORIES, 4) > CERTIFICATES &&
	    get(directories + (size_t)8 * CERTIFICATES + 4, 4) != 0)
		return err_set(e, 0, "it is signed, and would not be any more");
	pe->memory_end = round_up(pe->header_bytes, pe->section_alignment);
	pe->file_end = pe->header_bytes;
	for (unsigned i = 0; i < pe->rows; i++) {
		const uint8_t *row = pe->data + pe->table + (size_t)i * ROW_SIZE;

		if (check_row(pe, row, e) < 0)
			return -1;
		/* What the specification tells stubs by. */
		if (memcmp(row, ".sdmagic", 8) == 0)
			magic = true;
		if (memcmp(row, ".linux\0", 8) == 0)
			return err_set(e, 0, "it has a kernel already");
	}
	if (!magic)
		return err_set(e, 0, "it is not systemd's stub");
	if (get(opt + OPT_IMAGE_BYTES, 4) != round_up(pe->memory_end, pe->section_alignment))
		return err_set(e, 0, "its size in memory is not what its sections take");
	return 0;
}

/* Room for new rows: inside the headers, and nothing there. */
static int check_room(const struct pe *pe, size_t count, struct err *e)
{
	size_t begin = pe->table + (size_t)pe->rows * ROW_SIZE, end = begin + count * ROW_SIZE;

	if (end > pe->header_bytes)
		return err_set(e, 0, "its headers have no room for %zu more sections", count);
	for (size_t i = begin; i < end; i++)
		if (pe->data[i] != 0)
			return err_set(e, 0, "behind its table of sections is something else");
	return 0;
}

static void pad(struct buf *out, uint64_t len)
{
	static const char zeroes[4096];

	while (out->len < len)
		buf_add(out, zeroes, MIN(sizeof(zeroes), len - out->len));
}

static void add_section(struct pe *pe, const struct section *s, struct buf *out)
{
	uint64_t address = round_up(pe->memory_end, pe->section_alignment);
	uint64_t offset = round_up(pe->file_end, pe->file_alignment);
	uint64_t raw = round_up(s->len, pe->file_alignment);
	char *row;

	pad(out, offset);
	buf_add(out, s->data, s->len);
	pad(out, offset + raw);
	row = out->data + pe->table + (size_t)pe->rows++ * ROW_SIZE;
	memcpy(row, s->name, strlen(s->name));
	put(row + 8, (uint32_t)s->len, 4);
	put(row + 12, (uint32_t)address, 4);
	put(row + 16, (uint32_t)raw, 4);
	put(row + 20, (uint32_t)offset, 4);
	put(row + 36, s->flags, 4);
	pe->memory_end = address + raw;
	pe->file_end = offset + raw;
}

/* Totals; the checksum is for drivers and may be 0. */
static void finish(const struct pe *pe, uint64_t code, uint64_t data, struct buf *out)
{
	uint8_t *opt = (uint8_t *)out->data + pe->optional;

	put(out->data + pe->optional - PE_SIZE + 6, pe->rows, 2);
	put(opt + OPT_CODE_BYTES, get(opt + OPT_CODE_BYTES, 4) + (uint32_t)code, 4);
	put(opt + OPT_DATA_BYTES, get(opt + OPT_DATA_BYTES, 4) + (uint32_t)data, 4);
	put(opt + OPT_IMAGE_BYTES, (uint32_t)round_up(pe->memory_end, pe->section_alignment),
	    4);
	put(opt + OPT_CHECKSUM, 0, 4);
}

int uki_write(const struct uki *u, struct buf *out, struct err *e)
{
	const struct section sections[] = {
	    {".osrel", u->release, strlen(u->release), SECTION_DATA},
	    {".cmdline", u->command_line, strlen(u->command_line), SECTION_DATA},
	    {".uname", u->version, strlen(u->version), SECTION_DATA},
	    {".initrd", u->initrd, u->initrd_len, SECTION_DATA},
	    {".linux", u->kernel, u->kernel_len, SECTION_CODE}};
	uint64_t total = u->stub_len, code = 0, data = 0;
	struct pe pe, kernel;

	if (open_headers(&kernel, u->kernel, u->kernel_len, e) < 0) {
		err_ctx(e, "kernel (built without CONFIG_EFI_STUB?)");
		return -1;
	}
	if (open_headers(&pe, u->stub, u->stub_len, e) < 0 || check_stub(&pe, e) < 0 ||
	    check_room(&pe, ARRAY_LEN(sections), e) < 0)
		return err_ctx(e, "the EFI stub");
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		total += round_up(sections[i].len, pe.section_alignment);
	if (total + pe.memory_end > IMAGE_MAX)
		return err_set(e, 0, "kernel and initrd are too large for one EFI program");
	buf_add(out, u->stub, pe.file_end);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		uint64_t before = pe.file_end;

		add_section(&pe, &sections[i], out);
		*(sections[i].flags == SECTION_CODE ? &code : &data) += pe.file_end - before;
	}
	finish(&pe, code, data, out);
	return 0;
}
