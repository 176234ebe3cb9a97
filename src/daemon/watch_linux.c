/*
 * watch_linux: places watched by one inotify descriptor, which is what is given out.
 */
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/watch.h"

struct watch_set {
	int fd;
};

static const uint32_t masks[] = {
    [WATCH_FILE] = IN_MODIFY | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB,
    [WATCH_FOLDER] = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY |
		     IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
    [WATCH_STEP] =
	IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF,
};

struct watch_set *watch_set_new(struct err *e)
{
	struct watch_set *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s != NULL && s->fd >= 0)
		return s;
	err_set(e, errno, "inotify");
	free(s);
	return NULL;
}

int watch_set_add(struct watch_set *s, const char *path, enum watch_place place, struct err *e)
{
	/* A place that is gone by now is told by the directory it was in. */
	if (inotify_add_watch(s->fd, path, masks[place] | IN_MASK_ADD) < 0 && errno != ENOENT &&
	    errno != ENOTDIR)
		return err_set(e, errno, "watch %s", path);
	return 0;
}

int watch_set_start(struct watch_set *s, struct err *e)
{
	int fd = fd_take(&s->fd);

	watch_set_free(s);
	return fd;
}

void watch_set_free(struct watch_set *s)
{
	fd_close(&s->fd);
	free(s);
}
