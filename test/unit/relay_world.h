/*
 * relay_world: both ends of the relay in one process, a channel of real frames
 * between them, a program with a control socket on the one side and clients on
 * the other.  Everything lives in one loop and in a directory of its own.
 */
#ifndef TEST_UNIT_RELAY_WORLD_H
#define TEST_UNIT_RELAY_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "daemon/conn.h"
#include "relay/relay.h"

/* A program with a control socket: it answers, and tells events to who attached. */
struct program {
	struct loop_io io;
	char path[64];
	struct sockaddr_un attached[RELAY_PEERS];
	socklen_t attached_len[RELAY_PEERS];
	unsigned attached_count, requests;
	bool mute; /* it reads and does not answer */
};

static struct world {
	struct loop *loop;
	struct conn host_conn, guest_conn;
	struct relay_host *host;
	struct relay_guest *guest;
	struct relay_guest_spec spec;
	struct program program;
	char dir[40];
	unsigned peers_ended, sockets_told;
	size_t most_waiting;
	bool (*done)(void *arg);
	void *done_arg;
	uint64_t until_ms;
	struct loop_timer tick;
} w;

static void address_of(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	str_copy(sun->sun_path, sizeof(sun->sun_path), path);
}

/* ------------------------------------------------------------------ the channel */

static void host_says(void *arg, const struct wire_msg *m)
{
	conn_send(&w.host_conn, m);
	if (w.host_conn.out.len > RELAY_WAITING)
		relay_host_pause(w.host, true);
}

static void guest_says(void *arg, const struct wire_msg *m)
{
	w.peers_ended += m->type == WIRE_PEER_END;
	conn_send(&w.guest_conn, m);
	w.most_waiting = MAX(w.most_waiting, w.guest_conn.out.len);
}

static size_t guest_waiting(void *arg)
{
	return w.guest_conn.out.len;
}

