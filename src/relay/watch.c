/*
 * watch: two directories by inotify, and a look into them.
 *
 * An event says only that it is worth looking; what is there is what readdir
 * finds, so a lost event cannot leave a wrong picture.  But a name that was
 * deleted is gone even if it is there again by the time of the look: its owner
 * restarted, and whoever was connected to the old socket speaks to nobody.
 *
 * A directory may come into being later; its parent is watched for that.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/watch.h"

#define COMES (IN_CREATE | IN_MOVED_TO)
#define GOES  (IN_DELETE | IN_MOVED_FROM)

static void gone(struct relay_watch *w, struct relay_socket *s)
{
	w->fn(w->arg, s, false);
	s->present = false;
}

static struct relay_socket *find(
    const struct relay_watch *w, unsigned directory, const char *name)
{
	for (unsigned i = 0; i < RELAY_SOCKETS; i++) {
		const struct relay_socket *s = &w->sockets[i];

		if (s->present && s->directory == directory && strcmp(s->name, name) == 0)
			return (struct relay_socket *)(uintptr_t)s;
	}
	return NULL;
}

const struct relay_socket *relay_watch_find(
    const struct relay_watch *w, unsigned directory, const char *name)
{
	return find(w, directory, name);
}

bool relay_watch_path(
    const struct relay_watch *w, const struct relay_socket *s, char *dst, size_t size)
{
	return str_format(dst, size, "%s/%s", w->directories[s->directory - 1], s->name);
}

/* A socket seen in a directory: is it new? */
static void seen(struct relay_watch *w, unsigned directory, const char *name, uint64_t inode)
{
	struct relay_socket *s = find(w, directory, name);

	if (s != NULL && s->inode == inode)
		return;
	if (s != NULL)
		gone(w, s);
	for (s = w->sockets; s->present; s++) {
		if (s < &w->sockets[RELAY_SOCKETS - 1])
			continue;
		log_warn("more than %d control sockets: %s is left out", RELAY_SOCKETS, name);
		return;
	}
	*s = (struct relay_socket){
	    .present = true, .directory = (uint8_t)directory, .inode = inode};
	str_copy(s->name, sizeof(s->name), name);
	w->fn(w->arg, s, true);
}

/* Is what a name of the table stood for still there? */
static void check_known(struct relay_watch *w)
{
	for (unsigned i = 0; i < RELAY_SOCKETS; i++) {
		struct relay_socket *s = &w->sockets[i];
		char path[200];
		struct stat st;

		if (s->present && relay_watch_path(w, s, path, sizeof(path)) &&
		    (lstat(path, &st) < 0 || st.st_ino != s->inode))
			gone(w, s);
	}
}

static void look_into(struct relay_watch *w, unsigned directory)
{
	DIR *dir = opendir(w->directories[directory - 1]);
	struct dirent *d;
	struct stat st;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (relay_name_ok(d->d_name) &&
		    fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISSOCK(st.st_mode))
			seen(w, directory, d->d_name, st.st_ino);
	}
	if (dir != NULL)
		closedir(dir);
}

static void look(struct relay_watch *w)
{
	check_known(w);
	for (unsigned i = 0; i < ARRAY_LEN(w->directories); i++) {
		/* First the watch, so that nothing comes between it and the look. */
		w->ids[i] =
		    inotify_add_watch(w->io.fd, w->directories[i], COMES | GOES | IN_ONLYDIR);
		look_into(w, i + 1);
	}
}

/* Is it about one of the directories, or something in one? */
static bool concerns(struct relay_watch *w, const struct inotify_event *ev)
{
	for (unsigned i = 0; i < ARRAY_LEN(w->directories); i++) {
		const char *base = strrchr(w->directories[i], '/') + 1;
		struct relay_socket *s;

		if (ev->wd != w->ids[i]) {
			if (ev->len > 0 && strcmp(ev->name, base) == 0)
				return true;
			continue;
		}
		s = ev->len > 0 && (ev->mask & GOES) != 0 ? find(w, i + 1, ev->name) : NULL;
		if (s != NULL)
			gone(w, s);
		return true;
	}
	return (ev->mask & IN_Q_OVERFLOW) != 0;
}

static void on_events(void *arg, short revents)
{
	struct relay_watch *w = arg;
	char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(w->io.fd, bytes, sizeof(bytes));
	bool worth = false;

	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *ev = (const struct inotify_event *)(bytes + at);

		worth |= concerns(w, ev);
		at += (ssize_t)(sizeof(*ev) + ev->len);
	}
	if (worth)
		look(w);
}

static int watch_parents(struct relay_watch *w, struct err *e)
{
	for (unsigned i = 0; i < ARRAY_LEN(w->directories); i++) {
		char parent[200];

		str_copy(parent, sizeof(parent), w->directories[i]);
		*strrchr(parent, '/') = '\0';
		if (inotify_add_watch(w->io.fd, parent, COMES | GOES | IN_ONLYDIR) < 0)
			return err_set(e, errno, "watch %s", parent);
	}
	return 0;
}

int relay_watch_open(struct relay_watch *w, struct loop *l, struct err *e)
{
	w->loop = l;
	w->io = (struct loop_io){.events = POLLIN, .fn = on_events, .arg = w};
	w->io.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->io.fd < 0)
		return err_set(e, errno, "watch for control sockets");
	if (watch_parents(w, e) < 0) {
		fd_close(&w->io.fd);
		return -1;
	}
	loop_io_add(l, &w->io);
	look(w);
	return 0;
}

void relay_watch_close(struct relay_watch *w)
{
	if (w->io.fd < 0)
		return;
	loop_io_del(w->loop, &w->io);
	fd_close(&w->io.fd);
}
