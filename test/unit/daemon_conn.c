/* conn and ring: connections that end once, queues and memories that are bounded. */
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "daemon/conn.h"
#include "daemon/ring.h"

struct peer {
	struct loop *loop;
	struct conn conn;
	unsigned messages, gone;
	char why[128];
	bool close_on_message;
};

static void on_message(void *arg, struct wire_msg *m)
{
	struct peer *p = arg;

	p->messages++;
	if (p->close_on_message)
		conn_close(&p->conn);
}

static void on_gone(void *arg, const struct err *why)
{
	struct peer *p = arg;

	p->gone++;
	str_copy(p->why, sizeof(p->why), why->text);
	loop_stop(p->loop, 0);
}

static const struct conn_ops ops = {on_message, on_gone, NULL};

/* One end is a conn, the other the test's descriptor. */
static int connect_peer(struct peer *p, size_t out_max)
{
	struct err e = {0};
	int s[2];

	memset(p, 0, sizeof(*p));
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	p->loop = loop_new(&e);
	conn_open(&p->conn, p->loop, s[0], out_max, &ops, p);
	return s[1];
}

static size_t hello(uint8_t frame[128])
{
	struct wire_msg m = {.type = WIRE_HELLO, .hello = {.version = 1}};
	struct err e = {0};

	return (size_t)wire_encode(&m, frame, 128, &e);
}

static void end_of_stream_is_told_once(void)
{
	struct err e = {0};
	uint8_t frame[128];
	struct peer p;
	int fd = connect_peer(&p, 1000);
	size_t n = hello(frame);

	CHECK_INT(write(fd, frame, n), n);
	CHECK_INT(write(fd, frame, n), n);
	close(fd);
	CHECK_INT(loop_run(p.loop, &e), 0);
	CHECK_INT(p.messages, 2);
	CHECK_INT(p.gone, 1);
	CHECK_STR(p.why, "");
	loop_free(p.loop);
}

/* Whoever ends says its last words and closes; a word to it must not lose them. */
static void last_words_are_heard_by_who_is_speaking(void)
{
	struct wire_msg m = {.type = WIRE_HELLO, .hello = {.version = 1}};
	struct err e = {0};
	uint8_t frame[128];
	struct peer p;
	int fd = connect_peer(&p, 1000);
	size_t n = hello(frame);

	CHECK_INT(write(fd, frame, n), n);
	CHECK_INT(write(fd, frame, n), n);
	close(fd);
	CHECK(!conn_send(&p.conn, &m));
	CHECK(!conn_send(&p.conn, &m));
	CHECK_INT(loop_run(p.loop, &e), 0);
	CHECK_INT(p.messages, 2);
	CHECK_INT(p.gone, 1);
	CHECK_STR(p.why, "");
	loop_free(p.loop);
}

static void broken_frame_closes_with_its_reason(void)
{
	struct err e = {0};
	uint8_t frame[128];
	struct peer p;
	int fd = connect_peer(&p, 1000);
	size_t n = hello(frame);

	CHECK_INT(write(fd, frame, n), n);
	CHECK_INT(write(fd, "garbage", 7), 7);
	CHECK_INT(loop_run(p.loop, &e), 0);
	CHECK_INT(p.messages, 1);
	CHECK_STR(p.why, "bytes that are no frame");
	close(fd);
	loop_free(p.loop);
}

static void close_from_a_message_is_safe(void)
{
	struct err e = {0};
	uint8_t frame[128];
	struct peer p;
	int fd = connect_peer(&p, 1000);
	size_t n = hello(frame);

	p.close_on_message = true;
	CHECK_INT(write(fd, frame, n), n);
	CHECK_INT(write(fd, frame, n), n);
	CHECK_INT(loop_run(p.loop, &e), 0);
	CHECK_INT(p.messages, 1);
	CHECK_INT(p.gone, 1);
	close(fd);
	loop_free(p.loop);
}

static void peer_that_does_not_read_is_closed(void)
{
	static uint8_t data[32768];
	struct wire_msg m = {.type = WIRE_BYTES, .bytes = {data, sizeof(data)}};
	struct err e = {0};
	struct peer p;
	int fd = connect_peer(&p, 100000);
	unsigned sent = 0;

	while (sent < 1000 && conn_send(&p.conn, &m))
		sent++;
	CHECK(sent > 0 && sent < 1000);
	CHECK_INT(loop_run(p.loop, &e), 0);
	CHECK_HAS(p.why, "does not read");
	close(fd);
	loop_free(p.loop);
}

