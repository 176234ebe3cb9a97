/*
 * elf: a bounded reader of ELF64 little-endian files.
 *
 * Every structure is copied out after its place has been checked against the
 * file's length; every string is checked to end within the file.  Addresses of
 * the dynamic section are turned into offsets through the PT_LOAD segments, as
 * the loader does it, since section headers may be stripped.  Nothing is
 * allocated and nothing is kept beside pointers into the caller's bytes.
 */
#include <elf.h>
#include <string.h>

#include "image/elf.h"

/* Copy n bytes at offset; false when they are not all in the file. */
static bool take(const struct elf *f, uint64_t offset, void *dst, size_t n)
{
	if (offset > f->len || n > f->len - offset)
		return false;
	memcpy(dst, f->data + offset, n);
	return true;
}

/* A NUL-terminated string at offset, or NULL. */
static const char *string_at(const struct elf *f, uint64_t offset)
{
	if (offset >= f->len || memchr(f->data + offset, '\0', f->len - offset) == NULL)
		return NULL;
	return (const char *)f->data + offset;
}

bool elf_is(const void *data, size_t len)
{
	return len >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0;
}

static bool table_fits(const struct elf *f, uint64_t offset, unsigned count, size_t size)
{
	return offset <= f->len && count <= (f->len - offset) / size;
}

int elf_open(struct elf *f, const void *data, size_t len, struct err *e)
{
	Elf64_Ehdr h;

	*f = (struct elf){.data = data, .len = len};
	if (!elf_is(data, len) || !take(f, 0, &h, sizeof(h)))
		return err_set(e, 0, "not an ELF file");
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(e, 0, "not a little-endian 64-bit ELF file");
	if ((h.e_phnum > 0 && h.e_phentsize != sizeof(Elf64_Phdr)) ||
	    (h.e_shnum > 0 && h.e_shentsize != sizeof(Elf64_Shdr)))
		return err_set(e, 0, "ELF tables have entries of an unknown size");
	if (!table_fits(f, h.e_phoff, h.e_phnum, sizeof(Elf64_Phdr)) ||
	    !table_fits(f, h.e_shoff, h.e_shnum, sizeof(Elf64_Shdr)))
		return err_set(e, 0, "ELF tables lead outside the file");
	f->machine = h.e_machine;
	f->type = h.e_type;
	f->phoff = h.e_phoff;
	f->phnum = h.e_phnum;
	f->shoff = h.e_shoff;
	f->shnum = h.e_shnum;
	f->shstrndx = h.e_shstrndx;
	return 0;
}

/* The i-th program header; both tables were checked by elf_open. */
static Elf64_Phdr segment(const struct elf *f, unsigned i)
{
	Elf64_Phdr p = {0};

	take(f, f->phoff + (uint64_t)i * sizeof(p), &p, sizeof(p));
	return p;
}

static Elf64_Shdr section(const struct elf *f, unsigned i)
{
	Elf64_Shdr s = {0};

	take(f, f->shoff + (uint64_t)i * sizeof(s), &s, sizeof(s));
	return s;
}

/* Where an address of the running program lies in the file. */
static bool offset_of(const struct elf *f, uint64_t address, uint64_t *offset)
{
	for (unsigned i = 0; i < f->phnum; i++) {
		Elf64_Phdr p = segment(f, i);

		if (p.p_type != PT_LOAD || address < p.p_vaddr ||
		    address - p.p_vaddr >= p.p_filesz)
			continue;
		if (p.p_offset > f->len || address - p.p_vaddr > f->len - p.p_offset)
			return false;
		*offset = p.p_offset + (address - p.p_vaddr);
		return true;
	}
	return false;
}

static bool find_dynamic(const struct elf *f, Elf64_Phdr *p)
{
	for (unsigned i = 0; i < f->phnum; i++) {
		*p = segment(f, i);
		if (p->p_type == PT_DYNAMIC)
			return true;
	}
	return false;
}

