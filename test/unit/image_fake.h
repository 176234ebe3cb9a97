/*
 * image_fake: a tiny Debian archive in a directory, signed by a throw-away key.
 *
 * Its packages hold ELF files, modules and a kernel that are just enough for
 * the image's engine: right headers, nothing to run.
 */
#ifndef TEST_UNIT_IMAGE_FAKE_H
#define TEST_UNIT_IMAGE_FAKE_H

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "fake_pe.h"
#include "image/hash.h"

struct fake {
	char dir[64];        /* a temporary directory with everything below */
	char archive[128];   /* the archive's root, without "file://" */
	char keyring[128];   /* of the key that signs */
	struct buf packages; /* the index as it grows */
	struct buf firm;     /* the same of the component "firm" */
	struct buf contents; /* its list of files */
	bool in_firm;        /* packages go into it now */
	bool no_contents;    /* the archive has no list of files */
	const char *version; /* of packages; NULL: "1.0-1" */
	const char *suite;
};

/* Everything here that fails is the test's own fault. */
static inline void fake_must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static inline void fake_write(const char *path, const void *data, size_t len)
{
	struct err e = {0};
	char dir[512];

	str_copy(dir, sizeof(dir), path);
	*strrchr(dir, '/') = '\0';
	fake_must(
	    dir_make(dir, 0755, &e) == 0 && file_replace(path, data, len, 0644, &e) == 0, path);
}

static inline struct buf fake_read(const char *path)
{
	struct err e = {0};
	struct buf b = {0};
	char *text = file_read(path, 1 << 26, &b.len, &e);

	fake_must(text != NULL, path);
	b.data = text;
	return b;
}

/* ------------------------------------------------------------- ELF files */

/*
 * An x86-64 ELF file that needs libraries.
 *
 * @interp the program interpreter, or NULL
 * @needed sonames, ended by NULL; NULL: a static program
 */
static inline struct buf fake_elf(const char *interp, const char *const *needed)
{
	struct buf strings = {0}, out = {0};
	Elf64_Dyn dyn[8] = {0};
	Elf64_Phdr ph[3] = {{.p_type = PT_LOAD}, {.p_type = PT_DYNAMIC}, {.p_type = PT_INTERP}};
	Elf64_Ehdr eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_DYN,
	    .e_machine = EM_X86_64,
	    .e_version = 1,
	    .e_phoff = sizeof(eh),
	    .e_ehsize = sizeof(eh),
	    .e_phentsize = sizeof(ph[0])};
	size_t n = 0, at;

	buf_add(&strings, "", 1);
	for (; needed != NULL && needed[n] != NULL; n++) {
		dyn[n].d_tag = DT_NEEDED;
		dyn[n].d_un.d_val = strings.len;
		buf_add(&strings, needed[n], strlen(needed[n]) + 1);
	}
	eh.e_phnum = (uint16_t)(needed == NULL ? 1 : interp == NULL ? 2 : 3);
	at = sizeof(eh) + sizeof(ph);
	dyn[n].d_tag = DT_STRTAB;
	dyn[n].d_un.d_ptr = at + sizeof(dyn);
	ph[1].p_offset = ph[1].p_vaddr = at;
	ph[1].p_filesz = sizeof(dyn);
	ph[2].p_offset = at + sizeof(dyn) + strings.len;
	ph[2].p_filesz = interp != NULL ? strlen(interp) + 1 : 0;
	ph[0].p_filesz = ph[2].p_offset + ph[2].p_filesz;
	buf_add(&out, &eh, sizeof(eh));
	buf_add(&out, ph, sizeof(ph));
	buf_add(&out, dyn, sizeof(dyn));
	buf_add(&out, strings.data, strings.len);
	if (interp != NULL)
		buf_add(&out, interp, strlen(interp) + 1);
	buf_fini(&strings);
	return out;
}

/* A kernel module; `info` are its strings, each with a NUL. */
static inline struct buf fake_module(const char *info, size_t len)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	Elf64_Ehdr eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_REL,
	    .e_machine = EM_X86_64,
	    .e_version = 1,
	    .e_ehsize = sizeof(eh),
	    .e_shentsize = sizeof(Elf64_Shdr),
	    .e_shnum = 3,
	    .e_shstrndx = 2,
	    .e_shoff = sizeof(eh)};
	Elf64_Shdr sh[3] = {{0},
	    {.sh_name = 1,
		.sh_type = SHT_PROGBITS,
		.sh_offset = sizeof(eh) + sizeof(sh),
		.sh_size = len},
	    {.sh_name = 10,
		.sh_type = SHT_STRTAB,
		.sh_offset = sizeof(eh) + sizeof(sh) + len,
		.sh_size = sizeof(names)}};
	struct buf out = {0};

	buf_add(&out, &eh, sizeof(eh));
	buf_add(&out, sh, sizeof(sh));
	buf_add(&out, info, len);
	buf_add(&out, names, sizeof(names));
	return out;
}

