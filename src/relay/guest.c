/*
 * guest: the supplicant's end of the relay.
 *
 * Each client of the host has a datagram socket here, bound to a name of its
 * own and connected to the control socket that it speaks to.  When the control
 * socket goes, what it said last is passed on, then its clients end.
 *
 * Requests that the program has no room for yet wait, up to HELD_MAX bytes in
 * all; the host's end bounds the clients, this one what each may cost.  While
 * RELAY_WAITING bytes or more wait for the channel nothing is read from the
 * sockets, so that a program that tells too much meets a full socket.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/watch.h"

#define TURN     8 /* datagrams of one peer before the others' turn */
#define HELD_MAX ((size_t)512 * 1024)

struct held {
	struct held *next;
	size_t len;
	uint8_t bytes[];
};

struct peer {
	struct relay_guest *of;
	uint16_t number; /* 0: free */
	const struct relay_socket *socket;
	struct loop_io io;
	struct held *first, **last;
};

struct relay_guest {
	struct relay_guest_spec spec;
	struct loop *loop;
	struct relay_watch watch;
	bool host, paused;
	size_t held; /* bytes of what waits for a program */
	struct peer peers[RELAY_PEERS];
	uint8_t bytes[RELAY_DATAGRAM];
};

static void say(struct relay_guest *g, enum wire_type type, uint16_t number)
{
	struct wire_msg m = {.type = type, .stream = number};

	g->spec.send(g->spec.arg, &m);
}

static void say_socket(struct relay_guest *g, const struct relay_socket *s, bool present)
{
	struct wire_msg m = {
	    .type = WIRE_SOCKET, .socket = {.directory = s->directory, .present = present}};

	str_copy(m.socket.name, sizeof(m.socket.name), s->name);
	g->spec.send(g->spec.arg, &m);
}

/* ---------------------------------------------------------------------- peers */

static struct peer *find(struct relay_guest *g, uint16_t number)
{
	for (unsigned i = 0; i < RELAY_PEERS; i++)
		if (g->peers[i].number == number)
			return &g->peers[i];
	return NULL;
}

static bool name_of(const struct relay_guest *g, uint16_t number, struct sockaddr_un *sun)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	return str_format(sun->sun_path, sizeof(sun->sun_path), "%s/%u", g->spec.peers, number);
}

static void drop_first(struct peer *p)
{
	struct held *first = p->first;

	p->first = first->next;
	if (p->first == NULL)
		p->last = &p->first;
	p->of->held -= sizeof(*first) + first->len;
	free(first);
}

static void set_events(struct peer *p)
{
	p->io.events = (short)((p->of->paused ? 0 : POLLIN) | (p->first != NULL ? POLLOUT : 0));
}

static void end_peer(struct peer *p, bool tell)
{
	struct relay_guest *g = p->of;
	uint16_t number = p->number;
	struct sockaddr_un sun;

	while (p->first != NULL)
		drop_first(p);
	loop_io_del(g->loop, &p->io);
	fd_close(&p->io.fd);
	if (name_of(g, number, &sun))
		unlink(sun.sun_path);
	p->number = 0;
	if (tell)
		say(g, WIRE_PEER_END, number);
}

/* Stop or go on reading, by what waits for the channel. */
static void weigh(struct relay_guest *g)
{
	size_t waiting = g->spec.waiting(g->spec.arg);
	bool pause = g->paused ? waiting > RELAY_WAITING / 2 : waiting > RELAY_WAITING;

	if (pause == g->paused)
		return;
	g->paused = pause;
	for (unsigned i = 0; i < RELAY_PEERS; i++)
		if (g->peers[i].number != 0)
			set_events(&g->peers[i]);
}

/* Pass one datagram on to the host.  False when there is none, or nobody there. */
static bool take(struct peer *p)
{
	struct relay_guest *g = p->of;
	struct wire_msg m = {.type = WIRE_DATAGRAM, .stream = p->number};
	ssize_t n = recv(p->io.fd, g->bytes, sizeof(g->bytes), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end_peer(p, true);
		return false;
	}
	if ((size_t)n > sizeof(g->bytes)) {
		log_debug("a datagram of %zd bytes from %s is dropped", n, p->socket->name);
		return true;
	}
	m.bytes.data = g->bytes;
	m.bytes.len = (uint32_t)n;
	g->spec.send(g->spec.arg, &m);
	weigh(g);
	return true;
}

