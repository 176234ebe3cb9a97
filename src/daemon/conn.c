/*
 * conn: one socket, one reader, one bounded queue.
 *
 * What cannot be written at once waits in the queue, and POLLOUT is asked for
 * only while it does.  A peer that does not read is closed when the queue is
 * full: its loss, nobody else's.  One readiness is answered by one read, so a
 * peer that floods gets no more than its turn.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/conn.h"

static void conn_fail(struct conn *c, const struct err *why)
{
	if (c->open)
		c->why = *why;
	conn_close(c);
}

static void tell_gone(void *arg)
{
	struct conn *c = arg;

	c->ops->gone(c->arg, &c->why);
}

void conn_close(struct conn *c)
{
	if (!c->open)
		return;
	c->open = false;
	loop_io_del(c->loop, &c->io);
	fd_close(&c->io.fd);
	buf_fini(&c->out);
	free(c->reader);
	c->reader = NULL;
	loop_timer_set(c->loop, &c->later, 0);
}

/* Nothing can be sent any more; reading goes on to the end of the stream. */
static void conn_deafen(struct conn *c)
{
	c->deaf = true;
	buf_fini(&c->out);
}

static void set_events(struct conn *c)
{
	c->io.events =
	    (short)((c->finishing || c->paused ? 0 : POLLIN) | (c->out.len > 0 ? POLLOUT : 0));
}

static void flush(struct conn *c)
{
	size_t before = c->out.len;

	while (c->out.len > 0) {
		ssize_t n = send(c->io.fd, c->out.data, c->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			conn_deafen(c);
			break;
		}
		buf_drop(&c->out, (size_t)n);
	}
	if (c->out.len == 0 && c->finishing)
		conn_close(c);
	else
		set_events(c);
	if (c->open && c->out.len < before && c->ops->drained != NULL)
		c->ops->drained(c->arg);
}

void conn_pause(struct conn *c, bool paused)
{
	c->paused = paused;
	if (c->open)
		set_events(c);
}

static void take(struct conn *c)
{
	struct err e = {0};
	size_t room;
	uint8_t *p = wire_room(c->reader, &room);
	ssize_t n = recv(c->io.fd, p, room, 0);
	int rc = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	wire_filled(c->reader, (size_t)n);
	while (c->open && !c->finishing) {
		struct wire_msg m;

		rc = wire_next(c->reader, &m, &e);
		if (rc != 1)
			break;
		c->ops->message(c->arg, &m);
	}
	if (rc < 0)
		conn_fail(c, &e);
}

static void on_ready(void *arg, short revents)
{
	struct conn *c = arg;

	if (revents & POLLOUT)
		flush(c);
	if (c->open && !c->finishing && (revents & (POLLIN | POLLHUP | POLLERR)))
		take(c);
	else if (c->open && (revents & (POLLHUP | POLLERR)))
		conn_close(c);
}

void conn_open(struct conn *c, struct loop *l, int fd, size_t out_max,
    const struct conn_ops *ops, void *arg)
{
	struct err e = {0};

	*c = (struct conn){.loop = l, .ops = ops, .arg = arg, .out_max = out_max, .open = true};
	c->io = (struct loop_io){.fd = fd, .events = POLLIN, .fn = on_ready, .arg = c};
	c->later = (struct loop_timer){.fn = tell_gone, .arg = c};
	c->reader = calloc(1, sizeof(*c->reader));
	if (c->reader == NULL)
		abort();
	loop_io_add(l, &c->io);
	if (fd_nonblock(fd, &e) < 0)
		conn_fail(c, &e);
}

bool conn_send(struct conn *c, const struct wire_msg *m)
{
	static uint8_t frame[WIRE_FRAME_MAX];
	struct err e = {0};
	ssize_t n;

	if (!c->open || c->finishing || c->deaf)
		return false;
	n = wire_encode(m, frame, sizeof(frame), &e);
	if (n < 0) {
		log_error("a message is not sent: %s", e.text);
		return false;
	}
	if (c->out.len + (size_t)n > c->out_max) {
		err_set(&e, 0, "the peer does not read");
		conn_fail(c, &e);
		return false;
	}
	buf_add(&c->out, frame, (size_t)n);
	flush(c);
	return c->open && !c->deaf;
}

void conn_finish(struct conn *c)
{
	if (!c->open || c->finishing)
		return;
	c->finishing = true;
	flush(c);
}
