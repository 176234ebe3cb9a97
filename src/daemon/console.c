/*
 * console: the guest's serial console, and the line to its simulated air.
 *
 * The console is always read, whoever watches: a full socket would slow the
 * guest's kernel down.  What it said stays in a ring, so that whoever attaches
 * sees what led there.  The port `airlock.sim` exists with the simulated radio
 * only and carries lines of text: a command each, an answer each.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/machine.h"

#define AIR_PORT     1
#define AIR_LINE_MAX 1024
#define DRAIN_CHUNKS 32

/* Read once.  False when there is nothing more now. */
static bool take_console(struct machine *m)
{
	uint8_t bytes[4096];
	ssize_t n = m->console_io.fd < 0 ? -1 : read(m->console_io.fd, bytes, sizeof(bytes));

	if (n > 0) {
		ring_add(&m->console, bytes, (size_t)n);
		m->console_said += (size_t)n;
		viewers_show(m, bytes, (size_t)n);
	} else if (m->console_io.fd >= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR))) {
		loop_io_del(m->loop, &m->console_io);
		m->console_io.fd = -1;
	}
	return n > 0;
}

static void on_console(void *arg, short revents)
{
	take_console(arg);
}

void console_panic(struct machine *m, char *dst, size_t size)
{
	static const char words[] = "Kernel panic - ";
	const uint8_t *part[2];
	struct buf text = {0};
	char *at, *found;
	size_t len[2];

	for (int i = 0; i < DRAIN_CHUNKS && take_console(m); i++)
		;
	ring_parts(&m->console, part, len);
	buf_add(&text, part[0], len[0]);
	buf_add(&text, part[1], len[1]);
	/* strstr() stops at a NUL, which no kernel says. */
	found = text.data + text.len - MIN(text.len, m->console_said);
	for (at = found = strstr(found, words); at != NULL; at = strstr(at + 1, words))
		found = at;
	if (found != NULL)
		found[strcspn(found, "\r\n")] = '\0';
	str_copy(dst, size, found != NULL ? found : "");
	buf_fini(&text);
}

static void answer_air(struct machine *m, char *line)
{
	bool good = strncmp(line, "ok", 2) == 0;
	struct err e = {0};

	if (!good)
		err_set(&e, 0, "the simulated air says: %s", line);
	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		if (m->requests[i].verb != WIRE_VERB_AIR)
			continue;
		clients_reply(m, &m->requests[i], good ? NULL : &e, line);
		return; /* one answer, one request: the oldest slot */
	}
}

static void on_air(void *arg, short revents)
{
	struct machine *m = arg;
	char bytes[512], *end;
	ssize_t n = read(m->air_io.fd, bytes, sizeof(bytes));

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			loop_io_del(m->loop, &m->air_io);
			m->air_io.fd = -1;
		}
		return;
	}
	buf_add(&m->air_answer, bytes, (size_t)n);
	while ((end = memchr(m->air_answer.data, '\n', m->air_answer.len)) != NULL) {
		*end = '\0';
		answer_air(m, m->air_answer.data);
		buf_drop(&m->air_answer, (size_t)(end - m->air_answer.data) + 1);
	}
	if (m->air_answer.len > AIR_LINE_MAX)
		buf_drop(&m->air_answer, m->air_answer.len);
}

int console_open(struct machine *m, struct err *e)
{
	m->console_said = 0;
	m->console_io = (struct loop_io){
	    .fd = m->driver->console_fd(m->vm), .events = POLLIN, .fn = on_console, .arg = m};
	if (m->console_io.fd >= 0)
		loop_io_add(m->loop, &m->console_io);
	if (!conf_simulated(&m->conf))
		return 0;
	m->air_io = (struct loop_io){.fd = m->driver->port_fd(m->vm, AIR_PORT),
	    .events = POLLIN,
	    .fn = on_air,
	    .arg = m};
	if (m->air_io.fd < 0)
		return err_set(e, 0, "%s gave no port for the simulated air", m->driver->name);
	loop_io_add(m->loop, &m->air_io);
	return 0;
}

void console_close(struct machine *m)
{
	struct loop_io *ios[] = {&m->console_io, &m->air_io};
	struct err gone = {0};

	err_set(&gone, 0, "the simulated air ended with its guest");

	for (size_t i = 0; i < ARRAY_LEN(ios); i++) {
		if (ios[i]->fn != NULL && ios[i]->fd >= 0)
			loop_io_del(m->loop, ios[i]);
		ios[i]->fd = -1;
	}
	buf_fini(&m->air_answer);
	for (size_t i = 0; i < MACHINE_CLIENTS; i++)
		if (m->requests[i].verb == WIRE_VERB_AIR)
			clients_reply(m, &m->requests[i], &gone, "");
}

void console_write(struct machine *m, const void *data, size_t len)
{
	/* A terminal's few bytes; what does not fit is lost, as on a wire. */
	if (m->vm != NULL && m->console_io.fd >= 0 && write(m->console_io.fd, data, len) < 0)
		log_debug("the console takes nothing now");
}

int console_air(struct machine *m, const char *line, struct err *e)
{
	char text[160];

	if (m->vm == NULL || m->air_io.fn == NULL || m->air_io.fd < 0)
		return err_set(e, 0, "there is no simulated air now");
	str_format(text, sizeof(text), "%s\n", line);
	if (strchr(line, '\n') != NULL || write(m->air_io.fd, text, strlen(text)) < 0)
		return err_set(e, errno, "tell the simulated air");
	return 0;
}
