/*
 * deb: reads a Debian package, deb(5): an ar archive whose member data.tar.*
 * holds the files.
 *
 * One libarchive reader walks the ar, a second one reads the tar out of the
 * first one's member, so nothing touches the disk.  Contents are kept only
 * where the caller wants them; a kernel's package lists thousands of files.
 * Paths are made relative; an absolute one or one with ".." is refused, and
 * sizes are bounded, although the index has vouched for every byte.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "image/deb.h"

#define FILE_MAX  ((int64_t)256 << 20)
#define KEPT_MAX  ((size_t)1 << 30)
#define COUNT_MAX 200000u

struct source {
	struct archive *ar;
	const struct deb_hooks *hooks;
	uint64_t total;
	char chunk[1 << 16];
};

static la_ssize_t read_member(struct archive *tar, void *arg, const void **data)
{
	struct source *s = arg;
	la_ssize_t n = archive_read_data(s->ar, s->chunk, sizeof(s->chunk));

	if (n < 0)
		archive_set_error(tar, EIO, "%s", archive_error_string(s->ar));
	if (n > 0 && s->hooks->progress != NULL &&
	    !s->hooks->progress(
		s->hooks->arg, (uint64_t)archive_filter_bytes(s->ar, -1), s->total)) {
		archive_set_error(tar, EINTR, "interrupted");
		return -1;
	}
	*data = s->chunk;
	return n;
}

/* "./usr/bin/x" -> "usr/bin/x"; NULL when it leads outside. */
static const char *inner_path(const char *path)
{
	if (path == NULL || path[0] == '/')
		return NULL;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	for (const char *p = path; *p != '\0'; p += strcspn(p, "/"), p += *p == '/')
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return NULL;
	return path;
}

static char *copy(const char *text)
{
	char *dup = strdup(text);

	if (dup == NULL)
		abort();
	return dup;
}

static int keep_content(struct archive *tar, struct deb_file *f, size_t *kept, struct err *e)
{
	size_t got = 0;
	la_ssize_t n = 1;

	if (*kept + f->len > KEPT_MAX)
		return err_set(e, 0, "it unpacks to more than %zu bytes", KEPT_MAX);
	*kept += f->len;
	f->data = malloc(f->len + 1);
	if (f->data == NULL)
		abort();
	while (got < f->len && (n = archive_read_data(tar, f->data + got, f->len - got)) > 0)
		got += (size_t)n;
	if (got != f->len)
		return err_set(
		    e, 0, "%s: %s", f->path, n < 0 ? archive_error_string(tar) : "cut off");
	f->data[got] = '\0';
	return 0;
}

static int add_entry(struct deb *d, struct source *s, struct archive *tar,
    struct archive_entry *entry, size_t *kept, struct err *e)
{
	const char *path = inner_path(archive_entry_pathname(entry));
	int64_t size = archive_entry_size(entry);
	struct deb_file *f;

	if (path == NULL)
		return err_set(e, 0, "a path in it is absolute or leads outside");
	if (path[0] == '\0')
		return 0;
	if (size < 0 || size > FILE_MAX || d->count >= COUNT_MAX)
		return err_set(e, 0, "%s: size or number of files is out of bounds", path);
	if (d->count == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 64;
		d->files = reallocarray(d->files, d->cap, sizeof(*d->files));
		if (d->files == NULL)
			abort();
	}
	f = &d->files[d->count++];
	*f = (struct deb_file){.path = copy(path), .mode = archive_entry_mode(entry)};
	if (archive_entry_symlink(entry) != NULL)
		f->link = copy(archive_entry_symlink(entry));
	else if (archive_entry_hardlink(entry) != NULL) {
		const char *hard = inner_path(archive_entry_hardlink(entry));

		if (hard == NULL)
			return err_set(e, 0, "%s: a hard link leads outside", path);
		f->hard = copy(hard);
	} else if (S_ISREG(f->mode)) {
		f->len = (size_t)size;
		if (s->hooks->keep(s->hooks->arg, path))
			return keep_content(tar, f, kept, e);
	}
	return 0;
}

static int read_tar(struct deb *d, struct source *s, struct err *e)
{
	struct archive *tar = archive_read_new();
	struct archive_entry *entry;
	size_t kept = 0;
	int r, bad = 0;

	if (tar == NULL)
		abort();
	archive_read_support_format_tar(tar);
	archive_read_support_filter_xz(tar);
	archive_read_support_filter_gzip(tar);
	archive_read_support_filter_zstd(tar);
	r = archive_read_open(tar, s, NULL, read_member, NULL);
	while (r == ARCHIVE_OK && !bad) {
		r = archive_read_next_header(tar, &entry);
		if (r == ARCHIVE_WARN)
			r = ARCHIVE_OK;
		if (r == ARCHIVE_OK)
			bad = add_entry(d, s, tar, entry, &kept, e);
	}
	if (!bad && r != ARCHIVE_EOF)
		bad = err_set(e, 0, "%s", archive_error_string(tar));
	archive_read_free(tar);
	return bad;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct deb_file *)a)->path, ((const struct deb_file *)b)->path);
}

static int read_ar(struct deb *d, struct source *s, struct err *e)
{
	struct archive_entry *member;
	int r;

	while (
	    (r = archive_read_next_header(s->ar, &member)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(member);

		if (name != NULL && strncmp(name, "data.tar", 8) == 0)
			return read_tar(d, s, e);
	}
	if (r == ARCHIVE_EOF)
		return err_set(e, 0, "it has no data.tar");
	return err_set(e, 0, "%s", archive_error_string(s->ar));
}

int deb_read(
    struct deb *d, int fd, const char *name, const struct deb_hooks *hooks, struct err *e)
{
	struct source *s = calloc(1, sizeof(*s));
	struct stat st;
	int r;

	*d = (struct deb){0};
	if (s == NULL)
		abort();
	s->hooks = hooks;
	s->total = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	s->ar = archive_read_new();
	if (s->ar == NULL)
		abort();
	archive_read_support_format_ar(s->ar);
	if (archive_read_open_fd(s->ar, fd, 1 << 16) != ARCHIVE_OK)
		r = err_set(e, 0, "%s", archive_error_string(s->ar));
	else
		r = read_ar(d, s, e);
	archive_read_free(s->ar);
	free(s);
	if (r < 0) {
		deb_fini(d);
		return err_ctx(e, "read package %s", name);
	}
	if (d->count > 0)
		qsort(d->files, d->count, sizeof(*d->files), by_path);
	return 0;
}

void deb_fini(struct deb *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->files[i].path);
		free(d->files[i].link);
		free(d->files[i].hard);
		free(d->files[i].data);
	}
	free(d->files);
	*d = (struct deb){0};
}

const struct deb_file *deb_find(const struct deb *d, const char *path)
{
	struct deb_file key = {.path = (char *)(uintptr_t)path};

	if (d->count == 0)
		return NULL;
	return bsearch(&key, d->files, d->count, sizeof(*d->files), by_path);
}