static inline la_ssize_t fake_append(struct archive *a, void *arg, const void *data, size_t len)
{
	(void)a;
	buf_add(arg, data, len);
	return (la_ssize_t)len;
}

/* One compressed stream; filter is ARCHIVE_FILTER_XZ, _GZIP or _ZSTD. */
static inline struct buf fake_compress(const struct buf *in, int filter)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	struct buf out = {0};

	archive_write_set_format_raw(a);
	archive_write_add_filter(a, filter);
	archive_write_set_filter_option(a, "gzip", "timestamp", NULL);
	archive_write_set_bytes_per_block(a, 0);
	archive_write_open(a, &out, NULL, fake_append, NULL);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_write_header(a, entry);
	fake_must(archive_write_data(a, in->data, in->len) == (la_ssize_t)in->len, "compress");
	archive_write_close(a);
	archive_write_free(a);
	archive_entry_free(entry);
	return out;
}

/* A bzImage with a PVH kernel of `size` bytes; pvh false: without the entry. */
static inline struct buf fake_kernel(size_t size, int filter, bool pvh)
{
	static const uint32_t note[] = {4, 4, 18, 0x006e6558 /* "Xen" */, 0x1000000};
	struct buf elf = fake_elf(NULL, NULL), packed, out = {0};
	Elf64_Phdr ph = {
	    .p_type = pvh ? PT_NOTE : PT_NULL, .p_offset = elf.len, .p_filesz = sizeof(note)};
	uint8_t setup[1024] = {0};
	uint32_t length, offset = 0;

	memcpy(elf.data + sizeof(Elf64_Ehdr), &ph, sizeof(ph));
	buf_add(&elf, note, sizeof(note));
	while (elf.len < size)
		buf_addf(&elf, "%zu ", elf.len);
	length = (uint32_t)elf.len;
	packed = fake_compress(&elf, filter);
	if (filter != ARCHIVE_FILTER_GZIP)
		buf_add(&packed, &length, sizeof(length));
	fake_pe_headers(setup, 1, 112);
	setup[0x1f1] = 1;
	setup[0x1fe] = 0x55;
	setup[0x1ff] = 0xaa;
	memcpy(setup + 0x202, "HdrS\x0f\x02", 6);
	length = (uint32_t)packed.len;
	memcpy(setup + 0x248, &offset, 4);
	memcpy(setup + 0x24c, &length, 4);
	buf_add(&out, setup, sizeof(setup));
	buf_add(&out, packed.data, packed.len);
	buf_fini(&packed);
	buf_fini(&elf);
	return out;
}

/* ------------------------------------------------------------ the archive */

/* A file of a package: content, or where a link leads. */
struct fake_file {
	const char *path;
	const struct buf *content; /* NULL: a link */
	const char *link;
};

static inline void fake_entry(struct archive *a, const char *path, mode_t mode,
    const char *link, const void *data, size_t len)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_size(entry, (la_int64_t)len);
	if (link != NULL)
		archive_entry_set_symlink(entry, link);
	fake_must(archive_write_header(a, entry) == ARCHIVE_OK, path);
	if (len > 0)
		archive_write_data(a, data, len);
	archive_entry_free(entry);
}

static inline struct buf fake_deb(const struct fake_file *files)
{
	struct archive *tar = archive_write_new(), *ar = archive_write_new();
	struct buf data = {0}, out = {0};

	archive_write_set_format_ustar(tar);
	archive_write_add_filter_xz(tar);
	archive_write_open(tar, &data, NULL, fake_append, NULL);
	for (; files->path != NULL; files++) {
		char path[256];

		str_format(path, sizeof(path), "./%s", files->path);
		if (files->link != NULL)
			fake_entry(tar, path, S_IFLNK | 0777, files->link, NULL, 0);
		else
			fake_entry(tar, path, S_IFREG | 0755, NULL, files->content->data,
			    files->content->len);
	}
	archive_write_close(tar);
	archive_write_free(tar);
	archive_write_set_format_ar_svr4(ar);
	archive_write_set_bytes_per_block(ar, 0);
	archive_write_open(ar, &out, NULL, fake_append, NULL);
	fake_entry(ar, "debian-binary", S_IFREG | 0644, NULL, "2.0\n", 4);
	fake_entry(ar, "control.tar.xz", S_IFREG | 0644, NULL, "unused", 6);
	fake_entry(ar, "data.tar.xz", S_IFREG | 0644, NULL, data.data, data.len);
	archive_write_close(ar);
	archive_write_free(ar);
	buf_fini(&data);
	return out;
}

static inline const char *fake_version(const struct fake *f)
{
	return f->version != NULL ? f->version : "1.0-1";
}

/* Where a package lies. */
static inline const char *fake_path(const struct fake *f, const char *name)
{
	static char path[256];

	str_format(path, sizeof(path), "%s/pool/main/%s_%s_amd64.deb", f->archive, name,
	    fake_version(f));
	return path;
}

