/*
 * The boot disk: what uki and fat write, read back by readers of the test's own
 * and, where they are installed, by fsck.fat and mtools.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#include "fake_pe.h"
#include "image/fat.h"
#include "image/uki.h"

static struct err e;
static char dir[] = "/tmp/airlock-boot.XXXXXX";

/* ---------------------------------------------------------------- uki */

static struct buf fake_bzimage(size_t size)
{
	uint8_t p[1024] = {0};
	struct buf out = {0};

	fake_pe_headers(p, 1, 112);
	buf_add(&out, p, sizeof(p));
	while (out.len < size)
		buf_addf(&out, "%zu ", out.len);
	return out;
}

static int put_together(const struct buf *stub, const struct buf *kernel, struct buf *out)
{
	e = (struct err){0};
	return uki_write(&(struct uki){.stub = stub->data,
			     .stub_len = stub->len,
			     .release = "ID=airlock\n",
			     .command_line = "quiet panic=1",
			     .version = "6.12",
			     .initrd = "070701",
			     .initrd_len = 6,
			     .kernel = kernel->data,
			     .kernel_len = kernel->len},
	    out, &e);
}

/* The row of a section, or NULL. */
static const char *row_of(const struct buf *b, const char *name)
{
	const char *row = b->data + FAKE_STUB_TABLE;
	char full[9] = {0};

	memcpy(full, name, strlen(name));
	for (unsigned i = 0; i < fake_get(b->data + FAKE_PE_AT + 6, 2); i++, row += 40)
		if (memcmp(row, full, 8) == 0)
			return row;
	return NULL;
}

static void has_section(const struct buf *b, const char *name, const char *data, size_t len)
{
	const char *row = row_of(b, name);
	uint32_t offset = row != NULL ? fake_get(row + 20, 4) : 0;

	CHECK(row != NULL);
	if (row == NULL)
		return;
	CHECK_INT(fake_get(row + 8, 4), len);
	CHECK_INT(fake_get(row + 16, 4), (len + 511) / 512 * 512);
	CHECK_INT(fake_get(row + 12, 4) % 4096, 0);
	CHECK_INT(offset % 512, 0);
	CHECK(offset + fake_get(row + 16, 4) <= b->len);
	CHECK(memcmp(b->data + offset, data, len) == 0);
}

static void puts_a_kernel_behind_the_stub(void)
{
	struct buf stub = fake_stub(), kernel = fake_bzimage(70001), out = {0}, again = {0};

	CHECK_INT(put_together(&stub, &kernel, &out), 0);
	CHECK_STR(e.text, "");
	CHECK_INT(fake_get(out.data + FAKE_PE_AT + 6, 2), 7);
	has_section(&out, ".osrel", "ID=airlock\n", 11);
	has_section(&out, ".cmdline", "quiet panic=1", 13);
	has_section(&out, ".uname", "6.12", 4);
	has_section(&out, ".initrd", "070701", 6);
	has_section(&out, ".linux", kernel.data, kernel.len);
	has_section(&out, ".text", stub.data + 1024, 500);
	/* 3, 4, 5, 6 of a page each, then 18 pages of kernel. */
	CHECK_INT(fake_get(row_of(&out, ".linux") + 12, 4), 0x7000);
	CHECK_INT(fake_get(row_of(&out, ".linux") + 36, 4), 0x60000020);
	CHECK_INT(fake_get(row_of(&out, ".cmdline") + 36, 4), 0x40000040);
	CHECK_INT(fake_get(out.data + FAKE_OPTIONAL + 56, 4), 0x7000 + 18 * 4096);
	CHECK_INT(fake_get(out.data + FAKE_OPTIONAL + 8, 4), 512 + 4 * 512);
	CHECK_INT(fake_get(out.data + FAKE_OPTIONAL + 4, 4), 512 + 137 * 512);
	CHECK_INT(fake_get(out.data + FAKE_OPTIONAL + 64, 4), 0); /* the checksum */
	CHECK_INT(out.len, 2048 + 4 * 512 + 137 * 512);
	CHECK_INT(put_together(&stub, &kernel, &again), 0);
	CHECK(again.len == out.len && memcmp(again.data, out.data, out.len) == 0);
	buf_fini(&stub);
	buf_fini(&kernel);
	buf_fini(&out);
	buf_fini(&again);
}

