/*
 * sockets: the guest's control sockets, between the channel and the relay.
 *
 * The guest says which sockets there are; each is checked, bound by the
 * privileged process and handed to the relay process, which faces the clients.
 * From then on frames are carried from one to the other: of the relay only
 * PEER, DATAGRAM and PEER_END reach the guest, and only for a guest that is
 * there.
 *
 * Neither side can make the other's queue overflow.  While much waits for the
 * channel the relay's pair is not read, so the relay stops reading its clients;
 * what the guest sends beyond the relay's pace is dropped, but only datagrams:
 * clients live with a lost one, not with a socket that nobody takes away.
 *
 * A relay that died is not started again: the router goes on without.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/machine.h"
#include "daemon/priv.h"
#include "relay/relay.h"

#define RELAY_QUEUE     (4u << 20)
#define RELAY_DATAGRAMS (2u << 20) /* beyond it only what may not be lost is sent */
#define CREDIT_MAX      16384

static struct socket *find(struct machine *m, const struct wire_msg *msg)
{
	for (unsigned i = 0; i < RELAY_SOCKETS; i++) {
		struct socket *s = &m->sockets.socket[i];

		if (s->present && s->directory == msg->socket.directory &&
		    strcmp(s->name, msg->socket.name) == 0)
			return s;
	}
	return NULL;
}

/* Bound by the privileged process, handed to the relay. */
static int pass_through(struct machine *m, const struct socket *s, struct err *e)
{
	struct wire_msg msg = {
	    .type = WIRE_SOCKET, .socket = {.directory = s->directory, .present = 1}};
	uint8_t byte = 0;
	auto_fd fd = -1;

	if (priv_socket(m->priv, PRIV_SOCKET_OPEN, s->directory, s->name, &fd, e) < 0 ||
	    unix_send(m->sockets.hand, &byte, sizeof(byte), fd, e) < 0)
		return -1;
	str_copy(msg.socket.name, sizeof(msg.socket.name), s->name);
	conn_send(&m->sockets.relay, &msg);
	return 0;
}

static void take_away(struct machine *m, struct socket *s)
{
	struct wire_msg msg = {.type = WIRE_SOCKET, .socket = {.directory = s->directory}};
	struct err e = {0};

	s->present = false;
	if (!s->bound)
		return;
	str_copy(msg.socket.name, sizeof(msg.socket.name), s->name);
	conn_send(&m->sockets.relay, &msg);
	if (priv_socket(m->priv, PRIV_SOCKET_CLOSE, s->directory, s->name, NULL, &e) < 0)
		log_warn("%s", e.text);
}

static bool wanted(const struct machine *m, unsigned directory)
{
	return m->sockets.relay.open &&
	       (directory == WIRE_DIR_SUPPLICANT ? m->conf.sockets.supplicant
						 : m->conf.sockets.hostapd)[0] != '\0';
}

static bool on_socket(struct machine *m, const struct wire_msg *msg)
{
	struct socket *s = find(m, msg);
	struct err e = {0};

	if (msg->socket.directory == 0 || !relay_name_ok(msg->socket.name))
		return false;
	/* Told twice means that it is another one now. */
	if (s != NULL)
		take_away(m, s);
	if (msg->socket.present == 0)
		return true;
	for (s = m->sockets.socket; s->present; s++)
		if (s == &m->sockets.socket[RELAY_SOCKETS - 1])
			return false;
	*s = (struct socket){.present = true, .directory = msg->socket.directory};
	str_copy(s->name, sizeof(s->name), msg->socket.name);
	if (!wanted(m, s->directory))
		return true;
	s->bound = pass_through(m, s, &e) == 0;
	if (!s->bound)
		log_warn("control socket %s of the guest: %s%s%s", s->name, e.text,
		    e.hint[0] != '\0' ? "; " : "", e.hint);
	return true;
}

bool sockets_guest(struct machine *m, const struct wire_msg *msg)
{
	if (msg->type == WIRE_SOCKET)
		return on_socket(m, msg);
	if (msg->type == WIRE_PEER_END || m->sockets.relay.out.len < RELAY_DATAGRAMS)
		conn_send(&m->sockets.relay, msg);
	return true;
}

void sockets_reset(struct machine *m)
{
	for (unsigned i = 0; i < RELAY_SOCKETS; i++)
		if (m->sockets.socket[i].present)
			take_away(m, &m->sockets.socket[i]);
	m->rate.credit = 0;
}

bool sockets_credit(struct machine *m)
{
	if (m->rate.credit == 0)
		return false;
	m->rate.credit--;
	return true;
}

/* ------------------------------------------------------------- the relay's pair */

static void on_message(void *arg, struct wire_msg *msg)
{
	struct machine *m = arg;

	switch (msg->type) {
	case WIRE_PEER:
	case WIRE_DATAGRAM:
	case WIRE_PEER_END:
		break;
	case WIRE_LOG:
		log_line(msg->log.level, "%s: %s", msg->log.source, msg->log.text);
		return;
	default: /* everything else is not the relay's to say */
		return;
	}
	if (!m->greeted)
		return;
	if (msg->type == WIRE_DATAGRAM)
		m->rate.credit = MIN(m->rate.credit + 1, CREDIT_MAX);
	conn_send(&m->channel, msg);
	if (m->channel.out.len > RELAY_WAITING)
		conn_pause(&m->sockets.relay, true);
}

static void on_gone(void *arg, const struct err *why)
{
	struct machine *m = arg;

	if (m->finishing)
		return;
	log_error("the relay process is gone%s%s: the guest's control sockets are not passed "
		  "on until: airlock stop && airlock start",
	    why->text[0] != '\0' ? ": " : "", why->text);
	sockets_reset(m);
}

static const struct conn_ops ops = {on_message, on_gone, NULL};

void sockets_drained(struct machine *m)
{
	if (m->channel.out.len < RELAY_WAITING / 2)
		conn_pause(&m->sockets.relay, false);
}

int sockets_open(struct machine *m, struct err *e)
{
	if (fd_nonblock(m->sockets.hand, e) < 0)
		return -1;
	conn_open(&m->sockets.relay, m->loop, m->sockets.relay.io.fd, RELAY_QUEUE, &ops, m);
	return 0;
}
