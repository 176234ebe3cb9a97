/*
 * The image's readers and writers, each for itself.
 */
#include "check.h"

#include "image/cpio.h"
#include "image/elf.h"
#include "image/index.h"
#include "image/kernel.h"
#include "image/libs.h"
#include "image/manifest.h"
#include "image/mirror.h"
#include "image/modules.h"
#include "image/recipe.h"
#include "image/release.h"
#include "image/squash.h"
#include "image_fake.h"

static struct err e;

/* deb-version(7), by example: each is older than the next. */
static void orders_versions(void)
{
	static const char *const ascending[] = {"0~~", "0~~a", "0~", "0", "0a", "0.1",
	    "1.0~rc1-1", "1.0-0.1", "1.0-1", "1.0-1+b1", "1.0-1+deb13u1", "1.0-1+deb13u2",
	    "1.0-2", "1.0-10", "1.0a-1", "1.0+x-1", "1.2", "1.10", "1:0.1", "2:0"};

	for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
		for (size_t k = 0; k < ARRAY_LEN(ascending); k++) {
			int order = index_compare_versions(ascending[i], ascending[k]);

			if ((order < 0) != (i < k) || (order > 0) != (i > k))
				CHECK_FAIL(
				    "%s against %s: %d", ascending[i], ascending[k], order);
		}
	CHECK_INT(index_compare_versions("01.0", "1.00"), 0);
	CHECK_INT(index_compare_versions("1.0", "1.0-0"), 0);
}

static void reads_dependencies(void)
{
	const char *field = "libc6 (>= 2.34), a-b | c:any [amd64], d (= 1) <!x>,e";
	static const char *const wanted[] = {"libc6", "a-b", "c", "d", "e"};
	char name[16];
	size_t n = 0;

	while (index_next_name(&field, name, sizeof(name)) && n < ARRAY_LEN(wanted)) {
		CHECK_STR(name, wanted[n]);
		n++;
	}
	CHECK_INT(n, ARRAY_LEN(wanted));
}

static struct index index_of(const char *text)
{
	struct index x = {0};
	struct buf b = {0};

