/* relay: both ends against each other, and clients of every kind. */
#include <malloc.h>
#include <sys/resource.h>

#include "relay_world.h"

static bool no_peers(void *arg)
{
	return relay_host_count(w.host) == 0;
}

static void request_and_reply(void)
{
	int fd;

	world_begin();
	fd = client(1);
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	CHECK_INT(relay_host_count(w.host), 1);
	client_end(fd, 1);
	/* It is noticed that it left. */
	CHECK(until(no_peers, NULL, 2 * RELAY_LOOK_MS));
	world_end();
}

static void events_reach_all_who_attached_and_nobody_else(void)
{
	int fds[64], other;

	world_begin();
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = client(i);
		says(fds[i], "ATTACH");
		CHECK_STR(heard(fds[i]), "OK\n");
	}
	other = client(999);
	says(other, "PING");
	CHECK_STR(heard(other), "PING");
	program_event(&w.program, "<3>CTRL-EVENT-ONE ");
	program_event(&w.program, "<3>CTRL-EVENT-TWO ");
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
		CHECK_STR(heard(fds[i]), "<3>CTRL-EVENT-ONE ");
		CHECK_STR(heard(fds[i]), "<3>CTRL-EVENT-TWO ");
	}
	settle(20);
	CHECK(!readable(&other));
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		client_end(fds[i], i);
	client_end(other, 999);
	world_end();
}

static void addresses_of_every_kind(void)
{
	char path[108];
	int fds[3];

	world_begin();
	memset(path, 'p', sizeof(path));
	fds[0] = client_raw(path, sizeof(path));
	fds[1] = client_raw("\0abstract\0\0name", 15);
	fds[2] = client_raw("\0abstract\0\0nam", 14);
	for (unsigned i = 0; i < 3; i++)
		says(fds[i], "PING");
	for (unsigned i = 0; i < 3; i++)
		CHECK_STR(heard(fds[i]), "PING");
	CHECK_INT(relay_host_count(w.host), 3);
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	CHECK(until(no_peers, NULL, 2 * RELAY_LOOK_MS));
	unlink(path);
	world_end();
}

static bool program_was_asked(void *arg)
{
	return w.program.requests == *(unsigned *)arg;
}

static void unbound_client_is_heard_and_not_answered(void)
{
	unsigned one = 1;
	int fd, other;

	world_begin();
	fd = client_raw(NULL, 0);
	other = client(1);
	says(fd, "PING");
	CHECK(until(program_was_asked, &one, 1000));
	says(other, "PONG");
	CHECK_STR(heard(other), "PONG");
	CHECK(!readable(&fd));
	close(fd);
	client_end(other, 1);
	world_end();
}

static void datagrams_of_0_and_of_64_kilobytes(void)
{
	static char big[RELAY_DATAGRAM + 1];
	int fd, size = 1 << 20;

	world_begin();
	fd = client(1);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	CHECK_INT(send(fd, "", 0, 0), 0);
	CHECK(until(readable, &fd, 1000));
	CHECK_INT(recv(fd, big, sizeof(big), 0), 0);
	memset(big, 'x', sizeof(big));
	CHECK_INT(send(fd, big, RELAY_DATAGRAM, 0), RELAY_DATAGRAM);
	CHECK(until(readable, &fd, 1000));
	CHECK_INT(recv(fd, big, sizeof(big), 0), RELAY_DATAGRAM);
	/* One byte more is dropped, and nothing else. */
	CHECK_INT(send(fd, big, RELAY_DATAGRAM + 1, 0), RELAY_DATAGRAM + 1);
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	CHECK_INT(w.program.requests, 3);
	client_end(fd, 1);
	world_end();
}

static void client_that_vanishes_before_its_reply(void)
{
	int fd, other;

	world_begin();
	other = client(2);
	for (unsigned i = 0; i < 100; i++) {
		fd = client(1);
		says(fd, "PING");
		client_end(fd, 1);
		/* Some vanish before anybody looked, some in mid-reply. */
		if (i % 5 == 4)
			settle(1);
	}
	says(other, "PING");
	CHECK_STR(heard(other), "PING");
	client_end(other, 2);
	CHECK(until(no_peers, NULL, 2 * RELAY_LOOK_MS));
	world_end();
}

static void a_thousand_clients(void)
{
	static int fds[1000];
	struct rlimit files = {4096, 4096};
	unsigned answered = 0;

	setrlimit(RLIMIT_NOFILE, &files);
	world_begin();
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = client(i);
		says(fds[i], "PING");
		answered += strcmp(heard(fds[i]), "PING") == 0;
		CHECK(relay_host_count(w.host) <= RELAY_PEERS);
	}
	CHECK_INT(answered, ARRAY_LEN(fds));
	/* Those who waited longest made room, and are welcome again. */
	says(fds[0], "AGAIN");
	CHECK_STR(heard(fds[0]), "AGAIN");
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		client_end(fds[i], i);
	world_end();
}

