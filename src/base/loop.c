/*
 * loop: poll(2), a sorted list of timers, children and signals.
 *
 * Signals, SIGCHLD among them, are turned into bytes of a pipe, so every
 * callback runs from loop_run and may do anything.  Watchers are linked in
 * place.  A removal during dispatch is safe: the round holds an array of the
 * watchers it polled, and loop_io_del empties the slot.
 *
 * It never wakes up by itself: without a timer poll waits for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

struct loop {
	struct loop_io *ios;
	struct loop_timer *timers; /* by due_ms */
	struct loop_child *children;
	struct loop_signal *signals;
	struct loop_io wake;
	int wake_fds[2];
	bool reap_all, stopped;
	int result;
	size_t io_count;
	/* of the round under way */
	struct pollfd *polled;
	struct loop_io **polled_io;
	size_t polled_cap, polled_count;
};

/* Written by the signal handler; one loop a process, so one pipe. */
static int signal_pipe = -1;

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void on_signal(int signo)
{
	int saved = errno;
	uint8_t byte = (uint8_t)signo;

	/* A full pipe has a wake-up in it already. */
	if (write(signal_pipe, &byte, 1) < 0)
		errno = saved;
	errno = saved;
}

/* Take a watcher off the list and tell it. */
static void child_ended(struct loop *l, struct loop_child *c, int status)
{
	loop_child_del(l, c);
	c->fn(c->arg, status);
}

static struct loop_child *find_child(const struct loop *l, pid_t pid)
{
	struct loop_child *c = l->children;

	while (c != NULL && c->pid != pid)
		c = c->next;
	return c;
}

/*
 * PID 1 reaps whoever ended.  It looks before it reaps: a watched child that
 * ends between two calls must not be taken for a stranger.
 */
static void reap_everybody(struct loop *l)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
		struct loop_child *c = find_child(l, info.si_pid);
		int status;

		if (waitpid(info.si_pid, &status, 0) == info.si_pid && c != NULL)
			child_ended(l, c, status);
		info.si_pid = 0;
	}
}

static void reap(struct loop *l)
{
	struct loop_child *c = l->children, *next;
	int status;

	if (l->reap_all) {
		reap_everybody(l);
		return;
	}
	for (; c != NULL; c = next) {
		next = c->next;
		if (waitpid(c->pid, &status, WNOHANG) != c->pid)
			continue;
		child_ended(l, c, status);
		next = l->children; /* the callback may have changed the list */
	}
}

static void on_wake(void *arg, short revents)
{
	struct loop *l = arg;
	uint8_t bytes[64];
	ssize_t n = read(l->wake_fds[0], bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++) {
		struct loop_signal *next;

		if (bytes[i] == SIGCHLD)
			reap(l);
		for (struct loop_signal *s = l->signals; s != NULL; s = next) {
			next = s->next;
			if (s->signo == bytes[i])
				s->fn(s->arg, s->signo);
		}
	}
}

static int catch_signal(int signo, struct err *e)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	if (sigaction(signo, &sa, NULL) < 0 || sigprocmask(SIG_UNBLOCK, &set, NULL) < 0)
		return err_set(e, errno, "catch signal %d", signo);
	return 0;
}

