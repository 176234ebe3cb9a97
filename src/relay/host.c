/*
 * host: the clients' end of the relay.
 *
 * A datagram from an address that is not known yet makes a peer: PEER goes to
 * the guest, then the datagram.  What comes back for the number is sent to that
 * address from the socket that the client had written to, as the program
 * itself would do it, and nothing is sent to an address that did not write
 * first.  How it is sent is the system's: answer_linux.c, answer_freebsd.c.
 *
 * A datagram socket does not say that it closes.  A client that is gone is
 * noticed when it is answered, and by a look at its address every two seconds:
 * connecting a spare socket to it has no effect on it and fails when nobody
 * owns it.  The timer runs only while there are clients.
 *
 * Nothing here waits: a client that does not read loses its own datagrams.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "relay/answer.h"

#define TURN       32    /* datagrams of one socket before the others' turn */
#define UNBOUND_MS 10000 /* a client without an address is forgotten after so much silence */

struct listener {
	struct relay_host *of;
	struct loop_io io;
	bool open;
	uint8_t directory;
	char name[RELAY_NAME];
};

struct relay_host {
	struct loop *loop;
	relay_send_fn *send;
	void *arg;
	struct loop_timer timer;
	struct relay_answer answer;
	bool paused;
	struct listener listeners[RELAY_SOCKETS];
	struct relay_peers peers;
	uint8_t bytes[RELAY_DATAGRAM];
};

static void end_peer(struct relay_host *h, struct relay_peer *peer, bool tell)
{
	struct wire_msg m = {.type = WIRE_PEER_END, .stream = peer->number};

	peers_remove(&h->peers, peer);
	if (h->peers.count == 0)
		loop_timer_del(h->loop, &h->timer);
	if (tell)
		h->send(h->arg, &m);
}

/* Nobody owns the address any more. */
static bool is_gone(int error)
{
	return error == ECONNREFUSED || error == ENOENT || error == ENOTDIR;
}

/* Answer a client; whoever is gone ends, whoever does not read loses this. */
static void answer(struct relay_host *h, struct relay_peer *peer, const void *data, size_t len)
{
	const struct relay_address *a = &peer->address;

	if (!relay_address_bound(a))
		return;
	if (answer_send(&h->answer, h->listeners[peer->socket].io.fd, a, data, len) == 0)
		return;
	if (is_gone(errno))
		end_peer(h, peer, true);
	else
		log_debug("a datagram for a client of %s is lost: %s",
		    h->listeners[peer->socket].name, strerror(errno));
}

/* Its supplicant is gone, as far as the client can tell. */
static void terminate_peer(struct relay_host *h, struct relay_peer *peer)
{
	uint16_t number = peer->number;

	if (peer->attached)
		answer(h, peer, RELAY_TERMINATING, sizeof(RELAY_TERMINATING) - 1);
	peer = peers_numbered(&h->peers, number);
	if (peer != NULL)
		end_peer(h, peer, false);
}

/* ------------------------------------------------------------- the look around */

static bool still_there(struct relay_host *h, const struct relay_peer *peer, uint64_t now)
{
	const struct relay_address *a = &peer->address;

	if (!relay_address_bound(a))
		return now - peer->used_ms < UNBOUND_MS;
	return answer_look(&h->answer, a) == 0 || !is_gone(errno);
}

static void on_look(void *arg)
{
	struct relay_host *h = arg;
	uint64_t now = now_ms();

	for (unsigned i = 0; i < RELAY_PEERS; i++) {
		struct relay_peer *peer = &h->peers.peer[i];

		if (peer->number != 0 && !still_there(h, peer, now))
			end_peer(h, peer, true);
	}
	answer_looked(&h->answer);
	if (h->peers.count > 0)
		loop_timer_set(h->loop, &h->timer, RELAY_LOOK_MS);
}

/* -------------------------------------------------------------- from clients */

/* A client that is new: room is made, if somebody just left his number lying about. */
static struct relay_peer *welcome(
    struct relay_host *h, const struct listener *s, const struct relay_address *a)
{
	unsigned socket = (unsigned)(s - h->listeners);
	struct wire_msg m = {.type = WIRE_PEER, .peer = {.directory = s->directory}};
	struct relay_peer *peer;

	if (h->peers.count == RELAY_PEERS) {
		peer = peers_idlest(&h->peers);
		if (peer == NULL)
			return NULL;
		end_peer(h, peer, true);
	}
	peer = peers_add(&h->peers, socket, a, now_ms());
	if (h->peers.count == 1)
		loop_timer_set(h->loop, &h->timer, RELAY_LOOK_MS);
	m.stream = peer->number;
	str_copy(m.peer.name, sizeof(m.peer.name), s->name);
	h->send(h->arg, &m);
	return peer;
}

static bool says(const struct relay_host *h, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(h->bytes, word, len) == 0;
}

static void pass_on(
    struct relay_host *h, const struct listener *s, const struct relay_address *a, size_t len)
{
	struct wire_msg m = {.type = WIRE_DATAGRAM, .bytes = {h->bytes, (uint32_t)len}};
	struct relay_peer *peer = peers_find(&h->peers, (unsigned)(s - h->listeners), a);

