/*
 * relay: the process that faces the clients of the guest's control sockets.
 *
 * Who may write to a socket is a matter of its mode and group.  What clients
 * say is not understood here, only numbered and passed to the machine process,
 * which passes it to the guest; src/relay/ does the work.
 *
 * It sees what strangers send, so it has no privileges but one: a client's own
 * socket belongs to the client and may be written by nobody else, and answering
 * it takes CAP_DAC_OVERRIDE.  What that could be good for besides is shut by
 * the list of system calls: none that opens, makes, changes or removes a file.
 * It answers only who spoke first.
 *
 * When it ends before its time the daemon goes on without it: the router works,
 * the sockets are taken away, and the log says what brings them back.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/conn.h"
#include "daemon/process.h"
#include "daemon/relay.h"
#include "relay/relay.h"

/* Above what one look at all clients can add to RELAY_WAITING. */
#define MACHINE_QUEUE (4u << 20)

struct relay {
	struct loop *loop;
	struct conn machine;
	struct relay_host *host;
	int handed;
};

/* From the relay's end to the guest. */
static void to_guest(void *arg, const struct wire_msg *m)
{
	struct relay *r = arg;

	conn_send(&r->machine, m);
	if (r->machine.out.len > RELAY_WAITING)
		relay_host_pause(r->host, true);
}

static void on_drained(void *arg)
{
	struct relay *r = arg;

	if (r->machine.out.len < RELAY_WAITING / 2)
		relay_host_pause(r->host, false);
}

static void listen_on(struct relay *r, const struct wire_msg *m)
{
	struct err e = {0};
	uint8_t byte;
	int fd = -1;

	if (unix_recv(r->handed, &byte, sizeof(byte), &fd, &e) < 0 || fd < 0 ||
	    relay_host_listen(r->host, m->socket.directory, m->socket.name, fd, &e) < 0)
		log_error("socket %s is not passed on: %s", m->socket.name, e.text);
}

static void on_message(void *arg, struct wire_msg *m)
{
	struct relay *r = arg;

	if (m->type == WIRE_SOCKET && m->socket.present == 1)
		listen_on(r, m);
	else
		relay_host_message(r->host, m);
}

static void on_gone(void *arg, const struct err *why)
{
	struct relay *r = arg;

	loop_stop(r->loop, 0);
}

static const struct conn_ops machine_ops = {on_message, on_gone, on_drained};

/* Lines go where all lines of the daemon go. */
static void log_to_machine(void *arg, enum log_level level, const char *text)
{
	struct relay *r = arg;
	struct wire_msg m = {.type = WIRE_LOG, .log = {.level = (uint8_t)level}};

	str_copy(m.log.source, sizeof(m.log.source), "relay");
	str_copy(m.log.text, sizeof(m.log.text), text);
	if (r->machine.out.len < MACHINE_QUEUE / 2)
		conn_send(&r->machine, &m);
}

int relay_main(int machine, int handed, struct err *e)
{
	static struct relay r;

	r.loop = loop_new(e);
	if (r.loop == NULL)
		return -1;
	r.handed = handed;
	r.host = relay_host_new(r.loop, to_guest, &r, e);
	if (r.host == NULL || fd_nonblock(handed, e) < 0)
		return -1;
	/* From here on it meets strangers. */
	if (process_filter_relay(e) < 0)
		return -1;
	conn_open(&r.machine, r.loop, machine, MACHINE_QUEUE, &machine_ops, &r);
	log_open(log_to_machine, &r, "airlock", LEVEL_DEBUG);
	return loop_run(r.loop, e);
}
