/*
 * start, run, stop, restart: the life of the router from the outside.
 *
 * `start` runs the daemon in the background and reads its standard error until
 * the byte that says "the control socket is there"; what comes instead is why
 * it failed.  Then it follows the states until the router is online.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define READY_BYTE '\006'

/* Pass on what the daemon says until it is ready (0) or has failed (its status). */
static int wait_ready(int fd, pid_t pid)
{
	char bytes[512];
	ssize_t n;
	int status;

	while ((n = read(fd, bytes, sizeof(bytes))) != 0) {
		const char *ready;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		ready = memchr(bytes, READY_BYTE, (size_t)n);
		if (ready != NULL)
			n = ready - bytes;
		if (n > 0 && write(STDERR_FILENO, bytes, (size_t)n) < 0)
			return ERR_FAILED;
		if (ready != NULL)
			return 0;
	}
	status = child_wait(pid);
	return status > 0 && status < 128 ? status : ERR_FAILED;
}

static int spawn_daemon(struct cli *c, struct err *e)
{
	char path[600];
	const char *argv[] = {path, "-b", "-n", c->machine, "-c", c->conf_path, NULL};
	struct child_spec spec = {.argv = argv, .in = -1, .out = -1};
	int p[2], rc;
	pid_t pid;

	if (cli_find_daemon(path, sizeof(path), e) < 0)
		return -1;
	if (!c->conf_given && access(c->conf_path, F_OK) < 0)
		argv[4] = NULL; /* everything has a default */
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	spec.err = p[1];
	pid = child_spawn(&spec, e);
	close(p[1]);
	rc = pid < 0 ? -1 : wait_ready(p[0], pid);
	close(p[0]);
	return rc;
}

int cmd_start(struct cli *c, int argc, char **argv)
{
	struct err e = {0}, ignored = {0};
	int rc;

	if (argc > 1)
		return cli_usage("start");
	rc = spawn_daemon(c, &e);
	if (rc > 0)
		return rc; /* the daemon said why */
	if (rc == 0 && cli_ask_and_watch(c, WIRE_VERB_WAIT_ONLINE, "",
			   (int)c->conf->guest.start_timeout_ms, &e) == 0)
		return 0;
	/*
	 * A daemon that has given up is about to end: the next start shall not meet it.
	 * One whose host sleeps stays.
	 */
	if (rc == 0 && e.num != ETIMEDOUT && e.kind != ERR_NOT_RUNNING)
		cli_wait_gone(c, &ignored);
	return cli_fail(&e);
}

int cmd_run(struct cli *c, int argc, char **argv)
{
	struct err e = {0};
	char path[600];

	if (argc > 1)
		return cli_usage("run");
	if (cli_find_daemon(path, sizeof(path), &e) < 0)
		return cli_fail(&e);
	if (c->conf_given || access(c->conf_path, F_OK) == 0)
		execl(path, path, "-n", c->machine, "-c", c->conf_path, (char *)NULL);
	else
		execl(path, path, "-n", c->machine, (char *)NULL);
	err_set(&e, errno, "run %s", path);
	return cli_fail(&e);
}

int cmd_stop(struct cli *c, int argc, char **argv)
{
	struct err e = {0};

	if (argc > 1)
		return cli_usage("stop");
	if (cli_ask_and_watch(c, WIRE_VERB_STOP, "", -1, &e) < 0)
		return cli_fail(&e);
	return cli_wait_gone(c, &e) < 0 ? cli_fail(&e) : 0;
}

int cmd_restart(struct cli *c, int argc, char **argv)
{
	struct err e = {0};

	if (argc > 2)
		return cli_usage("restart");
	if (cli_ask_and_watch(c, WIRE_VERB_RESTART, argc == 2 ? argv[1] : "guest",
		(int)(c->conf->guest.start_timeout_ms + c->conf->guest.stop_timeout_ms),
		&e) < 0)
		return cli_fail(&e);
	return 0;
}
