/*
 * bhyve_port: the bytes of one port, carried between the driver's user and bhyve.
 *
 * The user's stream is there from the start; the connection to bhyve comes when bhyve
 * has made its socket.  So there is a pair of sockets, and what comes out of one end is
 * put into the other.  What the user sends before waits.
 *
 * bhyve's device loses what it gets while the guest has no room for it: with none of the
 * guest's 64 buffers free it closes the connection.  A buffer holds a page, so a page at
 * a time is passed on, and no more than a quarter of them within a tenth of a second:
 * a guest that runs has read them by then.
 *
 * Towards the user nothing is lost: while that end is full, bhyve is not read from.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm/bhyve.h"

#define CHUNKS   16
#define AGAIN_MS 100

static void watch(struct bhyve_port *p, struct loop_io *io, bool *watched, short events)
{
	io->events = events;
	if (events != 0 && !*watched)
		loop_io_add(p->loop, io);
	else if (events == 0 && *watched)
		loop_io_del(p->loop, io);
	*watched = events != 0;
}

/* Ask for what can be carried on, and for nothing else: a full end wakes nobody. */
static void set_events(struct bhyve_port *p)
{
	bool paced = p->chunks >= CHUNKS, there = p->guest.fd >= 0;
	short inner = 0, guest = 0;

	if (there && p->down_len == 0 && !paced)
		inner |= POLLIN;
	if (p->up_len > 0)
		inner |= POLLOUT;
	if (there && p->up_len == 0)
		guest |= POLLIN;
	if (there && p->down_len > 0)
		guest |= POLLOUT;
	if (p->inner.fd >= 0)
		watch(p, &p->inner, &p->inner_watched, inner);
	if (there)
		watch(p, &p->guest, &p->guest_watched, guest);
}

static void drop(struct bhyve_port *p, struct loop_io *io, bool *watched)
{
	watch(p, io, watched, 0);
	fd_close(&io->fd);
}

/*
 * Move once.  1: something moved; 0: not now; -1: that way is over for good.
 */
static int move(int from, int to, uint8_t *bytes, size_t *len)
{
	ssize_t n;

	if (*len == 0) {
		n = recv(from, bytes, BHYVE_CHUNK, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0)
			return -1;
		*len = (size_t)n;
	}
	n = send(to, bytes, *len, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return -1;
	for (size_t i = (size_t)n; i < *len; i++)
		bytes[i - (size_t)n] = bytes[i];
	*len -= (size_t)n;
	return 1;
}

/* The user reads what is left, and then the end. */
static void finish(struct bhyve_port *p)
{
	if (p->guest.fd < 0 && p->up_len == 0 && p->inner.fd >= 0)
		drop(p, &p->inner, &p->inner_watched);
}

static void lose(struct bhyve_port *p)
{
	bool tell = !p->ended;

	drop(p, &p->guest, &p->guest_watched);
	p->ended = true;
	p->down_len = 0;
	finish(p);
	if (tell)
		p->lost(p->arg);
}

static void go_on(struct bhyve_port *p)
{
	while (p->guest.fd >= 0 && p->inner.fd >= 0 && p->chunks < CHUNKS) {
		int moved = move(p->inner.fd, p->guest.fd, p->down, &p->down_len);

		if (moved < 0)
			p->down_len = 0; /* that bhyve is gone, is seen by reading */
		if (moved <= 0)
			break;
		p->chunks++;
		if (!p->again.armed)
			loop_timer_set(p->loop, &p->again, AGAIN_MS);
	}
	set_events(p);
}

static void on_inner(void *arg, short revents)
{
	struct bhyve_port *p = arg;

	if ((revents & POLLOUT) && p->up_len > 0 &&
	    move(-1, p->inner.fd, p->up, &p->up_len) < 0)
		p->up_len = 0;
	finish(p);
	go_on(p);
}

static void on_guest(void *arg, short revents)
{
	struct bhyve_port *p = arg;

	if ((revents & (POLLIN | POLLHUP | POLLERR)) && p->up_len == 0 && p->inner.fd >= 0 &&
	    move(p->guest.fd, p->inner.fd, p->up, &p->up_len) < 0) {
		lose(p);
		set_events(p);
		return;
	}
	go_on(p);
}

static void on_again(void *arg)
{
	struct bhyve_port *p = arg;

	p->chunks = 0;
	go_on(p);
}

int bhyve_port_open(
    struct bhyve_port *p, struct loop *l, void (*lost)(void *arg), void *arg, struct err *e)
{
	int inner = -1;

	*p = (struct bhyve_port){.loop = l, .lost = lost, .arg = arg, .user = -1};
	p->inner = (struct loop_io){.fd = -1, .fn = on_inner, .arg = p};
	p->guest = (struct loop_io){.fd = -1, .fn = on_guest, .arg = p};
	p->again = (struct loop_timer){.fn = on_again, .arg = p};
	if (vm_pair(&p->user, &inner, e) < 0)
		return -1;
	p->inner.fd = inner;
	if (fd_nonblock(inner, e) == 0)
		return 0;
	bhyve_port_close(p);
	return -1;
}

void bhyve_port_connect(struct bhyve_port *p, int fd)
{
	struct err e = {0};

	if (p->guest.fd >= 0 || p->ended || fd_nonblock(fd, &e) < 0) {
		close(fd);
		return;
	}
	p->guest.fd = fd;
	go_on(p);
}

void bhyve_port_end(struct bhyve_port *p)
{
	p->ended = true;
	while (p->guest.fd >= 0 && p->inner.fd >= 0) {
		int moved = move(p->guest.fd, p->inner.fd, p->up, &p->up_len);

		if (moved == 0)
			break;
		if (moved < 0)
			lose(p);
	}
	if (p->guest.fd < 0)
		finish(p);
	set_events(p);
}

void bhyve_port_close(struct bhyve_port *p)
{
	loop_timer_del(p->loop, &p->again);
	drop(p, &p->guest, &p->guest_watched);
	drop(p, &p->inner, &p->inner_watched);
	fd_close(&p->user);
	p->ended = true;
	p->up_len = 0;
}
