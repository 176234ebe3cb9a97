/*
 * layout_tool: the layout that bhyve's guests begin with, for QEMU to begin with.
 *
 *	layout_tool make KERNEL INITRD MIB COMMAND-LINE OUT
 *	layout_tool hello FILE
 *
 * `make` writes an ELF file with a PVH entry that QEMU loads as a kernel.  It holds the
 * very pieces that bhyve_boot() computed.  Those above 1 MiB are segments at their own
 * addresses; those below, where the BIOS works, are carried behind the guest's memory and
 * put into their places by a trampoline, which then loads descriptor tables, control
 * registers and segments with the computed values and jumps to the computed address.  QEMU
 * needs CARRIED_MIB more memory than the layout speaks of: the guest is not told of it.
 *
 * `hello` ends well when the bytes that a guest wrote to its channel begin with a HELLO,
 * and says how many bytes there were.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vm/bhyve_boot.h"
#include "vm/bhyve_bytes.h"
#include "wire/wire.h"

#define MIB         ((uint64_t)1 << 20)
#define LOW_END     0x100000
#define EFER_LMA    0x400 /* the processor sets it itself */
#define CARRIED_MAX (1u << 20)

/*
 * The trampoline, entered in 32 bits without paging.  Behind it, at its end, are the
 * values that it loads; EBP, and RBP, point to them.
 */
/* clang-format off */
__asm__(
    ".pushsection .rodata\n"
    ".globl trampoline, trampoline_end\n"
    "trampoline:\n"
    "	.code32\n"
    "	cli\n"
    "	cld\n"
    "	mov	$0x1000, %esp\n"
    "	call	1f\n"
    "1:	pop	%ebp\n"
    "	lea	(trampoline_end - 1b)(%ebp), %ebp\n"
    "	lea	64(%ebp), %ebx\n"
    "2:	mov	8(%ebx), %ecx\n"		/* to, from, length */
    "	jecxz	3f\n"
    "	mov	(%ebx), %edi\n"
    "	mov	4(%ebx), %esi\n"
    "	rep movsb\n"
    "	add	$12, %ebx\n"
    "	jmp	2b\n"
    "3:	lgdt	0(%ebp)\n"
    "	lidt	8(%ebp)\n"
    "	mov	16(%ebp), %eax\n"
    "	mov	%eax, %cr4\n"
    "	mov	20(%ebp), %eax\n"
    "	mov	%eax, %cr3\n"
    "	mov	$0xc0000080, %ecx\n"
    "	mov	24(%ebp), %eax\n"
    "	xor	%edx, %edx\n"
    "	wrmsr\n"
    "	mov	28(%ebp), %eax\n"
    "	mov	%eax, %cr0\n"
    "	ljmp	*32(%ebp)\n"
    "trampoline_64:\n"
    "	.code64\n"
    "	mov	38(%rbp), %eax\n"
    "	mov	%eax, %ds\n"
    "	mov	%eax, %es\n"
    "	mov	%eax, %fs\n"
    "	mov	%eax, %gs\n"
    "	mov	%eax, %ss\n"
    "	mov	42(%rbp), %esp\n"
    "	mov	46(%rbp), %esi\n"
    "	mov	54(%rbp), %eax\n"
    "	push	%rax\n"
    "	popf\n"
    "	mov	50(%rbp), %eax\n"
    "	jmp	*%rax\n"
    "trampoline_end:\n"
    ".popsection\n");
/* clang-format on */
extern const uint8_t trampoline[], trampoline_64[], trampoline_end[];

#define VALUES 64 /* the pieces to copy follow */

/* What is carried: trampoline, values, the list of copies, and the pieces themselves. */
struct carried {
	uint8_t bytes[CARRIED_MAX];
	size_t len;
	uint64_t address;
};

static void descriptor_table(uint8_t *at, const struct bhyve_selector *s)
{
	put16(at, (uint16_t)s->limit);
	put32(at + 2, (uint32_t)s->base);
}

static void carry_values(struct carried *c, const struct bhyve_registers *r)
{
	uint8_t *v = c->bytes + (trampoline_end - trampoline);

	descriptor_table(v, &r->gdtr);
	descriptor_table(v + 8, &r->idtr);
	put32(v + 16, (uint32_t)r->cr4);
	put32(v + 20, (uint32_t)r->cr3);
	put32(v + 24, (uint32_t)r->efer & ~(uint32_t)EFER_LMA);
	put32(v + 28, (uint32_t)r->cr0);
	put32(v + 32, (uint32_t)(c->address + (size_t)(trampoline_64 - trampoline)));
	put16(v + 36, r->cs.selector);
	put32(v + 38, r->data.selector);
	put32(v + 42, (uint32_t)r->rsp);
	put32(v + 46, (uint32_t)r->rsi);
	put32(v + 50, (uint32_t)r->rip);
	put32(v + 54, (uint32_t)r->rflags);
}

static void carry(struct carried *c, const struct bhyve_boot *b, uint64_t address)
{
	size_t values = (size_t)(trampoline_end - trampoline);
	size_t copy = values + VALUES;

	c->address = address;
	memcpy(c->bytes, trampoline, values);
	carry_values(c, &b->registers);
	c->len = copy + 12 * (b->count + 1);
	for (size_t i = 0; i < b->count; i++) {
		const struct bhyve_piece *p = &b->pieces[i];

		if (p->address >= LOW_END)
			continue;
		if (p->len > sizeof(c->bytes) - c->len)
			abort();
		put32(c->bytes + copy, (uint32_t)p->address);
		put32(c->bytes + copy + 4, (uint32_t)(address + c->len));
		put32(c->bytes + copy + 8, (uint32_t)p->len);
		copy += 12;
		memcpy(c->bytes + c->len, p->data, p->len);
		c->len += p->len;
	}
}