/* One field of a stub changed, and what is said of it. */
static void refuses_strange_stubs(void)
{
	static const struct {
		size_t at;
		uint32_t value;
		unsigned bytes;
		const char *why;
	} rows[] = {{0, 0, 2, "not an EFI program"},
	    {0x3c, 0x7ffffff0, 4, "not an EFI program"},
	    {0x3c, 2048 - 100, 4, "not an EFI program"},
	    {FAKE_PE_AT, 0, 4, "not an EFI program"},
	    {FAKE_PE_AT + 4, 0xaa64, 2, "not for x86-64"},
	    {FAKE_OPTIONAL, 0x10b, 2, "not for x86-64"},
	    {FAKE_OPTIONAL + 68, 3, 2, "not an EFI application"},
	    {FAKE_PE_AT + 20, 111, 2, "optional header is too short"},
	    {FAKE_OPTIONAL + 108, 17, 4, "optional header is too short"},
	    {FAKE_PE_AT + 6, 0, 2, "table of sections leads outside"},
	    {FAKE_PE_AT + 6, 91, 2, "table of sections leads outside"},
	    {FAKE_PE_AT + 20, 1900, 2, "table of sections leads outside"},
	    {FAKE_OPTIONAL + 32, 512, 4, "aligned strangely"},
	    {FAKE_OPTIONAL + 36, 0, 4, "aligned strangely"},
	    {FAKE_OPTIONAL + 36, 768, 4, "aligned strangely"},
	    {FAKE_OPTIONAL + 60, 4096, 4, "headers lead outside"},
	    {FAKE_OPTIONAL + 112 + 4 * 8 + 4, 8, 4, "it is signed"},
	    {FAKE_STUB_TABLE + 12, 0x800, 4, "\".text\" is misplaced"},
	    {FAKE_STUB_TABLE + 12, 0, 4, "\".text\" is misplaced"},
	    {FAKE_STUB_TABLE + 8, 0x1001, 4, "\".sdmagic\" is misplaced"},
	    {FAKE_STUB_TABLE + 8, 0xffffffff, 4, "\".sdmagic\" is misplaced"},
	    {FAKE_STUB_TABLE + 20, 512, 4, "\".text\" leads outside"},
	    {FAKE_STUB_TABLE + 16, 0xfffffe00, 4, "\".text\" leads outside"},
	    {FAKE_STUB_TABLE + 60, 0xffffff00, 4, "\".sdmagic\" leads outside"},
	    {FAKE_STUB_TABLE + 40, 0x6369, 2, "not systemd's stub"},
	    {FAKE_STUB_TABLE + 120, 1, 1, "behind its table of sections is something else"},
	    {FAKE_OPTIONAL + 56, 0x4000, 4, "size in memory"}};
	struct buf kernel = fake_bzimage(5000);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf stub = fake_stub(), out = {0};

		fake_put(stub.data + rows[i].at, rows[i].value, rows[i].bytes);
		CHECK_INT(put_together(&stub, &kernel, &out), -1);
		CHECK_HAS(e.text, rows[i].why);
		buf_fini(&stub);
		buf_fini(&out);
	}
	buf_fini(&kernel);
}

