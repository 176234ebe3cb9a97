/*
 * file: whole files in, whole files out.
 *
 * Reading is bounded by the caller.  Replacing goes by a temporary file in the
 * same directory, fsync and rename, so that a crash or a full disk leaves the
 * old file or the new one and never half of either.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

char *fd_read_all(int fd, const char *what, size_t max, size_t *len, struct err *e)
{
	struct buf b = {0};
	char chunk[4096];
	ssize_t n;

	buf_add(&b, "", 0);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set(e, errno, "read %s", what);
			buf_fini(&b);
			return NULL;
		}
		if (b.len + (size_t)n > max) {
			err_set(e, EFBIG, "read %s (more than %zu bytes)", what, max);
			buf_fini(&b);
			return NULL;
		}
		buf_add(&b, chunk, (size_t)n);
	}
	if (len != NULL)
		*len = b.len;
	return b.data;
}

char *file_read_at(int dirfd, const char *path, size_t max, size_t *len, struct err *e)
{
	auto_fd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set(e, errno, "open %s", path);
		return NULL;
	}
	return fd_read_all(fd, path, max, len, e);
}

char *file_read(const char *path, size_t max, size_t *len, struct err *e)
{
	return file_read_at(AT_FDCWD, path, max, len, e);
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	char temporary[PATH_MAX];
	auto_fd fd = -1;

	if (!str_format(temporary, sizeof(temporary), "%s.XXXXXX", path))
		return err_set(e, ENAMETOOLONG, "replace %s", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "make a file beside %s", path);
	if (fd_write_all(fd, data, len, e) < 0)
		err_ctx(e, "%s", temporary);
	else if (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(temporary, path) < 0)
		err_set(e, errno, "replace %s", path);
	else
		return 0;
	unlink(temporary);
	return -1;
}

int file_put(const char *path, const char *text, struct err *e)
{
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	if (fd_write_all(fd, text, strlen(text), e) < 0)
		return err_ctx(e, "%s", path);
	return 0;
}

int dir_make(const char *path, mode_t mode, struct err *e)
{
	char part[PATH_MAX];
	struct stat st;

	if (!str_copy(part, sizeof(part), path))
		return err_set(e, ENAMETOOLONG, "make directory %s", path);
	for (char *p = part + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return err_set(e, errno, "make directory %s", part);
		*p = '/';
	}
	if (mkdir(part, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set(e, errno, "make directory %s", path);
	if (stat(part, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "make directory %s", path);
	return 0;
}