static void finish_writes_what_is_queued(void)
{
	static uint8_t data[60000], got[65536];
	struct wire_msg m = {.type = WIRE_BYTES, .bytes = {data, sizeof(data)}};
	struct peer p;
	int fd = connect_peer(&p, 10 << 20);
	size_t total = 0;
	ssize_t n;

	for (int i = 0; i < 20; i++)
		CHECK(conn_send(&p.conn, &m));
	conn_finish(&p.conn);
	CHECK(!conn_send(&p.conn, &m));
	/* The loop writes while we read: by turns, in one process. */
	while (p.conn.open) {
		n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
		total += n > 0 ? (size_t)n : 0;
		if (p.conn.open && p.conn.io.events & POLLOUT)
			p.conn.io.fn(p.conn.io.arg, POLLOUT);
	}
	while ((n = recv(fd, got, sizeof(got), 0)) > 0)
		total += (size_t)n;
	CHECK_INT(total, 20 * (WIRE_HEADER + sizeof(data)));
	close(fd);
	loop_free(p.loop);
}

static void ring_keeps_the_last_bytes(void)
{
	uint8_t data[8], all[9] = {0};
	struct ring r = {.data = data, .size = sizeof(data)};
	const uint8_t *part[2];
	size_t len[2];

	ring_add(&r, "abc", 3);
	ring_add(&r, "defghij", 7);
	ring_parts(&r, part, len);
	memcpy(all, part[0], len[0]);
	memcpy(all + len[0], part[1], len[1]);
	CHECK_STR((char *)all, "cdefghij");
	ring_add(&r, "0123456789", 10);
	ring_parts(&r, part, len);
	memcpy(all, part[0], len[0]);
	memcpy(all + len[0], part[1], len[1]);
	CHECK_STR((char *)all, "23456789");
}

static void lines_keep_the_last_ones(void)
{
	static struct lines l;
	char text[16];
	struct line line = {.level = LEVEL_INFO, .text = text};

	for (int i = 0; i < RING_LINES + 3; i++) {
		str_format(text, sizeof(text), "%d", i);
		lines_add(&l, &line);
	}
	CHECK_INT(l.count, RING_LINES);
	CHECK_STR(lines_at(&l, 0)->text, "3");
	CHECK_STR(lines_at(&l, RING_LINES - 1)->text, text);
	lines_fini(&l);
}

static void lines_are_in_the_order_of_their_time(void)
{
	static const uint64_t times[] = {10, 30, 20, 20, 40, 5};
	static const char *const order[] = {"5", "0", "2", "3", "1", "4"};
	static struct lines l;
	char text[16];
	struct line line = {.text = text};

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		str_format(text, sizeof(text), "%zu", i);
		line.at_ms = times[i];
		lines_add(&l, &line);
	}
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		CHECK_STR(lines_at(&l, i)->text, order[i]);
	/* A full memory: late lines move in, the oldest goes, and may be the new one. */
	str_copy(text, sizeof(text), "fill");
	line.at_ms = 50;
	while (l.count < RING_LINES)
		lines_add(&l, &line);
	str_copy(text, sizeof(text), "late");
	line.at_ms = 45;
	lines_add(&l, &line);
	CHECK_STR(lines_at(&l, 0)->text, "0");
	CHECK_STR(lines_at(&l, 4)->text, "4");
	CHECK_STR(lines_at(&l, 5)->text, "late");
	line.at_ms = 1;
	lines_add(&l, &line);
	CHECK_STR(lines_at(&l, 0)->text, "0");
	CHECK_INT(l.count, RING_LINES);
	lines_fini(&l);
}

int main(void)
{
	RUN(end_of_stream_is_told_once);
	RUN(last_words_are_heard_by_who_is_speaking);
	RUN(broken_frame_closes_with_its_reason);
	RUN(close_from_a_message_is_safe);
	RUN(peer_that_does_not_read_is_closed);
	RUN(finish_writes_what_is_queued);
	RUN(ring_keeps_the_last_bytes);
	RUN(lines_keep_the_last_ones);
	RUN(lines_are_in_the_order_of_their_time);
	return check_done();
}