static void refuses_what_has_no_room(void)
{
	struct buf stub = fake_stub(), kernel = fake_bzimage(5000), out = {0};

	/* Headers end behind the stub's own rows. */
	fake_put(stub.data + FAKE_OPTIONAL + 60, FAKE_STUB_TABLE + 80 + 4 * 40, 4);
	CHECK_INT(put_together(&stub, &kernel, &out), -1);
	CHECK_HAS(e.text, "no room for 5 more sections");
	fake_put(stub.data + FAKE_OPTIONAL + 60, 1024, 4);
	memcpy(stub.data + FAKE_STUB_TABLE, ".linux\0\0", 8);
	CHECK_INT(put_together(&stub, &kernel, &out), -1);
	CHECK_HAS(e.text, "it has a kernel already");
	buf_fini(&stub);
	stub = fake_stub();
	kernel.data[1] = 'X';
	CHECK_INT(put_together(&stub, &kernel, &out), -1);
	CHECK_HAS(e.text, "CONFIG_EFI_STUB");
	buf_fini(&stub);
	buf_fini(&kernel);
	buf_fini(&out);
}

/* ---------------------------------------------------------------- fat */

/* What a reader needs of a FAT16 disk. */
struct disk {
	const uint8_t *data;
	uint64_t fat, root, clusters_at;
	uint32_t cluster, clusters;
};

static void open_disk(struct disk *d, const struct buf *b)
{
	const uint8_t *p = (const uint8_t *)b->data;
	uint32_t fat_sectors = fake_get(p + 22, 2), sectors = fake_get(p + 19, 2);

	if (sectors == 0)
		sectors = fake_get(p + 32, 4);
	CHECK_INT(fake_get(p + 11, 2), 512);
	CHECK_INT(fake_get(p + 510, 2), 0xaa55);
	CHECK_INT((uint64_t)sectors * 512, b->len);
	CHECK_INT(b->len % 4096, 0);
	*d = (struct disk){.data = p,
	    .fat = fake_get(p + 14, 2) * 512ul,
	    .cluster = fake_get(p + 13, 1) * 512};
	d->root = d->fat + 2ul * fat_sectors * 512;
	d->clusters_at = d->root + fake_get(p + 17, 2) * 32ul;
	d->clusters = (uint32_t)((b->len - d->clusters_at) / d->cluster);
	CHECK_INT(d->clusters_at % d->cluster, 0);
	/* By this count, and nothing else, readers tell FAT12, 16 and 32 apart. */
	CHECK(d->clusters >= 4085 && d->clusters < 65525);
	CHECK((d->clusters + 2) * 2 <= fat_sectors * 512);
	CHECK(memcmp(p + d->fat, p + d->fat + (size_t)fat_sectors * 512,
		  (size_t)fat_sectors * 512) == 0);
}

/* The cluster and length of a name in a directory at an offset; false: none. */
static bool look_up(
    const struct disk *d, uint64_t at, const char *name, uint32_t *cluster, uint32_t *len)
{
	for (size_t i = 0; i < 512 && d->data[at + i * 32] != 0; i++)
		if (memcmp(d->data + at + i * 32, name, 11) == 0) {
			*cluster = fake_get(d->data + at + i * 32 + 26, 2);
			*len = fake_get(d->data + at + i * 32 + 28, 4);
			return true;
		}
	return false;
}

static uint64_t place_of(const struct disk *d, uint32_t cluster)
{
	return d->clusters_at + (uint64_t)(cluster - 2) * d->cluster;
}

/* Follows the file's chain and compares. */
static void holds(const struct buf *image, const struct buf *content)
{
	uint32_t cluster = 0, parent = 0, len = 0, above = 99;
	struct buf got = {0};
	struct disk d;

	open_disk(&d, image);
	CHECK(look_up(&d, d.root, "EFI        ", &parent, &len));
	CHECK(look_up(&d, place_of(&d, parent), "..         ", &above, &len) && above == 0);
	CHECK(look_up(&d, place_of(&d, parent), "BOOT       ", &cluster, &len));
	CHECK(
	    look_up(&d, place_of(&d, cluster), "..         ", &above, &len) && above == parent);
	CHECK(look_up(&d, place_of(&d, cluster), "BOOTX64 EFI", &cluster, &len));
	CHECK_INT(len, content->len);
	while (cluster >= 2 && cluster < 0xfff0 && got.len < content->len) {
		buf_add(&got, d.data + place_of(&d, cluster), d.cluster);
		cluster = fake_get(d.data + d.fat + cluster * 2ul, 2);
	}
	CHECK_INT(cluster, content->len == 0 ? 0 : 0xffff);
	CHECK(got.len >= content->len &&
	      (content->len == 0 || memcmp(got.data, content->data, content->len) == 0));
	buf_fini(&got);
}