	if (peer == NULL)
		peer = welcome(h, s, a);
	if (peer == NULL) {
		static const char busy[] = "FAIL-BUSY\n";

		log_debug("%s has %d clients that wait for events: one more is refused",
		    s->name, RELAY_PEERS);
		if (relay_address_bound(a) &&
		    answer_send(&h->answer, s->io.fd, a, busy, sizeof(busy) - 1) < 0)
			log_debug("nor can it be told: %s", strerror(errno));
		return;
	}
	if (says(h, len, "ATTACH"))
		peer->attached = true;
	else if (says(h, len, "DETACH"))
		peer->attached = false;
	peer->used_ms = now_ms();
	m.stream = peer->number;
	h->send(h->arg, &m);
}

static void on_listener(void *arg, short revents)
{
	struct listener *s = arg;
	struct relay_host *h = s->of;

	for (int i = 0; i < TURN && s->open && !h->paused; i++) {
		struct relay_address a = {.len = sizeof(a.sun)};
		ssize_t n = recvfrom(s->io.fd, h->bytes, sizeof(h->bytes),
		    MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&a.sun, &a.len);

		if (n < 0)
			return;
		/* Of 108 bytes without a NUL the kernel counts one that is not there. */
		a.len = (socklen_t)MIN(a.len, sizeof(a.sun));
		if ((size_t)n > sizeof(h->bytes))
			log_debug("a datagram of %zd bytes to %s is dropped", n, s->name);
		else
			pass_on(h, s, &a, (size_t)n);
	}
}

/* -------------------------------------------------------------- from the guest */

static struct listener *find(struct relay_host *h, unsigned directory, const char *name)
{
	for (unsigned i = 0; i < RELAY_SOCKETS; i++) {
		struct listener *s = &h->listeners[i];

		if (s->open && s->directory == directory && strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

static void close_listener(struct relay_host *h, struct listener *s)
{
	for (unsigned i = 0; i < RELAY_PEERS; i++) {
		struct relay_peer *peer = &h->peers.peer[i];

		if (peer->number != 0 && &h->listeners[peer->socket] == s)
			terminate_peer(h, peer);
	}
	loop_io_del(h->loop, &s->io);
	fd_close(&s->io.fd);
	s->open = false;
}

static void on_datagram(struct relay_host *h, const struct wire_msg *m)
{
	struct relay_peer *peer = peers_numbered(&h->peers, m->stream);
	static const char end[] = RELAY_TERMINATING;

	if (peer == NULL)
		return;
	/* The supplicant's own last word is enough. */
	if (m->bytes.len == sizeof(end) - 1 && memcmp(m->bytes.data, end, sizeof(end) - 1) == 0)
		peer->attached = false;
	answer(h, peer, m->bytes.data, m->bytes.len);
}

void relay_host_message(struct relay_host *h, const struct wire_msg *m)
{
	if (m->type == WIRE_DATAGRAM) {
		on_datagram(h, m);
	} else if (m->type == WIRE_PEER_END) {
		struct relay_peer *peer = peers_numbered(&h->peers, m->stream);

		if (peer != NULL)
			terminate_peer(h, peer);
	} else if (m->type == WIRE_SOCKET && m->socket.present == 0) {
		struct listener *s = find(h, m->socket.directory, m->socket.name);

		if (s != NULL)
			close_listener(h, s);
	}
}

/* -------------------------------------------------------------------- lifetime */

int relay_host_listen(
    struct relay_host *h, unsigned directory, const char *name, int fd, struct err *e)
{
	struct listener *s = find(h, directory, name);
	auto_fd own = fd;

	if (s != NULL)
		close_listener(h, s);
	for (s = h->listeners; s->open; s++)
		if (s == &h->listeners[RELAY_SOCKETS - 1])
			return err_set(e, 0, "more than %d sockets", RELAY_SOCKETS);
	if (fd_nonblock(own, e) < 0)
		return -1;
	*s = (struct listener){.of = h, .open = true, .directory = (uint8_t)directory};
	str_copy(s->name, sizeof(s->name), name);
	s->io = (struct loop_io){.fd = fd_take(&own), .fn = on_listener, .arg = s};
	s->io.events = h->paused ? 0 : POLLIN;
	loop_io_add(h->loop, &s->io);
	return 0;
}

void relay_host_pause(struct relay_host *h, bool paused)
{
	if (h->paused == paused)
		return;
	h->paused = paused;
	for (unsigned i = 0; i < RELAY_SOCKETS; i++)
		h->listeners[i].io.events = paused ? 0 : POLLIN;
}

unsigned relay_host_count(const struct relay_host *h)
{
	return h->peers.count;
}

struct relay_host *relay_host_new(struct loop *l, relay_send_fn *send, void *arg, struct err *e)
{
	struct relay_host *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		err_set(e, ENOMEM, "make the relay");
		return NULL;
	}
	h->loop = l;
	h->send = send;
	h->arg = arg;
	h->timer = (struct loop_timer){.fn = on_look, .arg = h};
	if (answer_open(&h->answer, e) == 0)
		return h;
	free(h);
	return NULL;
}

void relay_host_free(struct relay_host *h)
{
	if (h == NULL)
		return;
	for (unsigned i = 0; i < RELAY_SOCKETS; i++)
		if (h->listeners[i].open)
			close_listener(h, &h->listeners[i]);
	loop_timer_del(h->loop, &h->timer);
	answer_close(&h->answer);
	free(h);
}
