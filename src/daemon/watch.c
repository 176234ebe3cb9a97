/*
 * watch: the places where a change can make a file another one.
 *
 * The path is walked as the kernel walks it, one component at a time.  Watched
 * are: the file, wherever its links are; the directory that it is in; every
 * directory on the way in which a symbolic link stands, because the link may be
 * replaced; and where a step is missing, the last directory there is.  Each is
 * watched before it is looked into, so that nothing happens unseen in between.
 *
 * After a change the places may be others, so whoever was woken asks for a new
 * descriptor; this one is never mended.  Whether the content changed is not
 * asked here: nothing is read.  How a place is watched is the system's: watch_linux.c,
 * watch_freebsd.c.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/watch.h"

#define LINKS_MAX 40 /* as the kernel's */

struct walk {
	struct watch_set *set;
	char at[PATH_MAX];   /* the directory reached, without links; "" is the root */
	char rest[PATH_MAX]; /* what is still to be walked */
	unsigned links;
};

static int add(const struct walk *w, const char *path, enum watch_place place, struct err *e)
{
	return watch_set_add(w->set, path[0] != '\0' ? path : "/", place, e);
}

/* Put what a link says before the rest of the way. */
static int follow(struct walk *w, const char *link, struct err *e)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n < 0)
		return err_set(e, errno, "read link %s", link);
	target[n] = '\0';
	str_copy(rest, sizeof(rest), w->rest);
	if (++w->links > LINKS_MAX ||
	    !str_format(w->rest, sizeof(w->rest), "%s/%s", target, rest))
		return err_set(e, ELOOP, "follow %s", link);
	if (target[0] == '/')
		w->at[0] = '\0';
	return 0;
}

/* Cut the next component off the rest; false when there is none. */
static bool next_step(struct walk *w, char step[NAME_MAX + 1])
{
	size_t skip = strspn(w->rest, "/"), len = strcspn(w->rest + skip, "/");

	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(step, w->rest + skip, len);
	step[len] = '\0';
	memmove(w->rest, w->rest + skip + len, strlen(w->rest + skip + len) + 1);
	return true;
}

static bool is_last(const struct walk *w)
{
	return w->rest[strspn(w->rest, "/")] == '\0';
}

/* One step; 1 when there is more to walk, 0 at the end, -1 with *e. */
static int walk_on(struct walk *w, struct err *e)
{
	char step[NAME_MAX + 1], path[PATH_MAX];
	struct stat st;

	if (!next_step(w, step))
		return 0;
	if (strcmp(step, ".") == 0)
		return 1;
	if (strcmp(step, "..") == 0) {
		char *slash = strrchr(w->at, '/');

		if (slash != NULL)
			*slash = '\0';
		return 1;
	}
	if (!str_format(path, sizeof(path), "%s/%s", w->at, step))
		return err_set(e, ENAMETOOLONG, "watch %s", step);
	if (is_last(w) && add(w, w->at, WATCH_FOLDER, e) < 0)
		return -1;
	if (lstat(path, &st) < 0 || S_ISLNK(st.st_mode)) {
		if (add(w, w->at, WATCH_STEP, e) < 0)
			return -1;
		if (lstat(path, &st) < 0) /* asked again: it may have come meanwhile */
			return 0;
	}
	if (S_ISLNK(st.st_mode))
		return follow(w, path, e) < 0 ? -1 : 1;
	if (is_last(w))
		return add(w, path, WATCH_FILE, e);
	str_copy(w->at, sizeof(w->at), path);
	return 1;
}

int watch_open(const char *path, struct err *e)
{
	struct walk w = {.set = watch_set_new(e)};
	int rc = 1;

	if (w.set == NULL)
		return err_ctx(e, "watch %s", path);
	if (path[0] != '/' || !str_copy(w.rest, sizeof(w.rest), path))
		rc = err_set(e, EINVAL, "watch %s", path);
	while (rc == 1)
		rc = walk_on(&w, e);
	if (rc < 0) {
		watch_set_free(w.set);
		return -1;
	}
	rc = watch_set_start(w.set, e);
	return rc < 0 ? err_ctx(e, "watch %s", path) : rc;
}
