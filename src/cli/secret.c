/*
 * secret: a passphrase, asked for.
 *
 * On a terminal it is read from /dev/tty with the echo off, and whatever ends
 * the reading, a signal too, puts the terminal back first.  Otherwise the first
 * line of standard input is it.  It is never an argument: those are everybody's
 * to read.  Every buffer that held a byte of it is wiped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/wlan.h"

/*
 * A line without its end.  More than `size` - 1 bytes come back as they are cut, one
 * too many for any secret.  0, or -1 with *e.
 */
static int read_line(int fd, char *dst, size_t size, struct err *e)
{
	size_t len = 0;
	char byte;

	for (;;) {
		ssize_t n = read(fd, &byte, 1);

		if (n < 0 && errno == EINTR && !wlan_interrupted())
			continue;
		if (n < 0 && errno == EINTR)
			return err_set(e, 0, "given up");
		if (n < 0)
			return err_set(e, errno, "read the passphrase");
		if (n == 0 || byte == '\n')
			break;
		if (byte == '\0')
			return err_set(e, 0, "a passphrase has no zero byte in it");
		if (len < size - 1)
			dst[len++] = byte;
	}
	if (len > 0 && dst[len - 1] == '\r')
		len--;
	dst[len] = '\0';
	byte = '\0';
	return 0;
}

/* Is there more behind the first line, without waiting for it? */
static int check_end(int fd, struct err *e)
{
	struct pollfd p = {fd, POLLIN, 0};
	char byte;

	while (poll(&p, 1, 0) == 1 && read(fd, &byte, 1) == 1)
		if (byte != '\n' && byte != '\r')
			return err_set(e, 0,
			    "standard input has more than one line; "
			    "a passphrase has no newline in it");
	return 0;
}

static int ask_terminal(int tty, const char *what, char *dst, size_t size, struct err *e)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, stop;
	struct termios was, quiet;
	int rc;

	if (tcgetattr(tty, &was) < 0)
		return err_set(e, errno, "the terminal");
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	/* Stopped with the echo off, the shell would have a silent terminal. */
	sigaction(SIGTSTP, &ignore, &stop);
	dprintf(tty, "%s: ", what);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	rc = read_line(tty, dst, size, e);
	tcsetattr(tty, TCSAFLUSH, &was);
	dprintf(tty, "\n");
	sigaction(SIGTSTP, &stop, NULL);
	return rc;
}

int wlan_secret(const char *what, char *dst, size_t size, struct err *e)
{
	auto_fd tty =
	    isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
	int rc;

	wlan_mind_signals();
	if (tty >= 0)
		rc = ask_terminal(tty, what, dst, size, e);
	else if (read_line(STDIN_FILENO, dst, size, e) == 0)
		rc = check_end(STDIN_FILENO, e);
	else
		rc = -1;
	if (rc < 0)
		explicit_bzero(dst, size);
	return rc;
}