static void whoever_attached_keeps_the_place(void)
{
	static int fds[RELAY_PEERS];
	int late;

	world_begin();
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = client(i);
		says(fds[i], "ATTACH");
		CHECK_STR(heard(fds[i]), "OK\n");
	}
	late = client(9999);
	says(late, "PING");
	CHECK_STR(heard(late), "FAIL-BUSY\n");
	says(fds[7], "DETACH");
	CHECK_STR(heard(fds[7]), "DETACH");
	says(late, "PING");
	CHECK_STR(heard(late), "PING");
	for (unsigned i = 0; i < ARRAY_LEN(fds); i++)
		client_end(fds[i], i);
	client_end(late, 9999);
	world_end();
}

static void client_that_does_not_read_loses_its_own(void)
{
	static char event[4000];
	int deaf, fd;

	world_begin();
	memset(event, 'e', sizeof(event) - 1);
	deaf = client(1);
	fd = client(2);
	says(deaf, "ATTACH");
	CHECK_STR(heard(deaf), "OK\n");
	says(fd, "ATTACH");
	CHECK_STR(heard(fd), "OK\n");
	for (unsigned i = 0; i < 2000; i++) {
		program_event(&w.program, event);
		CHECK_INT(strlen(heard(fd)), strlen(event));
	}
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	CHECK_INT(strlen(heard(deaf)), strlen(event));
	client_end(deaf, 1);
	client_end(fd, 2);
	world_end();
}

static bool socket_gone(void *arg)
{
	return w.sockets_told >= 2;
}

static bool socket_back(void *arg)
{
	return w.sockets_told >= 3;
}

static void socket_that_goes_and_comes(void)
{
	int fd, quiet;

	world_begin();
	fd = client(1);
	quiet = client(2);
	says(fd, "ATTACH");
	CHECK_STR(heard(fd), "OK\n");
	says(quiet, "PING");
	CHECK_STR(heard(quiet), "PING");
	program_event(&w.program, "<3>last words");
	program_stop(&w.program);
	CHECK(until(socket_gone, NULL, 1000));
	CHECK_STR(heard(fd), "<3>last words");
	CHECK_STR(heard(fd), RELAY_TERMINATING);
	CHECK(!readable(&quiet));
	CHECK_INT(relay_host_count(w.host), 0);
	program_start(&w.program, "run/sup/wlan0");
	CHECK(until(socket_back, NULL, 1000));
	client_end(fd, 1);
	fd = client(1);
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	client_end(fd, 1);
	client_end(quiet, 2);
	world_end();
}

/* So fast that both ends of it are seen in one look. */
static void socket_that_is_replaced_at_once(void)
{
	int fd;

	world_begin();
	fd = client(1);
	says(fd, "ATTACH");
	CHECK_STR(heard(fd), "OK\n");
	program_stop(&w.program);
	program_start(&w.program, "run/sup/wlan0");
	CHECK(until(socket_back, NULL, 1000));
	CHECK_STR(heard(fd), RELAY_TERMINATING);
	client_end(fd, 1);
	world_end();
}

static void directory_that_comes_later(void)
{
	struct program ap;

	world_begin();
	mkdir("run/ap", 0700);
	program_start(&ap, "run/ap/wlan1");
	CHECK(until(socket_gone, NULL, 1000)); /* a second SOCKET, that is */
	CHECK_INT(access("host/wlan1", F_OK), 0);
	program_stop(&ap);
	CHECK(until(socket_back, NULL, 1000));
	world_end();
}

static void names_that_are_none_are_left_out(void)
{
	struct program odd, ok;

	world_begin();
	program_start(&odd, "run/sup/.hidden");
	program_start(&ok, "run/sup/p2p-dev-wlan0");
	CHECK(until(socket_gone, NULL, 1000));
	settle(20);
	CHECK_INT(w.sockets_told, 2);
	program_stop(&odd);
	program_stop(&ok);
	world_end();
}

static void guest_speaks_for_clients_that_are_not_there(void)
{
	struct wire_msg m = {.type = WIRE_DATAGRAM, .bytes = {(const uint8_t *)"boo", 3}};
	int fd;

	world_begin();
	fd = client(1);
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	for (unsigned n = 0; n <= UINT16_MAX; n++) {
		m.stream = (uint16_t)n;
		/* Our one client has the number of slot 1 in its first generation. */
		if (n != (1u << 8 | 1))
			relay_host_message(w.host, &m);
	}
	CHECK(!readable(&fd));
	m.type = WIRE_PEER_END;
	for (unsigned n = 0; n <= UINT16_MAX; n++) {
		m.stream = (uint16_t)n;
		relay_host_message(w.host, &m);
	}
	CHECK_INT(relay_host_count(w.host), 0);
	/* The guest still knows the number; a new one is given. */
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	client_end(fd, 1);
	world_end();
}

static void host_that_comes_anew(void)
{
	int fd;

	world_begin();
	fd = client(1);
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	relay_guest_host(w.guest, false);
	CHECK_INT(rmdir("run/peer"), 0); /* empty: the peers are gone */
	mkdir("run/peer", 0700);
	relay_guest_host(w.guest, true);
	CHECK(until(socket_gone, NULL, 1000));
	client_end(fd, 1);
	fd = client(1);
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	client_end(fd, 1);
	world_end();
}

