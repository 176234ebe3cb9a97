/*
 * child: programs started with nothing but what they are given.
 *
 * Between fork and exec the child makes a session of its own, moves its three
 * standard descriptors into place, closes every other descriptor that is not
 * named, drops to the user it shall be and resets its signals.  A failure on
 * that way comes back through a close-on-exec pipe as errno and step, so that
 * the caller learns "no such file" from child_spawn itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

#define OUT_MAX (1 << 20)

static char *const default_env[] = {
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin", "LANG=C.UTF-8", NULL};

struct failure {
	int num;
	char step[32];
};

/* The lowest descriptor from `from` on that stays open, or INT_MAX. */
static int next_kept(const struct child_spec *s, int report, int from)
{
	int next = report >= from ? report : INT_MAX;

	for (size_t i = 0; i < s->keep_count; i++)
		if (s->keep_fds[i] >= from)
			next = MIN(next, s->keep_fds[i]);
	return next;
}

static void close_others(const struct child_spec *s, int report)
{
	int from = STDERR_FILENO + 1, kept;

	while ((kept = next_kept(s, report, from)) != INT_MAX) {
		self_close_range(from, kept - 1);
		from = kept + 1;
	}
	self_close_range(from, INT_MAX);
	for (size_t i = 0; i < s->keep_count; i++)
		fcntl(s->keep_fds[i], F_SETFD, 0);
}

/* Standard descriptors: first out of the way of 0 to 2, then into place. */
static int place_standard(const struct child_spec *s)
{
	int want[3] = {s->in, s->out, s->err};

	for (int i = 0; i < 3; i++) {
		want[i] = want[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : want[i];
		if (want[i] < 0)
			return -1;
		want[i] = fcntl(want[i], F_DUPFD_CLOEXEC, 3);
		if (want[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(want[i], i) < 0)
			return -1;
	return 0;
}

static int become(const struct child_spec *s)
{
	if (s->gid != 0 && (setgroups(0, NULL) < 0 || setresgid(s->gid, s->gid, s->gid) < 0))
		return -1;
	if (s->uid != 0 && setresuid(s->uid, s->uid, s->uid) < 0)
		return -1;
	return 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run(const struct child_spec *s, int report, pid_t parent)
{
	struct failure f = {0};
	char *const *env = s->envp != NULL ? (char *const *)(uintptr_t)s->envp : default_env;
	const char *step = "prepare";

	setsid();
	reset_signals();
	if (place_standard(s) < 0)
		goto fail;
	close_others(s, report);
	step = "set priority";
	if (s->nice != 0 && setpriority(PRIO_PROCESS, 0, s->nice) < 0)
		goto fail;
	step = "change user";
	if (become(s) < 0)
		goto fail;
	/* After the change of user, which clears it. */
	if (s->die_with_us && self_die_with(parent) < 0)
		_exit(126);
	step = "start";
	self_exec((char *const *)(uintptr_t)s->argv, env);
fail:
	f.num = errno;
	str_copy(f.step, sizeof(f.step), step);
	if (write(report, &f, sizeof(f)) < 0)
		_exit(125);
	_exit(126);
}

pid_t child_spawn(const struct child_spec *s, struct err *e)
{
	struct failure f = {0};
	pid_t parent = getpid(), pid;
	int fds[2];
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(e, errno, "start %s: pipe", s->argv[0]);
	pid = fork();
	if (pid == 0) {
		/* Above every descriptor that is to keep its number. */
		int report = fcntl(fds[1], F_DUPFD_CLOEXEC, 200);

		run(s, report < 0 ? fds[1] : report, parent);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return err_set(e, errno, "start %s: fork", s->argv[0]);
	}
	do
		n = read(fds[0], &f, sizeof(f));
	while (n < 0 && errno == EINTR);
	close(fds[0]);
	if (n != (ssize_t)sizeof(f))
		return pid;
	waitpid(pid, NULL, 0);
	f.step[sizeof(f.step) - 1] = '\0';
	return err_set(e, f.num, "%s %s", f.step, s->argv[0]);
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return exit_status(status);
}

bool child_has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) != 0;
}

/* Feed and drain a child's pipes until both of its outputs are closed. */
static void converse(int in, const char *text, int out, struct buf *b, int err, struct buf *eb)
{
	size_t left = text != NULL ? strlen(text) : 0;

	while (out >= 0 || err >= 0) {
		struct pollfd p[3] = {
		    {left > 0 ? in : -1, POLLOUT, 0}, {out, POLLIN, 0}, {err, POLLIN, 0}};
		char chunk[4096];
		ssize_t n;

		if (left == 0)
			fd_close(&in);
		if (poll(p, 3, -1) < 0)
			continue;
		if (p[0].revents != 0) {
			/* No more than PIPE_BUF after POLLOUT: never blocks. */
			n = write(in, text, MIN(left, (size_t)4096));
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				left = 0;
			text += MAX(n, 0);
			left -= (size_t)MAX(n, 0);
		}
		for (int i = 1; i < 3; i++) {
			struct buf *to = i == 1 ? b : eb;

			if (p[i].revents == 0)
				continue;
			n = read(p[i].fd, chunk, sizeof(chunk));
			if (n <= 0)
				fd_close(i == 1 ? &out : &err);
			else if (to != NULL && to->len + (size_t)n <= OUT_MAX)
				buf_add(to, chunk, (size_t)n);
		}
	}
	fd_close(&in);
}

static void put_last_line(struct err *e, const char *program, int status, struct buf *b)
{
	char *line;

	while (b->len > 0 && (b->data[b->len - 1] == '\n' || b->data[b->len - 1] == ' '))
		b->data[--b->len] = '\0';
	line = b->len > 0 ? strrchr(b->data, '\n') : NULL;
	line = line != NULL ? line + 1 : b->data;
	if (b->len > 0)
		err_set(e, 0, "%s: %s", program, line);
	else
		err_set(e, 0, "%s: exit status %d", program, status);
}

int child_run(const char *const *argv, const char *in, struct buf *out, struct err *e)
{
	int ip[2] = {-1, -1}, op[2] = {-1, -1}, ep[2] = {-1, -1};
	struct buf errors = {0};
	struct err ignored;
	int status = -1;
	pid_t pid = -1;

	e = e != NULL ? e : &ignored;
	if (pipe2(ip, O_CLOEXEC) < 0 || pipe2(op, O_CLOEXEC) < 0 || pipe2(ep, O_CLOEXEC) < 0) {
		err_set(e, errno, "run %s: pipe", argv[0]);
	} else {
		struct child_spec s = {.argv = argv, .in = ip[0], .out = op[1], .err = ep[1]};

		pid = child_spawn(&s, e);
	}
	fd_close(&ip[0]);
	fd_close(&op[1]);
	fd_close(&ep[1]);
	if (pid > 0) {
		void (*old)(int) = signal(SIGPIPE, SIG_IGN);

		converse(fd_take(&ip[1]), in, fd_take(&op[0]), out, fd_take(&ep[0]), &errors);
		status = child_wait(pid);
		signal(SIGPIPE, old);
		if (status != 0)
			put_last_line(e, argv[0], status, &errors);
	}
	fd_close(&ip[1]);
	fd_close(&op[0]);
	fd_close(&ep[0]);
	buf_fini(&errors);
	return status;
}
