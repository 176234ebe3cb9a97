/*
 * fat: writes a file system that every UEFI firmware reads.
 *
 *     boot sector, reserved | FAT | FAT | root directory | clusters
 *
 * FAT16, because it holds anything from 2 MB to 1 GB and firmware must read it
 * as it must FAT32, which would cost at least 33 MB.  No partition table: a
 * file system on the whole disk is what firmware tries first, and what mtools
 * and fsck.fat read without being told an offset.  Directories take a cluster
 * each, the file those behind them, all in one piece; the clusters begin at a
 * multiple of their own size, so that pages of the host hold whole ones.
 *
 * Nothing is random and nothing is of today: times are the format's first, and
 * the volume's number is taken from the file's hash.
 */
#include <string.h>

#include "image/fat.h"
#include "image/hash.h"

#define SECTOR       512u
#define ENTRY        32u
#define ROOT_ENTRIES 512u
#define FATS         2u
#define MEDIA_FIXED  0xf8
#define ROOT_BYTES   ((uint64_t)ROOT_ENTRIES * ENTRY)
#define ALIGNMENT    4096u

/* Fewer clusters are FAT12, more FAT32; readers that count wrong by some do not matter. */
#define CLUSTERS_MIN    (4085u + 16)
#define CLUSTER_MAX     (32u << 10)
#define FILE_MAX        ((size_t)1 << 30)
#define DIRECTORIES_MAX 8

#define ATTRIBUTE_VOLUME    0x08
#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_FILE      0x20
#define FIRST_DAY           0x0021 /* 1980-01-01 */

#define LABEL "AIRLOCK    "

/* Where everything is, in bytes from the start unless it says otherwise. */
struct layout {
	uint32_t cluster; /* bytes of one */
	uint32_t clusters;
	uint32_t fat_sectors, reserved_sectors;
	uint64_t fats, root, data, end;
};

struct path {
	char names[DIRECTORIES_MAX + 1][11]; /* as on the disk: blanks, no dot */
	size_t count;                        /* the last one is the file */
};

static void put(uint8_t *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* Text in a field of its own length, without an end. */
static void put_text(uint8_t *p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)text[i];
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* "BOOTX64.EFI" -> "BOOTX64 EFI". */
static bool take_name(const char *text, size_t len, char name[11])
{
	static const char accepted[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t at = 0;

	memset(name, ' ', 11);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' && i > 0 && at <= 8) {
			at = 8;
			/* Only one dot, and something behind it. */
			if (memchr(text + i + 1, '.', len - i - 1) != NULL || i + 1 == len)
				return false;
			continue;
		}
		if (strchr(accepted, text[i]) == NULL || at == 11 ||
		    (at == 8 && memchr(text, '.', i) == NULL))
			return false;
		name[at++] = text[i];
	}
	return len > 0;
}

static int take_path(struct path *p, const char *text, struct err *e)
{
	p->count = 0;
	for (const char *part = text;;) {
		size_t len = strcspn(part, "/");

		if (p->count > DIRECTORIES_MAX || !take_name(part, len, p->names[p->count]))
			return err_set(e, 0, "%s is no path for a FAT disk", text);
		p->count++;
		if (part[len] == '\0')
			return 0;
		part += len + 1;
	}
}

static uint32_t clusters_for(size_t len, size_t directories, uint32_t cluster)
{
	return (uint32_t)(directories + (len + cluster - 1) / cluster);
}

/* The largest clusters of which there are enough for FAT16; or enough of the smallest. */
static void lay_out(struct layout *l, size_t len, size_t directories)
{
	uint32_t reserved = 1;

	l->cluster = CLUSTER_MAX;
	while (l->cluster > SECTOR && clusters_for(len, directories, l->cluster) < CLUSTERS_MIN)
		l->cluster /= 2;
	l->clusters = MAX(clusters_for(len, directories, l->cluster), CLUSTERS_MIN);
	/* Two entries more than clusters, and those that the end may still bring. */
	l->fat_sectors = (l->clusters + 2 + ALIGNMENT / SECTOR) * 2 / SECTOR + 1;
	l->root = (reserved + (uint64_t)FATS * l->fat_sectors) * SECTOR;
	l->data = round_up(l->root + ROOT_BYTES, MAX(l->cluster, ALIGNMENT));
	l->root = l->data - ROOT_BYTES;
	l->fats = l->root - (uint64_t)FATS * l->fat_sectors * SECTOR;
	l->reserved_sectors = (uint32_t)(l->fats / SECTOR);
	/* What is left to the end is less than one cluster, or few of the smallest. */
	l->end = round_up(l->data + (uint64_t)l->clusters * l->cluster, ALIGNMENT);
	l->clusters = (uint32_t)((l->end - l->data) / l->cluster);
}

