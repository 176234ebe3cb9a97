/*
 * cache: a directory of verified downloads.
 *
 *     <dir>/blobs/<sha256>        whole and checked when it got this name
 *     <dir>/blobs/<sha256>.part   a transfer that is not finished
 *     <dir>/lists/...             the archive's signed lists, see source.c
 *     <dir>/.lock
 *
 * A name is a promise that is checked again at every use, for a disk can rot
 * and a cache can be shared: hashing costs less than being wrong.  Since the
 * name is the hash, a warm cache asks the network nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/cache.h"
#include "image/fetch.h"
#include "image/hash.h"

#define ATTEMPTS 4

int cache_open(struct cache *c, const char *dir, struct err *e)
{
	char path[600];

	*c = (struct cache){.lock = -1};
	if (!str_copy(c->dir, sizeof(c->dir), dir))
		return err_set(e, ENAMETOOLONG, "cache %s", dir);
	for (const char *const *sub = (const char *const[]){"blobs", "lists", NULL}; *sub;
	     sub++) {
		str_format(path, sizeof(path), "%s/%s", dir, *sub);
		if (dir_make(path, 0755, e) < 0)
			return err_ctx(e, "cache");
	}
	str_format(path, sizeof(path), "%s/.lock", dir);
	c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (c->lock < 0)
		return err_set(e, errno, "cache: %s", path);
	if (flock(c->lock, LOCK_EX | LOCK_NB) < 0) {
		err_set(e, errno == EWOULDBLOCK ? 0 : errno,
		    "cache %s: another build is using it", dir);
		fd_close(&c->lock);
		return -1;
	}
	return 0;
}

void cache_close(struct cache *c)
{
	fd_close(&c->lock);
}

/* Whether an open file is what the item says; on a read error too it is not. */
static bool is_item(int fd, const struct cache_item *item)
{
	struct err ignored = {0};
	char sha256[HASH_TEXT];
	struct stat st;

	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != item->size)
		return false;
	return hash_fd(sha256, fd, item->what, NULL, &ignored) == 0 &&
	       strcmp(sha256, item->sha256) == 0;
}

/* The cached file, -1 when there is none, -2 when it was damaged and removed. */
static int open_blob(const char *path, const struct cache_item *item)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (is_item(fd, item))
		return fd_take(&fd);
	log_warn("cache: %s is damaged, dropping it", path);
	unlink(path);
	return -2;
}

struct view {
	struct cache *cache;
	const char *what;
	uint64_t total;
};

static bool on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct view *v = arg;

	if (v->cache->progress == NULL)
		return true;
	return v->cache->progress(
	    v->cache->arg, v->what, done, v->total != 0 ? v->total : total);
}

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Fill a .part file up to the item's size, continuing as often as it moves on. */
static enum fetch_result fill(
    struct cache *c, const struct cache_item *item, int fd, struct err *e)
{
	struct view view = {c, item->what, item->size};
	struct fetch_job job = {item->url, fd, item->size, on_progress, &view};
	enum fetch_result r = FETCH_OK;

	for (int i = 0; i < ATTEMPTS && size_of(fd) < item->size; i++) {
		uint64_t before = size_of(fd);

		*e = (struct err){0};
		r = fetch_run(&job, e);
		if (r == FETCH_OK && size_of(fd) < item->size) {
			r = FETCH_CUT;
			err_set(e, 0, "%s: %llu bytes instead of %llu", item->url,
			    (unsigned long long)size_of(fd), (unsigned long long)item->size);
		}
		if (r != FETCH_CUT || size_of(fd) == before)
			return r;
		log_debug("%s was cut off, going on at %llu", item->url,
		    (unsigned long long)size_of(fd));
	}
	return size_of(fd) < item->size ? r : FETCH_OK;
}

static int explain(
    enum fetch_result r, const char *part, const struct cache_item *item, int fd, struct err *e)
{
	switch (r) {
	case FETCH_DISK:
		/* A part that fills the disk helps nobody. */
		unlink(part);
		err_hint(e, "free some space there; the image in use is untouched");
		break;
	case FETCH_REFUSED:
		unlink(part);
		break;
	case FETCH_STOPPED:
	case FETCH_CUT:
		err_hint(e, "%llu of %llu bytes are kept; the next build goes on from there",
		    (unsigned long long)size_of(fd), (unsigned long long)item->size);
		break;
	case FETCH_MISSING:
		err_hint(
		    e, "the mirror may be in the middle of an update: try later, or another");
		break;
	case FETCH_AWAY:
		err_hint(e, "check the network, or choose another mirror");
		break;
	case FETCH_OK:
		break;
	}
	return err_ctx(e, "fetch %s", item->what);
}

static int fetch_blob(
    struct cache *c, const struct cache_item *item, const char *blob, struct err *e)
{
	bool resumed;
	char part[700];
	auto_fd fd = -1;

	str_format(part, sizeof(part), "%s.part", blob);
	fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(e, errno, "cache: %s", part);
	resumed = size_of(fd) > 0;
	if (size_of(fd) > item->size && ftruncate(fd, 0) < 0)
		return err_set(e, errno, "cache: %s", part);
	for (;;) {
		enum fetch_result r = fill(c, item, fd, e);

		if (r != FETCH_OK)
			return explain(r, part, item, fd, e);
		if (is_item(fd, item))
			break;
		if (!resumed) {
			unlink(part);
			return err_set(e, 0,
			    "fetch %s: %s is not what the archive's index says "
			    "(size or SHA-256 differs)",
			    item->what, item->url);
		}
		/* The old beginning may be to blame: once more, whole. */
		resumed = false;
		if (ftruncate(fd, 0) < 0)
			return err_set(e, errno, "cache: %s", part);
	}
	if (fsync(fd) < 0 || rename(part, blob) < 0)
		return err_set(e, errno, "cache: %s", blob);
	lseek(fd, 0, SEEK_SET);
	return fd_take(&fd);
}

int cache_get(struct cache *c, const struct cache_item *item, struct err *e)
{
	char blob[640];
	int fd;

	if (!hash_valid(item->sha256))
		return err_set(e, 0, "fetch %s: no valid hash", item->what);
	str_format(blob, sizeof(blob), "%s/blobs/%s", c->dir, item->sha256);
	fd = open_blob(blob, item);
	if (fd >= 0)
		return fd;
	if (c->offline) {
		err_set(e, 0, "%s is %s", item->what,
		    fd == -2 ? "damaged in the cache" : "not in the cache");
		return err_hint(e, "run it once without --offline");
	}
	return fetch_blob(c, item, blob, e);
}

int cache_refresh(struct cache *c, const char *url, const char *what, const char *name,
    uint64_t max, bool *away, struct err *e)
{
	struct view view = {c, what, 0};
	enum fetch_result r = FETCH_CUT;
	char path[700];
	auto_fd fd = -1;

	str_format(path, sizeof(path), "%s/%s", c->dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(e, errno, "cache: %s", path);
	for (int i = 0; i < ATTEMPTS; i++) {
		*e = (struct err){0};
		r = fetch_run(&(struct fetch_job){url, fd, max, on_progress, &view}, e);
		/* What is served may change between two requests: whole or not at all. */
		if (r != FETCH_CUT || ftruncate(fd, 0) < 0)
			break;
	}
	*away = r == FETCH_AWAY || r == FETCH_CUT;
	if (r == FETCH_OK)
		return 0;
	explain(r, path, &(struct cache_item){.what = what}, fd, e);
	if (r == FETCH_CUT)
		err_hint(e, "check the network, or choose another mirror");
	unlink(path);
	return -1;
}
