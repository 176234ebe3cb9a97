/*
 * cpio: the initrd, in the one format that the kernel unpacks itself, by
 * libarchive.
 *
 * It stays uncompressed: it is small, and a decompressor costs more time under
 * software emulation than the few hundred kilobytes that it would save.
 * Inode numbers are the places in the sorted tree, times are 0, owner is root.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "image/cpio.h"

static la_ssize_t append(struct archive *a, void *arg, const void *data, size_t len)
{
	(void)a;
	buf_add(arg, data, len);
	return (la_ssize_t)len;
}

static int write_node(
    struct archive *a, struct archive_entry *entry, const struct tree_node *n, size_t number)
{
	archive_entry_clear(entry);
	archive_entry_set_pathname(entry, n->path);
	archive_entry_set_mode(entry, n->mode);
	archive_entry_set_ino64(entry, (la_int64_t)number);
	archive_entry_set_nlink(entry, S_ISDIR(n->mode) ? 2 : 1);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_size(entry, (la_int64_t)n->len);
	if (S_ISLNK(n->mode))
		archive_entry_set_symlink(entry, n->target);
	if (S_ISCHR(n->mode)) {
		archive_entry_set_rdevmajor(entry, n->major);
		archive_entry_set_rdevminor(entry, n->minor);
	}
	if (archive_write_header(a, entry) != ARCHIVE_OK)
		return -1;
	if (n->len > 0 && archive_write_data(a, n->data, n->len) != (la_ssize_t)n->len)
		return -1;
	return 0;
}

int cpio_write(const struct tree *t, struct buf *out, struct err *e)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	int r = 0;

	if (a == NULL || entry == NULL)
		abort();
	archive_write_set_format_cpio_newc(a);
	archive_write_set_bytes_per_block(a, 512);
	archive_write_set_bytes_in_last_block(a, 1);
	if (archive_write_open(a, out, NULL, append, NULL) != ARCHIVE_OK)
		r = -1;
	/* The root itself is there before the archive is unpacked. */
	for (size_t i = 1; r == 0 && i < t->count; i++)
		r = write_node(a, entry, &t->nodes[i], i + 1);
	if (r == 0 && archive_write_close(a) != ARCHIVE_OK)
		r = -1;
	if (r < 0)
		err_set(e, 0, "%s", archive_error_string(a));
	archive_entry_free(entry);
	archive_write_free(a);
	return r;
}