int elf_needed(
    const struct elf *f, void (*fn)(void *arg, const char *soname), void *arg, struct err *e)
{
	uint64_t count, strings = 0, address = 0;
	Elf64_Phdr p;
	Elf64_Dyn d;

	if (!find_dynamic(f, &p))
		return 0;
	if (p.p_offset > f->len || p.p_filesz > f->len - p.p_offset)
		return err_set(e, 0, "the dynamic segment leads outside the file");
	count = p.p_filesz / sizeof(d);
	for (uint64_t i = 0; i < count && take(f, p.p_offset + i * sizeof(d), &d, sizeof(d));
	     i++) {
		if (d.d_tag == DT_NULL)
			break;
		if (d.d_tag == DT_STRTAB)
			address = d.d_un.d_ptr;
	}
	if (!offset_of(f, address, &strings))
		return err_set(e, 0, "the dynamic strings lead outside the file");
	for (uint64_t i = 0; i < count && take(f, p.p_offset + i * sizeof(d), &d, sizeof(d));
	     i++) {
		const char *name;

		if (d.d_tag == DT_NULL)
			break;
		if (d.d_tag != DT_NEEDED)
			continue;
		name = d.d_un.d_val < f->len ? string_at(f, strings + d.d_un.d_val) : NULL;
		if (name == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
			return err_set(e, 0, "the name of a needed library is broken");
		fn(arg, name);
	}
	return 0;
}

const char *elf_interp(const struct elf *f)
{
	for (unsigned i = 0; i < f->phnum; i++) {
		Elf64_Phdr p = segment(f, i);

		if (p.p_type == PT_INTERP)
			return string_at(f, p.p_offset);
	}
	return NULL;
}

/* A section with content, within the file, by name; and where its header is. */
static bool find_section(const struct elf *f, const char *name, Elf64_Shdr *found, uint64_t *at)
{
	Elf64_Shdr names;

	if (f->shstrndx >= f->shnum)
		return false;
	names = section(f, f->shstrndx);
	for (unsigned i = 0; i < f->shnum; i++) {
		Elf64_Shdr s = section(f, i);
		const char *text =
		    names.sh_offset < f->len ? string_at(f, names.sh_offset + s.sh_name) : NULL;

		if (text == NULL || strcmp(text, name) != 0 || s.sh_type == SHT_NOBITS)
			continue;
		*found = s;
		*at = f->shoff + (uint64_t)i * sizeof(s);
		return s.sh_offset <= f->len && s.sh_size <= f->len - s.sh_offset;
	}
	return false;
}

bool elf_section(const struct elf *f, const char *name, const uint8_t **data, size_t *len)
{
	Elf64_Shdr s;
	uint64_t at;

	if (!find_section(f, name, &s, &at))
		return false;
	*data = f->data + s.sh_offset;
	*len = s.sh_size;
	return true;
}

bool elf_blank(const struct elf *f, const char *name, void *data)
{
	Elf64_Shdr s;
	uint64_t at;

	if (!find_section(f, name, &s, &at))
		return false;
	memset((uint8_t *)data + s.sh_offset, 0, s.sh_size);
	s.sh_size = 0;
	memcpy((uint8_t *)data + at, &s, sizeof(s));
	return true;
}

/* Walk one segment of notes, each: header, owner, descriptor, padded to 4. */
static bool note_in(const struct elf *f, const Elf64_Phdr *p, const char *owner, uint32_t type,
    const uint8_t **desc, size_t *len)
{
	uint64_t at = p->p_offset, end;
	Elf64_Nhdr n;

	if (at > f->len || p->p_filesz > f->len - at)
		return false;
	end = at + p->p_filesz;
	while (at < end && end - at >= sizeof(n) && take(f, at, &n, sizeof(n))) {
		uint64_t name = at + sizeof(n);
		uint64_t body = name + (((uint64_t)n.n_namesz + 3) & ~(uint64_t)3);
		uint64_t next = body + (((uint64_t)n.n_descsz + 3) & ~(uint64_t)3);

		if (next > end)
			return false;
		if (n.n_type == type && n.n_namesz == strlen(owner) + 1 &&
		    memcmp(f->data + name, owner, n.n_namesz) == 0) {
			*desc = f->data + body;
			*len = n.n_descsz;
			return true;
		}
		at = next;
	}
	return false;
}

bool elf_note(
    const struct elf *f, const char *owner, uint32_t type, const uint8_t **desc, size_t *len)
{
	for (unsigned i = 0; i < f->phnum; i++) {
		Elf64_Phdr p = segment(f, i);

		if (p.p_type == PT_NOTE && note_in(f, &p, owner, type, desc, len))
			return true;
	}
	return false;
}