/* What others make of it.  False when they are not there. */
static bool others_agree(const struct buf *image, const struct buf *content)
{
	char disk[64], copy[64];
	const char *check[] = {"fsck.fat", "-n", disk, NULL};
	const char *take[] = {"mcopy", "-n", "-i", disk, "::/EFI/BOOT/BOOTX64.EFI", copy, NULL};
	auto_free char *text = NULL;
	int r;
	size_t len = 0;

	str_format(disk, sizeof(disk), "%s/disk", dir);
	str_format(copy, sizeof(copy), "%s/copy", dir);
	CHECK_INT(file_replace(disk, image->data, image->len, 0600, &e), 0);
	e = (struct err){0};
	r = child_run(check, NULL, NULL, &e);
	if (r < 0)
		return false;
	CHECK_INT(r, 0);
	CHECK_STR(e.text, "");
	r = child_run(take, NULL, NULL, &e);
	if (r < 0)
		return false;
	CHECK_INT(r, 0);
	text = file_read(copy, 1 << 28, &len, &e);
	CHECK(text != NULL && len == content->len &&
	      (len == 0 || memcmp(text, content->data, len) == 0));
	unlink(copy);
	unlink(disk);
	return true;
}

static void holds_files_of_any_size(void)
{
	/* Around a cluster, around as many as FAT16 must have, in 16 bits of sectors and more.
	 */
	static const size_t sizes[] = {0, 1, 511, 512, 513, 4096, 4099 * 512, 4099 * 512 + 1,
	    4100 * 512, 8200 * 512 - 7, 12703232, 33 << 20, 140000001};
	bool others = true;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct buf content = {0}, out = {0}, again = {0};
		const unsigned long step[] = {i, sizes[i]};

		while (content.len < sizes[i])
			buf_add(&content, step, MIN(sizeof(step), sizes[i] - content.len));
		e = (struct err){0};
		CHECK_INT(
		    fat_write("EFI/BOOT/BOOTX64.EFI", content.data, content.len, &out, &e), 0);
		CHECK_STR(e.text, "");
		holds(&out, &content);
		CHECK_INT(
		    fat_write("EFI/BOOT/BOOTX64.EFI", content.data, content.len, &again, &e),
		    0);
		CHECK(again.len == out.len && memcmp(again.data, out.data, out.len) == 0);
		/* Never more than 2 % and 2 MiB of it is not the file. */
		CHECK(out.len <= sizes[i] + sizes[i] / 50 + (2 << 20) + (64 << 10));
		others = others && others_agree(&out, &content);
		buf_fini(&content);
		buf_fini(&out);
		buf_fini(&again);
	}
	if (!others)
		printf("# not read by others: no fsck.fat or no mcopy here\n");
}

static void refuses_names(void)
{
	static const char *const bad[] = {"", "/A", "A/", "A//B", "a", "EFI/boot", "NINELETTE",
	    "A.EFIX", "A.", ".A", "A.B.C", "A B", "A/B/C/D/E/F/G/H/I/J"};
	struct buf out = {0};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		e = (struct err){0};
		CHECK_INT(fat_write(bad[i], "x", 1, &out, &e), -1);
		CHECK_HAS(e.text, "is no path for a FAT disk");
	}
	CHECK_INT(fat_write("A/B/C/D/E/F/G/H/EIGHTLET.123", "x", 1, &out, &e), 0);
	buf_fini(&out);
}

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	RUN(puts_a_kernel_behind_the_stub);
	RUN(refuses_strange_stubs);
	RUN(refuses_what_has_no_room);
	RUN(holds_files_of_any_size);
	RUN(refuses_names);
	rmdir(dir);
	return check_done();
}
