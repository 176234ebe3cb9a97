/*
 * store: generations of the image, written so that the last good one stays.
 *
 * A generation is written file by file into <store>/.building-<pid>, each to
 * the disk, and gets its name by one rename; `current` and `previous` are
 * symbolic links that are replaced by one rename each.  So whatever happens in
 * between - a full disk, a kill, a power cut - the links name whole
 * generations.  What a dead build has left is removed by the next one, which
 * holds the lock and so knows that it is dead.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "image/store.h"

#define BUILDING ".building-"

/* Remove a directory of plain files. */
static void remove_flat(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			unlinkat(dirfd(dir), d->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

static void remove_stale(const char *store)
{
	DIR *dir = opendir(store);
	struct dirent *d;
	char path[900];

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (strncmp(d->d_name, BUILDING, strlen(BUILDING)) == 0 &&
		    str_format(path, sizeof(path), "%s/%s", store, d->d_name))
			remove_flat(path);
	if (dir != NULL)
		closedir(dir);
}

int store_open(struct store *s, const char *dir, struct err *e)
{
	char path[600];

	*s = (struct store){.lock = -1};
	if (!str_copy(s->dir, sizeof(s->dir), dir))
		return err_set(e, ENAMETOOLONG, "store %s", dir);
	str_format(path, sizeof(path), "%s/generations", dir);
	if (dir_make(path, 0755, e) < 0)
		return err_ctx(e, "store");
	str_format(path, sizeof(path), "%s/.lock", dir);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (s->lock < 0)
		return err_set(e, errno, "store: %s", path);
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
		err_set(e, errno == EWOULDBLOCK ? 0 : errno,
		    "store %s: another build is running", dir);
		fd_close(&s->lock);
		return -1;
	}
	remove_stale(dir);
	str_format(s->building, sizeof(s->building), "%s/%s%ld", dir, BUILDING, (long)getpid());
	if (mkdir(s->building, 0755) < 0) {
		err_set(e, errno, "store: %s", s->building);
		s->building[0] = '\0';
		store_close(s);
		return -1;
	}
	return 0;
}

void store_close(struct store *s)
{
	if (s->building[0] != '\0')
		remove_flat(s->building);
	s->building[0] = '\0';
	fd_close(&s->lock);
}

/*
 * Most generations differ in a few files: one that the current generation has,
 * byte for byte, becomes a second name of it and costs no room.
 */
static bool link_same(
    const struct store *s, const char *name, const char *path, const void *data, size_t len)
{
	struct err ignored = {0};
	char id[STORE_ID], old[700];
	auto_free char *content = NULL;
	size_t old_len;

	if (!store_read_link(s->dir, "current", id))
		return false;
	str_format(old, sizeof(old), "%s/generations/%s/%s", s->dir, id, name);
	content = file_read(old, len, &old_len, &ignored);
	return content != NULL && old_len == len && memcmp(content, data, len) == 0 &&
	       link(old, path) == 0;
}

int store_write(struct store *s, const char *name, const void *data, size_t len, struct err *e)
{
	char path[700];
	auto_fd fd = -1;

	str_format(path, sizeof(path), "%s/%s", s->building, name);
	if (link_same(s, name, path, data, len))
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(e, errno, "store: %s", path);
	if (fd_write_all(fd, data, len, e) < 0 ||
	    (fsync(fd) < 0 && err_set(e, errno, "fsync") < 0)) {
		int num = e->num;

		err_ctx(e, "store: write %s", name);
		if (num == ENOSPC || num == EDQUOT)
			err_hint(e, "free %zu MB in %s; the image in use is untouched",
			    (len >> 20) + 1, s->dir);
		return -1;
	}
	return 0;
}

static int sync_dir(const char *path, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_set(e, errno, "store: %s", path);
	return 0;
}

static int replace_link(const char *dir, const char *link, const char *id, struct err *e)
{
	char path[600], fresh[620], target[64];

	str_format(target, sizeof(target), "generations/%s", id);
	str_format(path, sizeof(path), "%s/%s", dir, link);
	str_format(fresh, sizeof(fresh), "%s/.%s.new", dir, link);
	unlink(fresh);
	if (symlink(target, fresh) < 0 || rename(fresh, path) < 0)
		return err_set(e, errno, "store: %s", path);
	return 0;
}

int store_switch(const char *dir, const char id[STORE_ID], struct err *e)
{
	char was[STORE_ID];

	if (store_read_link(dir, "current", was)) {
		if (strcmp(was, id) == 0)
			return 0;
		if (replace_link(dir, "previous", was, e) < 0)
			return -1;
	}
	if (replace_link(dir, "current", id, e) < 0)
		return -1;
	return sync_dir(dir, e);
}

/* A generation of that name that does not hold its promise makes room. */
static int place(struct store *s, const char *id, struct err *e)
{
	char path[600], aside[620];
	struct err ignored = {0};

	str_format(path, sizeof(path), "%s/generations/%s", s->dir, id);
	if (access(path, F_OK) == 0) {
		if (image_verify(s->dir, id, &ignored) == 0) {
			remove_flat(s->building);
			return 0;
		}
		log_warn(
		    "store: generation %s was damaged (%s), replacing it", id, ignored.text);
		str_format(aside, sizeof(aside), "%s-damaged", s->building);
		if (rename(path, aside) < 0)
			return err_set(e, errno, "store: %s", path);
	} else
		aside[0] = '\0';
	if (rename(s->building, path) < 0)
		return err_set(e, errno, "store: %s", path);
	if (aside[0] != '\0')
		remove_flat(aside);
	return 0;
}

int store_commit(struct store *s, const char id[STORE_ID], struct err *e)
{
	char generations[560];

	str_format(generations, sizeof(generations), "%s/generations", s->dir);
	if (sync_dir(s->building, e) < 0 || place(s, id, e) < 0)
		return -1;
	s->building[0] = '\0';
	if (sync_dir(generations, e) < 0)
		return -1;
	return store_switch(s->dir, id, e);
}
