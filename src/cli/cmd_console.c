/*
 * console: the guest's serial console in this terminal.
 *
 * What the console said before comes first, then a line that names the key which
 * leaves (console_escape), then what is said now.  Several may look on; one
 * writes, and the daemon tells each when that changes: by a line of level info for
 * the one who writes, warn for the others.  The first such line also ends the
 * past, and only then is standard input read: answers of a terminal to what the
 * past asked of it are thrown away.
 *
 * On a terminal keys go through raw.  Otherwise standard input is sent and its end
 * leaves after the console was quiet for a moment, so that scripts can use it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"

#define QUIET_MS 1000

struct console {
	struct cli_call call;
	uint8_t escape; /* the control character that leaves */
	bool terminal;  /* standard input is one */
	bool live;      /* the past is over */
	bool writes, input_ended;
};

static struct termios before;

static void restore_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

/* A signal must not leave the terminal raw; tcsetattr(3) may be called here. */
static void on_signal(int signo)
{
	restore_terminal();
	_exit(128 + signo);
}

static void make_raw(void)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
	struct sigaction sa = {.sa_handler = on_signal};
	struct termios raw;

	tcgetattr(STDIN_FILENO, &before);
	atexit(restore_terminal);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &sa, NULL);
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
}

/* Bytes of the user; false when he wants to leave, or with *e. */
static bool take_input(struct console *t, struct err *e)
{
	char keys[512];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0) {
		t->input_ended = true;
		return !t->terminal;
	}
	if (t->terminal && memchr(keys, t->escape, (size_t)n) != NULL)
		return false;
	if (t->writes)
		return cli_send_bytes(&t->call, keys, (size_t)n, e) == 0;
	if (t->terminal) {
		fputc('\a', stderr);
		return true;
	}
	err_set(e, 0, "another terminal is writing on the console");
	err_hint(e, "airlock console -f");
	return false;
}

/* The daemon says who writes. */
static void take_notice(struct console *t, const struct wire_msg *m)
{
	char text[4 * sizeof(m->log.text)];

	str_clean(text, sizeof(text), m->log.text, strlen(m->log.text));
	t->writes = m->log.level == LEVEL_INFO;
	if (!t->live && t->terminal) {
		tcflush(STDIN_FILENO, TCIFLUSH);
		fprintf(stderr, "\r\n[The console of the guest; ^%c (Ctrl-%c) leaves.]\r\n",
		    t->escape + '@', t->escape + '@');
	}
	if ((t->live || !t->writes) && (t->terminal || !t->input_ended))
		fprintf(stderr, "%s[%s]%s\n", t->terminal ? "\r\n" : "", text,
		    t->terminal ? "\r" : "");
	t->live = true;
}

static int take_messages(struct console *t, bool *ended, struct err *e)
{
	struct wire_msg m;
	int rc;

	while ((rc = cli_next(&t->call, &m, 0, e)) == 1) {
		if (m.type == WIRE_REPLY) {
			*ended = true;
			return cli_reply(&m, e);
		}
		if (m.type == WIRE_LOG)
			take_notice(t, &m);
		if (m.type == WIRE_BYTES &&
		    fd_write_all(STDOUT_FILENO, m.bytes.data, m.bytes.len, e) < 0)
			return -1;
	}
	return rc;
}

static int converse(struct console *t, struct err *e)
{
	bool ended = false;

	for (;;) {
		int input = t->live && !t->input_ended ? STDIN_FILENO : -1;
		struct pollfd p[2] = {{t->call.fd, POLLIN, 0}, {input, POLLIN, 0}};
		int rc = poll(p, 2, t->input_ended ? QUIET_MS : -1);

		if (rc == 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (rc > 0 && p[1].revents != 0 && !take_input(t, e))
			return e->kind != 0 ? -1 : 0;
		if (rc > 0 && p[0].revents != 0) {
			rc = take_messages(t, &ended, e);
			if (rc < 0 || ended)
				return rc;
		}
	}
}

int cmd_console(struct cli *c, int argc, char **argv)
{
	struct console t = {
	    .escape = c->conf->console_escape, .terminal = isatty(STDIN_FILENO)};
	bool force = false;
	const struct cli_option options[] = {
	    {"-f", &force, NULL}, {"--force", &force, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("console", argc, argv, options), rc;
	struct err e = {0};

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("console");
	if (cli_ask(c, &t.call, WIRE_VERB_CONSOLE, force ? "force" : "", true, &e) < 0)
		return cli_fail(&e);
	if (t.terminal)
		make_raw();
	rc = converse(&t, &e);
	cli_hang_up(&t.call);
	if (t.terminal) {
		restore_terminal();
		fprintf(stderr, "\n");
	}
	return rc < 0 ? cli_fail(&e) : 0;
}
