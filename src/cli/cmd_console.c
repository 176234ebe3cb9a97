/*
 * console: the guest's serial console in this terminal.
 *
 * What the console said before comes first.  On a terminal, keys go through
 * raw and Ctrl-] (as in telnet) leaves; otherwise standard input is sent and
 * its end leaves after the console was quiet for a moment, so that scripts can
 * use it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"

#define ESCAPE_KEY 0x1d
#define QUIET_MS   1000

static struct termios before;

static void restore_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

static void make_raw(void)
{
	struct termios raw;

	tcgetattr(STDIN_FILENO, &before);
	atexit(restore_terminal);
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
}

/* Bytes of the user; false when he wants to leave. */
static bool take_input(struct cli_call *call, bool terminal, bool *ended, struct err *e)
{
	char keys[512];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0) {
		*ended = true;
		return !terminal;
	}
	for (ssize_t i = 0; terminal && i < n; i++)
		if (keys[i] == ESCAPE_KEY)
			return false;
	return cli_send_bytes(call, keys, (size_t)n, e) == 0;
}

static int converse(struct cli_call *call, bool terminal, struct err *e)
{
	bool ended = false;
	struct wire_msg m;

	for (;;) {
		struct pollfd p[2] = {
		    {call->fd, POLLIN, 0}, {ended ? -1 : STDIN_FILENO, POLLIN, 0}};
		int rc = poll(p, 2, ended ? QUIET_MS : -1);

		if (rc == 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (rc > 0 && p[1].revents != 0 && !take_input(call, terminal, &ended, e))
			return e->kind != 0 ? -1 : 0;
		if (rc <= 0 || p[0].revents == 0)
			continue;
		while ((rc = cli_next(call, &m, 0, e)) == 1) {
			if (m.type == WIRE_REPLY)
				return cli_reply(&m, e);
			if (m.type == WIRE_BYTES &&
			    fd_write_all(STDOUT_FILENO, m.bytes.data, m.bytes.len, e) < 0)
				return -1;
		}
		if (rc < 0)
			return -1;
	}
}

int cmd_console(struct cli *c, int argc, char **argv)
{
	bool terminal = isatty(STDIN_FILENO);
	struct cli_call call;
	struct err e = {0};
	int rc;

	if (argc > 1)
		return cli_usage("console");
	if (cli_ask(c, &call, WIRE_VERB_CONSOLE, "", true, &e) < 0)
		return cli_fail(&e);
	if (terminal) {
		/* Keys from before this are thrown away: who reads the line may type. */
		make_raw();
		fprintf(stderr, "The console of the guest; Ctrl-] leaves.\r\n");
	}
	rc = converse(&call, terminal, &e);
	cli_hang_up(&call);
	if (terminal) {
		restore_terminal();
		fprintf(stderr, "\n");
	}
	return rc < 0 ? cli_fail(&e) : 0;
}
