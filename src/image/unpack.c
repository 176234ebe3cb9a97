/*
 * unpack: decompression by libarchive's raw format.
 *
 * Only filters that libarchive implements itself are enabled: the "all" set
 * would start external programs for some of them.
 */
#include <archive.h>
#include <archive_entry.h>

#include "image/unpack.h"

static struct archive *reader(void)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		abort();
	archive_read_support_format_raw(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lzma(a);
	return a;
}

static int drain(
    struct archive *a, const char *what, size_t max, struct buf *out, struct err *e)
{
	char chunk[1 << 16];
	struct archive_entry *entry;
	size_t start = out->len;
	la_ssize_t n;

	if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return err_set(e, 0, "unpack %s: %s", what,
		    archive_error_string(a) ? archive_error_string(a) : "it is empty");
	if (archive_filter_count(a) < 2)
		return err_set(e, 0, "unpack %s: not compressed in a known way", what);
	while ((n = archive_read_data(a, chunk, sizeof(chunk))) > 0) {
		if (out->len - start + (size_t)n > max)
			return err_set(e, 0, "unpack %s: more than %zu bytes", what, max);
		buf_add(out, chunk, (size_t)n);
	}
	if (n < 0)
		return err_set(e, 0, "unpack %s: %s", what,
		    archive_error_string(a) ? archive_error_string(a) : "damaged");
	return 0;
}

int unpack_stream(
    const void *data, size_t len, const char *what, size_t max, struct buf *out, struct err *e)
{
	struct archive *a = reader();
	int r;

	if (archive_read_open_memory(a, data, len) != ARCHIVE_OK)
		r = err_set(e, 0, "unpack %s: %s", what, archive_error_string(a));
	else
		r = drain(a, what, max, out, e);
	archive_read_free(a);
	return r;
}

int unpack_fd(int fd, const char *what, size_t max, struct buf *out, struct err *e)
{
	struct archive *a = reader();
	int r;

	if (archive_read_open_fd(a, fd, 1 << 18) != ARCHIVE_OK)
		r = err_set(e, 0, "unpack %s: %s", what, archive_error_string(a));
	else
		r = drain(a, what, max, out, e);
	archive_read_free(a);
	return r;
}