/* 1 when it was sent, 0 when there is no room for it, -1 when the peer has ended. */
static int give(struct peer *p, const void *data, size_t len)
{
	if (send(p->io.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 1;
	if (errno == EAGAIN || errno == ENOBUFS)
		return 0;
	if (errno == EMSGSIZE)
		return 1; /* it never will */
	end_peer(p, true);
	return -1;
}

static void on_peer(void *arg, short revents)
{
	struct peer *p = arg;
	int rc = 1;

	while (p->number != 0 && p->first != NULL && rc == 1) {
		rc = give(p, p->first->bytes, p->first->len);
		if (rc == 1)
			drop_first(p);
	}
	if (rc < 0)
		return;
	for (int i = 0; i < TURN && !p->of->paused && take(p); i++)
		;
	if (p->number != 0)
		set_events(p);
}

static int open_socket(
    const struct relay_guest *g, uint16_t number, const struct relay_socket *s, struct err *e)
{
	struct sockaddr_un own, other = {.sun_family = AF_UNIX};
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !name_of(g, number, &own) ||
	    !relay_watch_path(&g->watch, s, other.sun_path, sizeof(other.sun_path)))
		return err_set(e, errno, "make a socket");
	unlink(own.sun_path);
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		return err_set(e, errno, "bind %s", own.sun_path);
	if (connect(fd, (struct sockaddr *)&other, sizeof(other)) < 0) {
		err_set(e, errno, "connect to %s", other.sun_path);
		unlink(own.sun_path);
		return -1;
	}
	return fd_take(&fd);
}

static void on_new_peer(struct relay_guest *g, const struct wire_msg *m)
{
	const struct relay_socket *s =
	    relay_watch_find(&g->watch, m->peer.directory, m->peer.name);
	struct peer *p = m->stream != 0 ? find(g, m->stream) : NULL;
	struct err e = {0};
	int fd;

	if (p != NULL)
		end_peer(p, false);
	p = find(g, 0);
	if (s == NULL || p == NULL || m->stream == 0) {
		say(g, WIRE_PEER_END, m->stream);
		return;
	}
	fd = open_socket(g, m->stream, s, &e);
	if (fd < 0) {
		log_debug("a client of %s: %s", s->name, e.text);
		say(g, WIRE_PEER_END, m->stream);
		return;
	}
	*p = (struct peer){.of = g, .number = m->stream, .socket = s};
	p->last = &p->first;
	p->io = (struct loop_io){.fd = fd, .fn = on_peer, .arg = p};
	set_events(p);
	loop_io_add(g->loop, &p->io);
}

static void on_datagram(struct peer *p, const struct wire_msg *m)
{
	struct relay_guest *g = p->of;
	struct held *h = NULL;

	if (p->first == NULL && give(p, m->bytes.data, m->bytes.len) != 0)
		return;
	if (g->held + sizeof(*h) + m->bytes.len <= HELD_MAX)
		h = malloc(sizeof(*h) + m->bytes.len);
	if (h == NULL) {
		log_debug("a request to %s is dropped: it does not read", p->socket->name);
		return;
	}
	h->next = NULL;
	h->len = m->bytes.len;
	if (h->len > 0)
		memcpy(h->bytes, m->bytes.data, h->len);
	g->held += sizeof(*h) + h->len;
	*p->last = h;
	p->last = &h->next;
	set_events(p);
}

void relay_guest_message(struct relay_guest *g, const struct wire_msg *m)
{
	struct peer *p;

	if (m->type == WIRE_PEER) {
		on_new_peer(g, m);
		return;
	}
	p = m->stream != 0 ? find(g, m->stream) : NULL;
	if (p == NULL)
		return;
	if (m->type == WIRE_DATAGRAM)
		on_datagram(p, m);
	else if (m->type == WIRE_PEER_END)
		end_peer(p, false);
}

void relay_guest_drained(struct relay_guest *g)
{
	if (g->paused)
		weigh(g);
}

/* -------------------------------------------------------------------- sockets */

static void on_socket(void *arg, const struct relay_socket *s, bool present)
{
	struct relay_guest *g = arg;

	for (unsigned i = 0; !present && i < RELAY_PEERS; i++) {
		struct peer *p = &g->peers[i];

		if (p->number == 0 || p->socket != s)
			continue;
		/* Its last words. */
		while (p->number != 0 && !g->paused && take(p))
			;
		if (p->number != 0)
			end_peer(p, false);
	}
	if (g->host)
		say_socket(g, s, present);
}

void relay_guest_host(struct relay_guest *g, bool there)
{
	g->host = there;
	for (unsigned i = 0; i < RELAY_PEERS; i++)
		if (g->peers[i].number != 0)
			end_peer(&g->peers[i], false);
	for (unsigned i = 0; there && i < RELAY_SOCKETS; i++)
		if (g->watch.sockets[i].present)
			say_socket(g, &g->watch.sockets[i], true);
}

/* -------------------------------------------------------------------- lifetime */

struct relay_guest *relay_guest_new(
    struct loop *l, const struct relay_guest_spec *spec, struct err *e)
{
	struct relay_guest *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		err_set(e, ENOMEM, "make the relay");
		return NULL;
	}
	g->loop = l;
	g->spec = *spec;
	g->watch = (struct relay_watch){.fn = on_socket, .arg = g, .io = {.fd = -1}};
	memcpy(g->watch.directories, spec->directories, sizeof(spec->directories));
	if (dir_make(spec->peers, 0700, e) < 0 || relay_watch_open(&g->watch, l, e) < 0) {
		free(g);
		return NULL;
	}
	return g;
}

void relay_guest_free(struct relay_guest *g)
{
	if (g == NULL)
		return;
	relay_guest_host(g, false);
	relay_watch_close(&g->watch);
	free(g);
}
