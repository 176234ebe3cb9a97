/*
 * watch_freebsd: places watched by a queue of the kernel's, and a thread that waits on it.
 *
 * EVFILT_VNODE watches what is open, so each place is opened, for reading, by root.  A
 * queue cannot be given to another process (kqueue(2)); a pipe can.  So a thread waits
 * for the first event, writes a byte into the pipe and ends; it ends as well when whoever
 * had the other end has closed it.  It shares nothing with the rest of the process: what
 * it uses was handed over to it.  inotify(2) came with 15.0.
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/event.h>
#include <unistd.h>

#include "daemon/watch.h"

#define PLACES_MAX 96
#define STACK      (64u << 10)

struct watch_set {
	int queue;
	int place[PLACES_MAX];
	size_t count;
	int pipe[2];
};

static const unsigned notes[] = {
    [WATCH_FILE] =
	NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_DELETE | NOTE_RENAME | NOTE_REVOKE,
    [WATCH_FOLDER] = NOTE_WRITE | NOTE_DELETE | NOTE_RENAME | NOTE_REVOKE,
    [WATCH_STEP] = NOTE_WRITE | NOTE_DELETE | NOTE_RENAME | NOTE_REVOKE,
};

struct watch_set *watch_set_new(struct err *e)
{
	struct watch_set *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_set(e, ENOMEM, "watch");
		return NULL;
	}
	s->pipe[0] = s->pipe[1] = -1;
	/* No child has it: kqueue(2). */
	s->queue = kqueue();
	if (s->queue >= 0 && pipe2(s->pipe, O_CLOEXEC | O_NONBLOCK) == 0)
		return s;
	err_set(e, errno, "make a queue of events");
	watch_set_free(s);
	return NULL;
}

int watch_set_add(struct watch_set *s, const char *path, enum watch_place place, struct err *e)
{
	/* What is no file must not make us wait. */
	auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct kevent change;

	/* A place that is gone by now is told by the directory it was in. */
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ENXIO
			   ? 0
			   : err_set(e, errno, "watch %s", path);
	if (s->count == PLACES_MAX)
		return err_set(e, E2BIG, "watch %s", path);
	EV_SET(&change, fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, notes[place], 0, NULL);
	if (kevent(s->queue, &change, 1, NULL, 0, NULL) < 0)
		return err_set(e, errno, "watch %s", path);
	s->place[s->count++] = fd_take(&fd);
	return 0;
}

static void *wait_for_one(void *arg)
{
	struct watch_set *s = arg;
	struct kevent event;
	int n;

	do
		n = kevent(s->queue, NULL, 0, &event, 1, NULL);
	while (n < 0 && errno == EINTR);
	/* Nobody may be there to read it. */
	if (n > 0 && event.filter == EVFILT_VNODE && write(s->pipe[1], "", 1) < 0)
		log_debug("a change is not told: %s", strerror(errno));
	watch_set_free(s);
	return NULL;
}

/* No signal of the process is for the thread, which has no loop to tell. */
static int start(struct watch_set *s)
{
	pthread_attr_t how;
	pthread_t thread;
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&how);
	pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&how, STACK);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, &how, wait_for_one, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&how);
	return rc;
}

int watch_set_start(struct watch_set *s, struct err *e)
{
	int fd = fd_take(&s->pipe[0]), rc;
	struct kevent change;

	/* The end of the one who reads: told as an error of our end. */
	EV_SET(&change, s->pipe[1], EVFILT_READ, EV_ADD, 0, 0, NULL);
	rc = kevent(s->queue, &change, 1, NULL, 0, NULL) < 0 ? errno : start(s);
	if (rc == 0)
		return fd;
	watch_set_free(s);
	fd_close(&fd);
	return err_set(e, rc, "wait for events");
}

void watch_set_free(struct watch_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		fd_close(&s->place[i]);
	fd_close(&s->pipe[0]);
	fd_close(&s->pipe[1]);
	fd_close(&s->queue);
	free(s);
}