	e = (struct err){0};
	buf_add(&b, text, strlen(text));
	index_add(&x, &b, &e);
	index_sort(&x);
	return x;
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ENTRY(name, version, more)                                                           \
	"Package: " name "\nVersion: " version "\nArchitecture: amd64\nFilename: pool/" name \
	".deb\nSize: 10\nSHA256: " HASH "\n" more "\n"

static void reads_an_index(void)
{
	struct index x = index_of(
	    ENTRY("zz", "1", "Depends: a,\n b\nDescription: d\n e: f\n") ENTRY("dup", "1.9", "")
		ENTRY("dup", "1.10", "") ENTRY("ab", "1", "Provides: v (= 2), w\n"));

	CHECK_STR(e.text, "");
	CHECK_INT(x.count, 4);
	CHECK(index_find(&x, "missing") == NULL);
	CHECK_STR(index_find(&x, "dup")->version, "1.10");
	CHECK_STR(index_find(&x, "zz")->depends, "a,  b");
	CHECK_STR(index_resolve(&x, "w")->name, "ab");
	CHECK_STR(index_resolve(&x, "zz")->name, "zz");
	CHECK(index_resolve(&x, "u") == NULL);
	index_fini(&x);
}

static void refuses_entries(void)
{
	static const char *const bad[] = {
	    "Package: ../x\nVersion: 1\n\n",
	    "Package: aa\nVersion: 1\nArchitecture: all\nFilename: /etc/passwd\nSize: "
	    "1\nSHA256: " HASH "\n\n",
	    "Package: aa\nVersion: 1\nArchitecture: all\nFilename: a/../../b\nSize: "
	    "1\nSHA256: " HASH "\n\n",
	    "Package: aa\nVersion: 1\nArchitecture: all\nFilename: a b\nSize: 1\nSHA256: " HASH
	    "\n\n",
	    "Package: aa\nVersion: 1\nArchitecture: all\nFilename: b\nSize: -1\nSHA256: " HASH
	    "\n\n",
	    "Package: aa\nVersion: 1\nArchitecture: all\nFilename: b\nSize: 1\nSHA256: abc\n\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct index x = index_of(bad[i]);

		CHECK_HAS(e.text, "index: ");
		index_fini(&x);
	}
}

static void reads_a_list(void)
{
	static const char text[] =
	    "Suite: stable\nCodename: trixie\nDate: Sat, 12 Sep 2026 07:55:41 UTC\n"
	    "Acquire-By-Hash: yes\nMD5Sum:\n abc 12 main/x\nSHA256:\n " HASH
	    "   9678380 main/x\n " HASH " 5 main/xy\nSHA512:\n abc 9 main/z\n";
	struct release r;
	char sha256[HASH_TEXT];
	uint64_t size;

	CHECK_INT(release_parse(&r, text, strlen(text), &e), 0);
	CHECK(release_is(&r, "stable") && release_is(&r, "trixie"));
	CHECK(!release_is(&r, "sid") && !release_is(&r, ""));
	CHECK(r.by_hash);
	CHECK(release_lookup(&r, "main/x", sha256, &size));
	CHECK_STR(sha256, HASH);
	CHECK_INT(size, 9678380);
	CHECK(!release_lookup(&r, "main/z", sha256, &size));
	CHECK_INT(release_time(r.date), 1789199741);
	CHECK_INT(release_time("yesterday"), -1);
	CHECK_INT(release_parse(&r, "Suite: x\n", 9, &e), -1);
	CHECK_INT(release_parse(&r, "SHA256:\n", 8, &e), -1);
}

#define G "[GNUPG:] "

static void judges_signatures(void)
{
	static const struct {
		const char *status;
		const char *complaint; /* NULL: it is good */
	} cases[] = {
	    {G "PLAINTEXT 74 0 \n" G "GOODSIG 33 x\n" G "VALIDSIG A2\n", NULL},
	    /* One key of several is unknown. */
	    {G "PLAINTEXT 74 0 \n" G "ERRSIG 4C 22 8 01 17 9 01\n" G "NO_PUBKEY 4C\n" G
	       "GOODSIG 33 x\n",
		NULL},
	    {G "PLAINTEXT 74 0 \n" G "ERRSIG 4C 22 8 01 17 9 01\n" G "NO_PUBKEY 4C\n",
		"no signature by a key"},
	    {G "PLAINTEXT 74 0 \n" G "GOODSIG 33 x\n" G "BADSIG 34 y\n", "bad"},
	    {G "PLAINTEXT 74 0 \n" G "ERRSIG 4C 22 8 01 17 4 01\n" G "GOODSIG 33 x\n",
		"could not be checked"},
	    {G "PLAINTEXT 74 0 \n" G "EXPKEYSIG 33 x\n" G "VALIDSIG A2\n", "no signature"},
	    {G "PLAINTEXT 74 0 \n" G "REVKEYSIG 33 x\n", "no signature"},
	    {G "PLAINTEXT 74 0 \n" G "PLAINTEXT 74 0 \n" G "GOODSIG 33 x\n", "one signed text"},
	    {G "PLAINTEXT 74 0 \n" G "GOODSIG 33 x\n" G "ERROR proc_pkt.plaintext 89\n",
		"damaged"},
	    {G "GOODSIG 33 x\n", "one signed text"},
	    {"GOODSIG 33 x\nPLAINTEXT 74\n", "one signed text"},
	    {"", "one signed text"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		e = (struct err){0};
		CHECK_INT(release_judge(cases[i].status, &e), cases[i].complaint ? -1 : 0);
		CHECK_HAS(e.text, cases[i].complaint != NULL ? cases[i].complaint : "");
	}
}

static void guesses_names(void)
{
	CHECK(
	    libs_likely("libssl.so.3", "libssl3t64") && libs_likely("libssl.so.3", "libssl3"));
	CHECK(libs_likely("libnl-3.so.200", "libnl-3-200"));
	CHECK(libs_likely("libnetfilter_conntrack.so.3", "libnetfilter-conntrack3"));
	CHECK(libs_likely("libFoo.so", "libfoo"));
	CHECK(!libs_likely("libcrypto.so.3", "libssl3t64"));
	CHECK(!libs_likely("libz.so.1", "zlib1g") && !libs_likely("x", "x"));
}

static void unwraps_kernels(void)
{
	static const int filters[] = {
	    ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_GZIP};
	struct buf out = {0}, image;

	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		e = (struct err){0};
		image = fake_kernel(9000, filters[i], true);
		CHECK_INT(kernel_unwrap(image.data, image.len, &out, &e), 0);
		CHECK_STR(e.text, "");
		CHECK(out.len >= 9000 && elf_is(out.data, out.len));
		CHECK_INT(kernel_unwrap(image.data, image.len - 20, &out, &e), -1);
		CHECK_HAS(e.text, "leads outside");
		buf_fini(&image);
	}
	image = fake_kernel(9000, ARCHIVE_FILTER_ZSTD, false);
	CHECK_INT(kernel_unwrap(image.data, image.len, &out, &e), -1);
	CHECK_HAS(e.text, "no PVH entry");
	image.data[image.len - 4]++;
	CHECK_INT(kernel_unwrap(image.data, image.len, &out, &e), -1);
	CHECK_HAS(e.text, "instead of");
	image.data[0x206] = 7;
	image.data[0x207] = 2;
	CHECK_INT(kernel_unwrap(image.data, image.len, &out, &e), -1);
	CHECK_HAS(e.text, "older than 2.08");
	CHECK_INT(kernel_unwrap("MZ", 2, &out, &e), -1);
	buf_fini(&image);
	buf_fini(&out);
}

static void collect(void *arg, const char *soname)
{
	buf_addf(arg, "%s ", soname);
}

static void reads_elf(void)
{
	static const char *const needed[] = {"libb.so.1", "liba.so.2", NULL};
	struct buf program = fake_elf("/lib64/ld.so", needed), names = {0};
	struct elf f;

	CHECK_INT(elf_open(&f, program.data, program.len, &e), 0);
	CHECK_INT(elf_needed(&f, collect, &names, &e), 0);
	CHECK_STR(names.data, "libb.so.1 liba.so.2 ");
	CHECK_STR(elf_interp(&f), "/lib64/ld.so");
	program.data[EI_CLASS] = ELFCLASS32;
	CHECK_INT(elf_open(&f, program.data, program.len, &e), -1);
	buf_fini(&program);
	buf_fini(&names);
}

static void reads_modinfo(void)
{
	static const char info[] =
	    "alias=a\0depends=b,c\0aliased=no\0alias=\0alias=d\0alias=cut";
	size_t at = 0, len = sizeof(info) - 1;

	CHECK_STR(modinfo_next(info, len, "alias", &at), "a");
	CHECK_STR(modinfo_next(info, len, "alias", &at), "");
	CHECK_STR(modinfo_next(info, len, "alias", &at), "d");
	CHECK(modinfo_next(info, len, "alias", &at) == NULL);
	at = 0;
	CHECK_STR(modinfo_next(info, len, "depends", &at), "b,c");
}

static void blanks_sections(void)
{
	static const char info[] = "alias=a";
	struct buf module = fake_module(info, sizeof(info));
	const uint8_t *data;
	struct elf f;
	size_t len;

	CHECK_INT(elf_open(&f, module.data, module.len, &e), 0);
	CHECK(!elf_blank(&f, ".BTF", module.data));
	CHECK(elf_section(&f, ".modinfo", &data, &len) && len == sizeof(info));
	CHECK(elf_blank(&f, ".modinfo", module.data));
	CHECK(elf_section(&f, ".modinfo", &data, &len) && len == 0);
	CHECK_INT(data[0], 0);
	buf_fini(&module);
}

static void cuts_signatures(void)
{
	static const char mark[] = "~Module signature appended~\n";
	uint8_t data[100] = {0};
	size_t end = sizeof(data) - strlen(mark);

	CHECK_INT(modules_unsigned_length(data, sizeof(data)), sizeof(data));
	for (size_t i = 0; mark[i] != '\0'; i++)
		data[end + i] = (uint8_t)mark[i];
	data[end - 1] = 20;
	CHECK_INT(modules_unsigned_length(data, sizeof(data)), end - 12 - 20);
	data[end - 4] = 1;
	CHECK_INT(modules_unsigned_length(data, sizeof(data)), sizeof(data));
	CHECK_INT(modules_unsigned_length(mark, strlen(mark)), strlen(mark));
	CHECK_INT(modules_unsigned_length(NULL, 0), 0);
}

static void finds_the_mirror(void)
{
	char m[64];

	CHECK(mirror_in_list(
	    "# deb http://no/debian x main\n"
	    "deb-src http://src/debian x main\n"
	    "deb http://security.debian.org/debian-security x main\n"
	    "deb [arch=amd64 trusted=yes] https://ftp.example.org/debian/ trixie main\n",
	    m, sizeof(m)));
	CHECK_STR(m, "https://ftp.example.org/debian");
	CHECK(
	    !mirror_in_list("deb cdrom:[x]/debian y z\ndeb http://x/ubuntu y z", m, sizeof(m)));
	CHECK(mirror_in_stanzas(
	    "Types: deb-src\nURIs: http://a/debian\n\n"
	    "Enabled: no\nTypes: deb\nURIs: http://b/debian\n\n# c\n"
	    "Types: deb-src deb\nURIs: http://c/debian-security http://d/debian/\n",
	    m, sizeof(m)));
	CHECK_STR(m, "http://d/debian");
	CHECK(!mirror_in_stanzas("Types: deb\n\nURIs: http://a/debian\n", m, sizeof(m)));
	CHECK(!mirror_in_stanzas("", m, sizeof(m)));
}

static void splits_arrows(void)
{
	char from[8], as[8];

	CHECK(recipe_split("a/b -> c", from, as, sizeof(from)));
	CHECK_STR(from, "a/b");
	CHECK_STR(as, "c");
	CHECK(recipe_split("a->b", from, as, sizeof(from)));
	CHECK_STR(as, "a->b");
	CHECK(!recipe_split("a/very/long -> c", from, as, sizeof(from)));
}

static struct tree sample_tree(void)
{
	static char large[300000];
	struct tree t = {0};