static void put_boot_sector(uint8_t *p, const struct layout *l, const char *sha256)
{
	/* "Not for you": a BIOS that starts this disk stops here. */
	static const uint8_t code[] = {0xfa, 0xf4, 0xeb, 0xfd};
	uint64_t sectors = l->end / SECTOR;

	put_text(p,
	    "\xeb\x3c\x90"
	    "AIRLOCK ",
	    11);
	put(p + 11, SECTOR, 2);
	put(p + 13, l->cluster / SECTOR, 1);
	put(p + 14, l->reserved_sectors, 2);
	put(p + 16, FATS, 1);
	put(p + 17, ROOT_ENTRIES, 2);
	put(p + 19, sectors < 0x10000 ? sectors : 0, 2);
	put(p + 21, MEDIA_FIXED, 1);
	put(p + 22, l->fat_sectors, 2);
	put(p + 24, 63, 2); /* sectors of a track and heads: nobody asks */
	put(p + 26, 255, 2);
	put(p + 32, sectors < 0x10000 ? 0 : sectors, 4);
	put(p + 36, 0x80, 1);
	put(p + 38, 0x29, 1); /* number, label and type follow */
	str_unhex(p + 39, 4,
	    (char[9]){sha256[0], sha256[1], sha256[2], sha256[3], sha256[4], sha256[5],
		sha256[6], sha256[7], '\0'});
	put_text(p + 43, LABEL "FAT16   ", 19);
	memcpy(p + 62, code, sizeof(code));
	put(p + 510, 0xaa55, 2);
}

static void put_entry(
    uint8_t *p, const char name[11], unsigned attribute, uint32_t cluster, size_t len)
{
	put_text(p, name, 11);
	put(p + 11, attribute, 1);
	put(p + 16, FIRST_DAY, 2); /* made, used, written */
	put(p + 18, FIRST_DAY, 2);
	put(p + 24, FIRST_DAY, 2);
	put(p + 26, cluster, 2);
	put(p + 28, len, 4);
}

/* Cluster 2 is the first.  A chain ends with 0xffff. */
static void put_fat(uint8_t *p, const struct layout *l, size_t directories, size_t len)
{
	uint32_t last = clusters_for(len, directories, l->cluster) + 1;

	put(p, 0xff00 | MEDIA_FIXED, 2);
	put(p + 2, 0xffff, 2);
	for (uint32_t i = 2; i <= last; i++)
		put(p + (size_t)i * 2, i < directories + 2 || i == last ? 0xffff : i + 1, 2);
}

static void put_directories(
    uint8_t *disk, const struct layout *l, const struct path *path, size_t len)
{
	size_t directories = path->count - 1;
	uint8_t *at = disk + l->root;

	put_entry(at, LABEL, ATTRIBUTE_VOLUME, 0, 0);
	at += ENTRY;
	for (size_t i = 0; i < path->count; i++) {
		bool file = i == directories;
		uint32_t cluster = file && len == 0 ? 0 : (uint32_t)i + 2;

		put_entry(at, path->names[i], file ? ATTRIBUTE_FILE : ATTRIBUTE_DIRECTORY,
		    cluster, file ? len : 0);
		if (file)
			break;
		at = disk + l->data + i * l->cluster;
		put_entry(at, ".          ", ATTRIBUTE_DIRECTORY, cluster, 0);
		/* The root has no cluster: its number is 0. */
		put_entry(
		    at + ENTRY, "..         ", ATTRIBUTE_DIRECTORY, i > 0 ? cluster - 1 : 0, 0);
		at += 2 * (size_t)ENTRY;
	}
}

int fat_write(const char *path, const void *data, size_t len, struct buf *out, struct err *e)
{
	char sha256[HASH_TEXT];
	struct layout l;
	struct path p;
	uint8_t *disk;

	if (take_path(&p, path, e) < 0)
		return -1;
	if (len > FILE_MAX)
		return err_set(e, 0, "%s is too large for a FAT disk", path);
	lay_out(&l, len, p.count - 1);
	hash_data(sha256, data, len);
	disk = calloc(1, l.end + 1);
	if (disk == NULL)
		abort();
	put_boot_sector(disk, &l, sha256);
	for (unsigned i = 0; i < FATS; i++)
		put_fat(
		    disk + l.fats + (size_t)i * l.fat_sectors * SECTOR, &l, p.count - 1, len);
	put_directories(disk, &l, &p, len);
	if (len > 0)
		memcpy(disk + l.data + (p.count - 1) * l.cluster, data, len);
	buf_fini(out);
	*out = (struct buf){.data = (char *)disk, .len = l.end, .cap = l.end + 1};
	return 0;
}