/* What the daemon does with SOCKET: bind and hand over. */
static void listen_for(const char *name)
{
	struct sockaddr_un sun;
	struct err e = {0};
	char path[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof(path), "host/%s", name);
	address_of(&sun, path);
	unlink(path);
	CHECK_INT(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	CHECK_INT(relay_host_listen(w.host, WIRE_DIR_SUPPLICANT, name, fd, &e), 0);
}

static void on_host_message(void *arg, struct wire_msg *m)
{
	if (m->type == WIRE_SOCKET) {
		w.sockets_told++;
		if (m->socket.present) {
			listen_for(m->socket.name);
			return;
		}
	}
	relay_host_message(w.host, m);
}

static void on_guest_message(void *arg, struct wire_msg *m)
{
	relay_guest_message(w.guest, m);
}

static void on_gone(void *arg, const struct err *why)
{
	CHECK_STR(why->text, "");
}

static void host_drained(void *arg)
{
	if (w.host_conn.out.len < RELAY_WAITING / 2)
		relay_host_pause(w.host, false);
}

static void guest_drained(void *arg)
{
	relay_guest_drained(w.guest);
}

static const struct conn_ops host_ops = {on_host_message, on_gone, host_drained};
static const struct conn_ops guest_ops = {on_guest_message, on_gone, guest_drained};

/* ------------------------------------------------------------------- the program */

static void on_request(void *arg, short revents)
{
	static uint8_t bytes[RELAY_DATAGRAM];
	struct program *p = arg;
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(
	    p->io.fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

	if (n < 0)
		return;
	p->requests++;
	if (n == 6 && memcmp(bytes, "ATTACH", 6) == 0) {
		p->attached[p->attached_count] = from;
		p->attached_len[p->attached_count++] = len;
		n = 3;
		memcpy(bytes, "OK\n", 3);
	}
	if (!p->mute)
		sendto(p->io.fd, bytes, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&from, len);
}

static void program_start(struct program *p, const char *path)
{
	struct sockaddr_un sun;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*p = (struct program){.io = {.fd = fd, .events = POLLIN, .fn = on_request, .arg = p}};
	str_copy(p->path, sizeof(p->path), path);
	address_of(&sun, path);
	CHECK_INT(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	loop_io_add(w.loop, &p->io);
}

static void program_stop(struct program *p)
{
	loop_io_del(w.loop, &p->io);
	fd_close(&p->io.fd);
	unlink(p->path);
}

static void program_event(struct program *p, const char *text)
{
	for (unsigned i = 0; i < p->attached_count; i++)
		sendto(p->io.fd, text, strlen(text), MSG_DONTWAIT,
		    (struct sockaddr *)&p->attached[i], p->attached_len[i]);
}

/* ------------------------------------------------------------------------- time */

static void on_tick(void *arg)
{
	if ((w.done != NULL && w.done(w.done_arg)) || now_ms() >= w.until_ms)
		loop_stop(w.loop, 0);
	else
		loop_timer_set(w.loop, &w.tick, 1);
}

/* Let everything run until it is so; false when it is not within `ms`. */
static bool until(bool (*done)(void *arg), void *arg, unsigned ms)
{
	struct err e = {0};

	w.done = done;
	w.done_arg = arg;
	w.until_ms = now_ms() + ms;
	loop_timer_set(w.loop, &w.tick, 0);
	CHECK_INT(loop_run(w.loop, &e), 0);
	return done == NULL || done(arg);
}

static void settle(unsigned ms)
{
	until(NULL, NULL, ms);
}

/* ----------------------------------------------------------------------- clients */

/* A client bound to `len` bytes of a path; len 0: to none. */
static int client_raw(const char *path, size_t len)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX}, to;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (len > 0) {
		memcpy(own.sun_path, path, len);
		if (path[0] != '\0')
			unlink(path);
		CHECK_INT(bind(fd, (struct sockaddr *)&own,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		    0);
	}
	address_of(&to, "host/wlan0");
	CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static int client(unsigned i)
{
	char path[32];

	snprintf(path, sizeof(path), "c%u", i);
	unlink(path);
	return client_raw(path, strlen(path) + 1);
}

static void client_end(int fd, unsigned i)
{
	char path[32];

	snprintf(path, sizeof(path), "c%u", i);
	unlink(path);
	close(fd);
}

static bool readable(void *arg)
{
	struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* What comes to a client, as text; "" when nothing does. */
static const char *heard(int fd)
{
	static char text[RELAY_DATAGRAM + 1];
	ssize_t n = until(readable, &fd, 3000) ? recv(fd, text, sizeof(text) - 1, 0) : 0;

	text[MAX(n, 0)] = '\0';
	return text;
}

static void says(int fd, const char *text)
{
	CHECK_INT(send(fd, text, strlen(text), 0), strlen(text));
}

/* --------------------------------------------------------------------- the world */

static bool socket_told(void *arg)
{
	return w.sockets_told > 0 && access("host/wlan0", F_OK) == 0;
}

static void world_begin(void)
{
	struct err e = {0};
	int s[2];

	memset(&w, 0, sizeof(w));
	str_copy(w.dir, sizeof(w.dir), "/tmp/airlock-relay-XXXXXX");
	CHECK(mkdtemp(w.dir) != NULL);
	CHECK_INT(chdir(w.dir), 0);
	mkdir("host", 0700);
	mkdir("run", 0700);
	mkdir("run/sup", 0700);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	w.loop = loop_new(&e);
	w.tick = (struct loop_timer){.fn = on_tick};
	w.spec = (struct relay_guest_spec){.directories = {"run/sup", "run/ap"},
	    .peers = "run/peer",
	    .send = guest_says,
	    .waiting = guest_waiting};
	w.host = relay_host_new(w.loop, host_says, NULL, &e);
	program_start(&w.program, "run/sup/wlan0");
	conn_open(&w.host_conn, w.loop, s[0], 16 << 20, &host_ops, NULL);
	conn_open(&w.guest_conn, w.loop, s[1], 16 << 20, &guest_ops, NULL);
	w.guest = relay_guest_new(w.loop, &w.spec, &e);
	CHECK(w.host != NULL && w.guest != NULL);
	relay_guest_host(w.guest, true);
	CHECK(until(socket_told, NULL, 3000));
}

static void world_end(void)
{
	char command[64];

	program_stop(&w.program);
	relay_guest_free(w.guest);
	relay_host_free(w.host);
	conn_close(&w.host_conn);
	conn_close(&w.guest_conn);
	settle(5);
	loop_free(w.loop);
	CHECK_INT(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", w.dir);
	CHECK_INT(system(command), 0);
}

#endif