	memset(large, 'x', sizeof(large));
	tree_add_file(&t, "b/large", 0644, large, sizeof(large), NULL, &e);
	tree_add_file(&t, "b-c/same", 0755, large, sizeof(large), NULL, &e);
	tree_add_file(&t, "b/empty", 0644, NULL, 0, NULL, &e);
	tree_add_link(&t, "a", "b/large", NULL, &e);
	tree_add_device(&t, "dev/console", 0600, 5, 1, &e);
	tree_add_text(&t, "b/text", "text\n", 5, &e);
	CHECK_INT(tree_finish(&t, &e), 0);
	return t;
}

static void grows_trees(void)
{
	struct tree t = sample_tree(), bad = {0};

	CHECK_INT(t.count, 10);
	CHECK_STR(t.nodes[0].path, "");
	CHECK_INT(tree_parent(&t, (size_t)(tree_find(&t, "b/text") - t.nodes)),
	    tree_find(&t, "b") - t.nodes);
	CHECK_INT(tree_parent(&t, (size_t)(tree_find(&t, "b-c") - t.nodes)), 0);
	tree_fini(&t);
	for (const char *const *p =
		 (const char *const[]){"", "/a", "a//b", "a/", "../a", "a/./b", "a/..", NULL};
	     *p != NULL; p++)
		CHECK_INT(tree_add_directory(&bad, *p, &e), -1);
	CHECK_INT(tree_add_text(&bad, "x", "1", 1, &e), 0);
	CHECK_INT(tree_add_text(&bad, "x", "1", 1, &e), 0);
	CHECK_INT(tree_add_text(&bad, "x", "2", 1, &e), -1);
	CHECK_INT(tree_add_text(&bad, "x/y", "2", 1, &e), 0);
	CHECK_INT(tree_finish(&bad, &e), -1);
	CHECK_HAS(e.text, "which is no directory");
	tree_fini(&bad);
}

static void writes_squashfs(void)
{
	char *const plain[] = {(char[]){"b/l*"}};
	struct squash_options o = {.compression = "zstd", .block = 4096};
	struct buf a = {0}, b = {0}, c = {0};
	struct tree t = sample_tree();

	CHECK_INT(squash_write(&t, &o, &a, &e), 0);
	CHECK_INT(squash_write(&t, &o, &b, &e), 0);
	CHECK(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	CHECK(memcmp(a.data, "hsqs", 4) == 0 && a.len % 4096 == 0);
	CHECK(a.len < 50000);
	o.plain = plain;
	o.plain_count = 1;
	CHECK_INT(squash_write(&t, &o, &c, &e), 0);
	CHECK(c.len > a.len);
	o.compression = "brotli";
	c.len = 0;
	CHECK_INT(squash_write(&t, &o, &c, &e), -1);
	CHECK_HAS(e.text, "does not have this compression");
	tree_fini(&t);
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&c);
}

static void writes_cpio(void)
{
	static const char *const names[] = {
	    "a", "b", "b-c", "b-c/same", "b/empty", "b/large", "b/text", "dev", "dev/console"};
	struct archive *in = archive_read_new();
	struct tree t = sample_tree();
	struct archive_entry *entry;
	struct buf out = {0};
	size_t n = 0;

	CHECK_INT(cpio_write(&t, &out, &e), 0);
	CHECK(memcmp(out.data, "070701", 6) == 0);
	archive_read_support_format_cpio(in);
	archive_read_open_memory(in, out.data, out.len);
	while (archive_read_next_header(in, &entry) == ARCHIVE_OK && n < ARRAY_LEN(names)) {
		CHECK_STR(archive_entry_pathname(entry), names[n]);
		CHECK_INT(archive_entry_mtime(entry), 0);
		if (strcmp(names[n], "dev/console") == 0) {
			CHECK_INT(archive_entry_rdevmajor(entry), 5);
			CHECK_INT(archive_entry_rdevminor(entry), 1);
		}
		n++;
	}
	CHECK_INT(n, ARRAY_LEN(names));
	archive_read_free(in);
	buf_fini(&out);
	tree_fini(&t);
}

int main(void)
{
	RUN(orders_versions);
	RUN(reads_dependencies);
	RUN(reads_an_index);
	RUN(refuses_entries);
	RUN(reads_a_list);
	RUN(judges_signatures);
	RUN(guesses_names);
	RUN(unwraps_kernels);
	RUN(reads_elf);
	RUN(reads_modinfo);
	RUN(blanks_sections);
	RUN(cuts_signatures);
	RUN(finds_the_mirror);
	RUN(splits_arrows);
	RUN(grows_trees);
	RUN(writes_squashfs);
	RUN(writes_cpio);
	return check_done();
}
