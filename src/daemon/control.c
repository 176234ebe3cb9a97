/*
 * control: the process that faces the command line.
 *
 * Who may connect is a matter of the socket's mode and group.  This process
 * decodes what clients send, lets through only what a client may say (a
 * request, or bytes of a console), numbers it with the client's stream and
 * passes it on; answers come back with that number.  It keeps no state of the
 * router and has neither privileges nor files, so a malformed request meets
 * nothing worth having.
 *
 * A connection carries one request: the WIRE_REPLY that ends it closes it.
 * When a client goes before that, the machine is told by a request of verb 0.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/conn.h"
#include "daemon/control.h"

#define CLIENT_QUEUE  (2u << 20)
#define MACHINE_QUEUE (8u << 20)
#define HURRY_MS      2000

struct client {
	struct conn conn;
	struct control *control;
	uint16_t stream;
	bool used, asked;
};

struct control {
	struct loop *loop;
	struct loop_io listener;
	struct conn machine;
	struct loop_timer hurry; /* ends waiting for clients that do not read */
	bool machine_gone;
	uint16_t last_stream; /* given anew to each client, so no answer goes astray */
	struct client clients[CONTROL_CLIENTS];
};

static unsigned count_clients(const struct control *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		n += c->clients[i].used;
	return n;
}

static struct client *find_client(struct control *c, uint16_t stream)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].used && c->clients[i].stream == stream)
			return &c->clients[i];
	return NULL;
}

static uint16_t new_stream(struct control *c)
{
	do
		c->last_stream++;
	while (c->last_stream == 0 || find_client(c, c->last_stream) != NULL);
	return c->last_stream;
}

static void client_message(void *arg, struct wire_msg *m)
{
	struct client *cl = arg;

	m->stream = cl->stream;
	if (m->type == WIRE_HELLO)
		return;
	if (m->type == WIRE_REQUEST && m->request.verb != 0 && !cl->asked) {
		cl->asked = true;
		conn_send(&cl->control->machine, m);
	} else if (m->type == WIRE_BYTES && cl->asked) {
		conn_send(&cl->control->machine, m);
	} else {
		conn_close(&cl->conn);
	}
}

static void client_gone(void *arg, const struct err *why)
{
	struct client *cl = arg;
	struct control *c = cl->control;
	struct wire_msg bye = {.type = WIRE_REQUEST, .stream = cl->stream};

	if (cl->asked)
		conn_send(&c->machine, &bye);
	cl->used = false;
	if (c->machine_gone && count_clients(c) == 0)
		loop_stop(c->loop, 0);
}

static const struct conn_ops client_ops = {client_message, client_gone, NULL};

static void accept_client(void *arg, short revents)
{
	struct control *c = arg;
	struct wire_msg hello = {.type = WIRE_HELLO, .hello = {.version = WIRE_VERSION}};
	int fd = accept4(c->listener.fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *cl = &c->clients[i];

		if (cl->used)
			continue;
		*cl = (struct client){.control = c, .stream = new_stream(c)};
		cl->used = true;
		conn_open(&cl->conn, c->loop, fd, CLIENT_QUEUE, &client_ops, cl);
		str_copy(hello.hello.program, sizeof(hello.hello.program), "airlock-daemon");
		conn_send(&cl->conn, &hello);
		return;
	}
	close(fd);
}

static void machine_message(void *arg, struct wire_msg *m)
{
	struct control *c = arg;
	struct client *cl;

	cl = find_client(c, m->stream);
	if (cl == NULL || !cl->asked)
		return;
	conn_send(&cl->conn, m);
	if (m->type == WIRE_REPLY)
		conn_finish(&cl->conn);
}

static void machine_gone(void *arg, const struct err *why)
{
	struct control *c = arg;

	c->machine_gone = true;
	loop_io_del(c->loop, &c->listener);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].used)
			conn_finish(&c->clients[i].conn);
	if (count_clients(c) == 0)
		loop_stop(c->loop, 0);
	else
		loop_timer_set(c->loop, &c->hurry, HURRY_MS);
}

static void hurry(void *arg)
{
	struct control *c = arg;

	loop_stop(c->loop, 0);
}

static const struct conn_ops machine_ops = {machine_message, machine_gone, NULL};

/* What this process has to say goes into the one log. */
static void log_to_machine(void *arg, enum log_level level, const char *text)
{
	struct wire_msg m = {.type = WIRE_LOG, .log = {.level = (uint8_t)level}};
	struct control *c = arg;
	static bool busy;

	if (busy) /* about this very message */
		return;
	busy = true;
	str_copy(m.log.text, sizeof(m.log.text), text);
	conn_send(&c->machine, &m);
	busy = false;
}

int control_main(int listener, int machine, struct err *e)
{
	static struct control c;

	c.loop = loop_new(e);
	if (c.loop == NULL)
		return -1;
	c.listener =
	    (struct loop_io){.fd = listener, .events = POLLIN, .fn = accept_client, .arg = &c};
	if (fd_nonblock(listener, e) < 0)
		return -1;
	loop_io_add(c.loop, &c.listener);
	c.hurry = (struct loop_timer){.fn = hurry, .arg = &c};
	conn_open(&c.machine, c.loop, machine, MACHINE_QUEUE, &machine_ops, &c);
	log_open(log_to_machine, &c, "airlock", LEVEL_INFO);
	return loop_run(c.loop, e);
}