/* A program that answers nothing must not make the guest's memory grow. */
static void requests_that_are_never_read(void)
{
	static char big[8192];
	size_t before;
	int fd;

	world_begin();
	fd = client(1);
	says(fd, "PING");
	CHECK_STR(heard(fd), "PING");
	w.program.io.events = 0;
	memset(big, 'x', sizeof(big));
	before = mallinfo2().uordblks;
	for (unsigned i = 0; i < 5000; i++)
		if (send(fd, big, sizeof(big), 0) < 0)
			settle(1);
	settle(100);
	CHECK(mallinfo2().uordblks < before + (4 << 20));
	w.program.io.events = POLLIN;
	settle(100);
	client_end(fd, 1);
	world_end();
}

/* The channel is stopped; neither end may pile up more than its bound. */
static void channel_that_stands_still(void)
{
	static char big[4000];
	int fd, size = 8 << 20;

	world_begin();
	fd = client(1);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	says(fd, "ATTACH");
	CHECK_STR(heard(fd), "OK\n");
	conn_pause(&w.host_conn, true);
	conn_pause(&w.guest_conn, true);
	memset(big, 'x', sizeof(big) - 1);
	for (unsigned i = 0; i < 4000; i++) {
		program_event(&w.program, big);
		if (send(fd, big, sizeof(big) - 1, 0) < 0 || i % 16 == 0)
			settle(1);
	}
	CHECK(w.host_conn.out.len <= RELAY_WAITING + UINT64_C(2) * WIRE_FRAME_MAX);
	CHECK(w.guest_conn.out.len <= RELAY_WAITING + UINT64_C(2) * WIRE_FRAME_MAX);
	CHECK(w.host_conn.out.len > RELAY_WAITING);
	CHECK(w.guest_conn.out.len > RELAY_WAITING);
	conn_pause(&w.host_conn, false);
	conn_pause(&w.guest_conn, false);
	/* It goes on as if nothing had been. */
	settle(200);
	while (readable(&fd))
		recv(fd, big, sizeof(big), 0);
	settle(200);
	while (readable(&fd))
		recv(fd, big, sizeof(big), 0);
	says(fd, "PING");
	while (strcmp(heard(fd), "PING") != 0 && readable(&fd))
		;
	client_end(fd, 1);
	world_end();
}

static struct busy {
	struct loop_io io;
	unsigned left;
} busy;

static void on_busy(void *arg, short revents)
{
	char text[64];

	if (recv(busy.io.fd, text, sizeof(text), 0) < 0)
		return;
	if (--busy.left > 0)
		says(busy.io.fd, "PING");
}

static bool not_busy(void *arg)
{
	return busy.left == 0;
}

static void memory_is_flat_after_100000_requests(void)
{
	size_t before;

	world_begin();
	busy = (struct busy){.io = {.fd = client(1), .events = POLLIN, .fn = on_busy}};
	loop_io_add(w.loop, &busy.io);
	busy.left = 1000;
	says(busy.io.fd, "PING");
	CHECK(until(not_busy, NULL, 20000));
	before = mallinfo2().uordblks;
	busy.left = 100000;
	says(busy.io.fd, "PING");
	CHECK(until(not_busy, NULL, 120000));
	CHECK(mallinfo2().uordblks <= before + 4096);
	loop_io_del(w.loop, &busy.io);
	client_end(busy.io.fd, 1);
	world_end();
}

static void names(void)
{
	CHECK(
	    relay_name_ok("wlan0") && relay_name_ok("p2p-dev-wlan0") && relay_name_ok("a_.Z9"));
	CHECK(relay_name_ok("abcdefghijklmnopqrstuvwxyz01234"));
	CHECK(!relay_name_ok("abcdefghijklmnopqrstuvwxyz012345"));
	CHECK(!relay_name_ok("") && !relay_name_ok(".") && !relay_name_ok("..") &&
	      !relay_name_ok(".x") && !relay_name_ok("a/b") && !relay_name_ok("a b") &&
	      !relay_name_ok("a\n") && !relay_name_ok("\xc3\xa4"));
}

int main(void)
{
	RUN(names);
	RUN(request_and_reply);
	RUN(events_reach_all_who_attached_and_nobody_else);
	RUN(addresses_of_every_kind);
	RUN(unbound_client_is_heard_and_not_answered);
	RUN(datagrams_of_0_and_of_64_kilobytes);
	RUN(client_that_vanishes_before_its_reply);
	RUN(a_thousand_clients);
	RUN(whoever_attached_keeps_the_place);
	RUN(client_that_does_not_read_loses_its_own);
	RUN(socket_that_goes_and_comes);
	RUN(socket_that_is_replaced_at_once);
	RUN(directory_that_comes_later);
	RUN(names_that_are_none_are_left_out);
	RUN(guest_speaks_for_clients_that_are_not_there);
	RUN(host_that_comes_anew);
	RUN(requests_that_are_never_read);
	RUN(channel_that_stands_still);
	RUN(memory_is_flat_after_100000_requests);
	return check_done();
}
