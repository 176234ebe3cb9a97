/*
 * store: the user's wpa_supplicant.conf on its disk.
 *
 * Two of us at once must not lose each other's networks: the directory is locked
 * from reading to replacing (flock(2); it leaves nothing behind).  An editor knows
 * nothing of that lock, so the file is read again just before it is replaced, and
 * left alone when it has changed.  A symbolic link stays one: what it leads to is
 * replaced.  What is written is for its owner's eyes alone.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/internal.h"

#define FILE_MAX (1 << 20)

static const char head[] =
    "# The wireless networks of this host, wpa_supplicant.conf(5).\n"
    "# airlock join and airlock networks edit this file, and so may you.\n";

static_assert(sizeof(((struct station_store *)0)->path) >= PATH_MAX, "realpath(3) fills it");

/* Where the file really is; it may not be there yet. */
static int find(struct station_store *s, const char *path, struct err *e)
{
	struct stat st;

	if (realpath(path, s->path) != NULL)
		return 0;
	if (errno != ENOENT)
		return err_set(e, errno, "%s", path);
	if (lstat(path, &st) == 0)
		return err_set(e, 0, "%s is a symbolic link that leads nowhere", path);
	s->missing = true;
	if (!str_copy(s->path, sizeof(s->path), path))
		return err_set(e, ENAMETOOLONG, "%s", path);
	return 0;
}

static int lock(struct station_store *s, struct err *e)
{
	char dir[PATH_MAX], *slash;

	str_copy(dir, sizeof(dir), s->path);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		str_copy(dir, sizeof(dir), ".");
	else
		slash[slash == dir ? 1 : 0] = '\0';
	s->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock < 0)
		return err_set(e, errno, "open the directory %s", dir);
	/* It is replaced by a new file beside it. */
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0)
		return err_set(e, errno, "write in the directory %s", dir);
	if (flock(s->lock, LOCK_EX) < 0)
		return err_set(e, errno, "lock the directory %s", dir);
	return 0;
}

static int load(struct station_store *s, struct err *e)
{
	auto_free char *text = NULL;
	struct stat st;
	size_t len = 0;
	int rc;

	if (s->missing)
		return station_file_read(&s->file, head, sizeof(head) - 1, s->path, e);
	if (stat(s->path, &st) < 0)
		return err_set(e, errno, "%s", s->path);
	s->uid = st.st_uid;
	s->gid = st.st_gid;
	text = file_read(s->path, FILE_MAX, &len, e);
	if (text == NULL)
		return -1;
	rc = station_file_read(&s->file, text, len, s->path, e);
	explicit_bzero(text, len);
	return rc;
}

int station_store_open(struct station_store *s, const char *path, bool write, struct err *e)
{
	*s = (struct station_store){.lock = -1};
	if (find(s, path, e) == 0 && (!write || lock(s, e) == 0) && load(s, e) == 0)
		return 0;
	station_store_close(s);
	return -1;
}

void station_store_close(struct station_store *s)
{
	fd_close(&s->lock);
	station_file_fini(&s->file);
}

static int has_changed(const struct station_store *s, struct err *e)
{
	auto_free char *text = NULL;
	size_t len = 0;
	bool same;

	if (s->missing) {
		same = access(s->path, F_OK) < 0 && errno == ENOENT;
	} else {
		text = file_read(s->path, FILE_MAX, &len, e);
		if (text == NULL)
			return -1;
		same = len == s->file.len && memcmp(text, s->file.text, len) == 0;
		explicit_bzero(text, len);
	}
	return same ? 0 : err_set(e, 0, "%s was changed by somebody else just now", s->path);
}

int station_store_put(struct station_store *s, const struct buf *text, struct err *e)
{
	if (text->len > FILE_MAX)
		return err_set(e, EFBIG, "%s", s->path);
	if (has_changed(s, e) < 0 || file_replace(s->path, text->data, text->len, 0600, e) < 0)
		return -1;
	/* Only root can give a file away; another's own file is his already. */
	if (!s->missing && lchown(s->path, s->uid, s->gid) < 0 && errno != EPERM)
		log_debug("%s: %s", s->path, strerror(errno));
	return 0;
}