/* ---------------------------------------------------------- the ELF file */

#define HEADERS_SIZE 4096
#define NOTE_AT      3072

struct elf_out {
	struct buf out;
	unsigned count;
};

static void elf_header(struct elf_out *o, uint64_t entry)
{
	uint8_t h[HEADERS_SIZE] = {0};

	memcpy(h, "\177ELF\1\1\1", 7);
	put16(h + 16, 2);
	put16(h + 18, 3); /* i386 */
	put32(h + 20, 1);
	put32(h + 24, (uint32_t)entry);
	put32(h + 28, 52);
	put16(h + 40, 52);
	put16(h + 42, 32);
	/* XEN_ELFNOTE_PHYS32_ENTRY: where to enter it. */
	put32(h + NOTE_AT, 4);
	put32(h + NOTE_AT + 4, 4);
	put32(h + NOTE_AT + 8, 18);
	memcpy(h + NOTE_AT + 12, "Xen", 4);
	put32(h + NOTE_AT + 16, (uint32_t)entry);
	buf_add(&o->out, h, sizeof(h));
}

static void program_header(
    struct elf_out *o, uint32_t type, uint64_t offset, uint64_t address, uint64_t len)
{
	uint8_t *ph = (uint8_t *)o->out.data + 52 + (size_t)o->count++ * 32;

	put32(ph, type);
	put32(ph + 4, (uint32_t)offset);
	put32(ph + 8, (uint32_t)address);
	put32(ph + 12, (uint32_t)address);
	put32(ph + 16, (uint32_t)len);
	put32(ph + 20, (uint32_t)len);
	put32(ph + 24, 7);
	put32(ph + 28, 4);
	put16((uint8_t *)o->out.data + 44, (uint16_t)o->count);
}

static void add_load(struct elf_out *o, uint64_t address, const void *data, size_t len)
{
	program_header(o, 1, o->out.len, address, len);
	buf_add(&o->out, data, len);
}

static void elf_make(
    struct elf_out *o, const struct bhyve_boot *b, const struct carried *c, const char *initrd)
{
	elf_header(o, c->address);
	program_header(o, 4, NOTE_AT, 0, 20);
	add_load(o, c->address, c->bytes, c->len);
	for (size_t i = 0; i < b->count; i++) {
		const struct bhyve_piece *p = &b->pieces[i];

		if (p->address >= LOW_END)
			add_load(o, p->address, p->data != NULL ? p->data : initrd, p->len);
	}
}

static int make(char **arg, struct err *e)
{
	static struct bhyve_boot b;
	static struct carried c;
	struct elf_out o = {0};
	struct bhyve_kernel k;
	size_t kernel_len, initrd_len;
	uint64_t mib;
	auto_free char *kernel = file_read(arg[0], 256 * MIB, &kernel_len, e);
	auto_free char *initrd = file_read(arg[1], 256 * MIB, &initrd_len, e);
	int result;

	if (kernel == NULL || initrd == NULL)
		return -1;
	if (!str_u64(arg[2], 16, 3072, &mib))
		return err_set(e, 0, "%s: 16 to 3072 MiB", arg[2]);
	if (bhyve_kernel_parse(kernel, kernel_len, &k, e) < 0 ||
	    bhyve_boot(kernel, &k, initrd_len, arg[3], (unsigned)mib, &b, e) < 0)
		return -1;
	carry(&c, &b, mib * MIB);
	elf_make(&o, &b, &c, initrd);
	for (size_t i = 0; i < b.count; i++)
		printf("%s %#" PRIx64 " %zu\n", b.pieces[i].what, b.pieces[i].address,
		    b.pieces[i].len);
	result = file_replace(arg[4], o.out.data, o.out.len, 0600, e);
	buf_fini(&o.out);
	return result;
}

static int hello(const char *path, struct err *e)
{
	static struct wire_reader r;
	struct wire_msg m;
	size_t len, room;
	auto_free char *bytes = file_read(path, WIRE_FRAME_MAX, &len, e);
	uint8_t *at = wire_room(&r, &room);

	if (bytes == NULL)
		return -1;
	memcpy(at, bytes, MIN(len, room));
	wire_filled(&r, MIN(len, room));
	if (wire_next(&r, &m, e) <= 0)
		return e->text[0] != '\0' ? -1 : err_set(e, 0, "no whole frame yet");
	if (m.type != WIRE_HELLO || r.skipped != 0)
		return err_set(e, 0, "it does not begin with a HELLO");
	printf("HELLO of version %u, %zu bytes\n", m.hello.version, len);
	return 0;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int result = -1;

	if (argc == 7 && strcmp(argv[1], "make") == 0)
		result = make(argv + 2, &e);
	else if (argc == 3 && strcmp(argv[1], "hello") == 0)
		result = hello(argv[2], &e);
	else
		err_set(&e, 0,
		    "usage: layout_tool make KERNEL INITRD MIB COMMAND-LINE OUT | "
		    "layout_tool hello FILE");
	if (result < 0)
		fprintf(stderr, "layout_tool: %s\n", e.text);
	return result < 0;
}