struct loop *loop_new(struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		err_set(e, ENOMEM, "make a loop");
		return NULL;
	}
	if (pipe2(l->wake_fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		err_set(e, errno, "make a pipe");
		free(l);
		return NULL;
	}
	signal_pipe = l->wake_fds[1];
	l->wake =
	    (struct loop_io){.fd = l->wake_fds[0], .events = POLLIN, .fn = on_wake, .arg = l};
	loop_io_add(l, &l->wake);
	signal(SIGPIPE, SIG_IGN);
	if (catch_signal(SIGCHLD, e) < 0) {
		loop_free(l);
		return NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	signal(SIGCHLD, SIG_DFL);
	for (struct loop_signal *s = l->signals; s != NULL; s = s->next)
		signal(s->signo, SIG_DFL);
	signal_pipe = -1;
	fd_close(&l->wake_fds[0]);
	fd_close(&l->wake_fds[1]);
	free(l->polled);
	free(l->polled_io);
	free(l);
}

void loop_io_add(struct loop *l, struct loop_io *io)
{
	io->next = l->ios;
	l->ios = io;
	l->io_count++;
}

void loop_io_del(struct loop *l, struct loop_io *io)
{
	for (struct loop_io **at = &l->ios; *at != NULL; at = &(*at)->next) {
		if (*at != io)
			continue;
		*at = io->next;
		io->next = NULL;
		l->io_count--;
		break;
	}
	for (size_t i = 0; i < l->polled_count; i++)
		if (l->polled_io[i] == io)
			l->polled_io[i] = NULL;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ms)
{
	struct loop_timer **at = &l->timers;

	loop_timer_del(l, t);
	t->due_ms = now_ms() + ms;
	t->armed = true;
	while (*at != NULL && (*at)->due_ms <= t->due_ms)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

void loop_timer_del(struct loop *l, struct loop_timer *t)
{
	if (!t->armed)
		return;
	t->armed = false;
	for (struct loop_timer **at = &l->timers; *at != NULL; at = &(*at)->next) {
		if (*at == t) {
			*at = t->next;
			return;
		}
	}
}

void loop_child_add(struct loop *l, struct loop_child *c)
{
	uint8_t byte = SIGCHLD;

	c->next = l->children;
	l->children = c;
	/* It may have ended before it was watched. */
	if (write(l->wake_fds[1], &byte, 1) < 0)
		errno = 0;
}

void loop_child_del(struct loop *l, struct loop_child *c)
{
	for (struct loop_child **at = &l->children; *at != NULL; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			return;
		}
	}
}

void loop_signal_add(struct loop *l, struct loop_signal *s)
{
	struct err e = {0};

	s->next = l->signals;
	l->signals = s;
	if (catch_signal(s->signo, &e) < 0)
		log_error("%s", e.text);
}

void loop_reap_all(struct loop *l)
{
	l->reap_all = true;
}

void loop_stop(struct loop *l, int result)
{
	l->stopped = true;
	l->result = result;
}

static int collect(struct loop *l, struct err *e)
{
	if (l->polled_cap < l->io_count) {
		size_t cap = l->io_count + 16;
		struct pollfd *polled = realloc(l->polled, cap * sizeof(*polled));
		struct loop_io **ios;

		if (polled == NULL)
			return err_set(e, ENOMEM, "poll %zu descriptors", cap);
		l->polled = polled;
		ios = realloc(l->polled_io, cap * sizeof(struct loop_io *));
		if (ios == NULL)
			return err_set(e, ENOMEM, "poll %zu descriptors", cap);
		l->polled_io = ios;
		l->polled_cap = cap;
	}
	l->polled_count = 0;
	for (struct loop_io *io = l->ios; io != NULL; io = io->next) {
		l->polled[l->polled_count] =
		    (struct pollfd){.fd = io->fd, .events = io->events};
		l->polled_io[l->polled_count++] = io;
	}
	return 0;
}

static int until_next_timer(const struct loop *l)
{
	uint64_t now = now_ms();

	if (l->timers == NULL)
		return -1;
	return l->timers->due_ms <= now ? 0 : (int)MIN(l->timers->due_ms - now, 1u << 30);
}

static void fire_timers(struct loop *l)
{
	uint64_t now = now_ms();

	while (!l->stopped && l->timers != NULL && l->timers->due_ms <= now) {
		struct loop_timer *t = l->timers;

		l->timers = t->next;
		t->armed = false;
		t->fn(t->arg);
	}
}

int loop_run(struct loop *l, struct err *e)
{
	l->stopped = false;
	while (!l->stopped) {
		int n;

		if (collect(l, e) < 0)
			return -1;
		n = poll(l->polled, (nfds_t)l->polled_count, until_next_timer(l));
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		for (size_t i = 0; n > 0 && i < l->polled_count && !l->stopped; i++) {
			struct loop_io *io = l->polled_io[i];

			if (io != NULL && l->polled[i].revents != 0)
				io->fn(io->arg, l->polled[i].revents);
		}
		l->polled_count = 0;
		fire_timers(l);
	}
	return l->result;
}