static inline void fake_package(
    struct fake *f, const char *name, const char *depends, const struct fake_file *files)
{
	struct buf deb = fake_deb(files);
	char sha256[HASH_TEXT];

	fake_write(fake_path(f, name), deb.data, deb.len);
	hash_data(sha256, deb.data, deb.len);
	buf_addf(f->in_firm ? &f->firm : &f->packages,
	    "Package: %s\nVersion: %s\nArchitecture: amd64\nDepends: %s\n"
	    "Filename: pool/main/%s_%s_amd64.deb\nSize: %zu\nSHA256: %s\n\n",
	    name, fake_version(f), depends, name, fake_version(f), deb.len, sha256);
	for (; f->in_firm && files->path != NULL; files++)
		buf_addf(&f->contents, "%-60s firm/kernel/%s\n", files->path, name);
	buf_fini(&deb);
}

static inline int fake_run(const char *const *argv)
{
	struct err e = {0};
	int r = child_run(argv, NULL, NULL, &e);

	if (r != 0)
		fprintf(stderr, "%s: %s\n", argv[0], e.text);
	return r;
}

/* Make two keys: ours, and a stranger's.  False when there is no gpg. */
static inline bool fake_keys(struct fake *f)
{
	static const char *const names[] = {"archive@example.org", "stranger@example.org"};
	char home[128], ring[128];

	str_format(home, sizeof(home), "%s/gnupg", f->dir);
	fake_must(mkdir(home, 0700) == 0, home);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *make[] = {"gpg", "-q", "--homedir", home, "--batch", "--passphrase",
		    "", "--quick-gen-key", names[i], "ed25519", "sign", "never", NULL};
		const char *export[] = {"gpg", "-q", "--homedir", home, "--batch", "--output",
		    ring, "--export", names[i], NULL};

		str_format(ring, sizeof(ring), "%s/%.8s.gpg", f->dir, names[i]);
		if (fake_run(make) != 0 || fake_run(export) != 0)
			return false;
	}
	str_format(f->keyring, sizeof(f->keyring), "%s/archive@.gpg", f->dir);
	return true;
}

/* Write one file of a suite, compressed, and note it for its list. */
static inline void fake_index(
    struct fake *f, struct buf *list, const char *name, const struct buf *text)
{
	struct buf packed = fake_compress(text, ARCHIVE_FILTER_XZ);
	char path[256], sha256[HASH_TEXT];

	str_format(path, sizeof(path), "%s/dists/%s/%s.xz", f->archive, f->suite, name);
	fake_write(path, packed.data, packed.len);
	hash_data(sha256, packed.data, packed.len);
	buf_addf(list, " %s %zu %s.xz\n", sha256, packed.len, name);
	buf_fini(&packed);
}

/* Write the index and sign the list of `suite`. */
static inline void fake_sign(struct fake *f, const char *suite, const char *key)
{
	char path[256], home[128], list[256];
	const char *argv[] = {"gpg", "-q", "--homedir", home, "--batch", "--yes", "-u", key,
	    "--clearsign", "--output", list, path, NULL};
	struct buf text = {0};

	buf_addf(&text,
	    "Origin: Test\nSuite: %s\nCodename: %s\nDate: Sat, 12 Sep 2026 07:55:41 UTC\n"
	    "SHA256:\n",
	    suite, suite);
	fake_index(f, &text, "main/binary-amd64/Packages", &f->packages);
	if (f->firm.len > 0)
		fake_index(f, &text, "firm/binary-amd64/Packages", &f->firm);
	if (f->contents.len > 0 && !f->no_contents)
		fake_index(f, &text, "firm/Contents-all", &f->contents);
	str_format(path, sizeof(path), "%s/Release", f->dir);
	fake_write(path, text.data, text.len);
	str_format(home, sizeof(home), "%s/gnupg", f->dir);
	str_format(list, sizeof(list), "%s/dists/%s/InRelease", f->archive, f->suite);
	fake_must(fake_run(argv) == 0, "gpg --clearsign");
	buf_fini(&text);
}

static inline bool fake_begin(struct fake *f, const char *suite)
{
	*f = (struct fake){.dir = "/tmp/airlock-image-XXXXXX", .suite = suite};
	fake_must(mkdtemp(f->dir) != NULL, f->dir);
	str_format(f->archive, sizeof(f->archive), "%s/archive", f->dir);
	return fake_keys(f);
}

/* Take everything away, gpg's agent too. */
static inline void fake_end(struct fake *f)
{
	char home[128];
	const char *kill[] = {"gpgconf", "--homedir", home, "--kill", "all", NULL};
	const char *clean[] = {"rm", "-rf", f->dir, NULL};

	str_format(home, sizeof(home), "%s/gnupg", f->dir);
	fake_run(kill);
	fake_run(clean);
	buf_fini(&f->packages);
	buf_fini(&f->firm);
	buf_fini(&f->contents);
}

#endif
