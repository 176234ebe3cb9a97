/*
 * ctrl: one datagram socket to the supplicant, for questions and events.
 *
 * A question is one datagram and its answer another; once attached, events come
 * in between and are told apart by the '<' in front.  Those that mean something
 * wait in a short queue until they are asked for, so that none that comes while
 * an answer is awaited is lost.  An answer that comes too late would be taken
 * for that of the next question: after a timeout the socket is opened anew.
 *
 * Questions may hold passphrases: they are never put into an error.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "station/internal.h"

static void shut(struct station_ctrl *c)
{
	if (c->fd >= 0)
		station_unbind(c->fd);
	fd_close(&c->fd);
}

static int reopen(struct station_ctrl *c, struct err *e)
{
	struct sockaddr_un peer = {.sun_family = AF_UNIX};

	shut(c);
	if (!str_copy(peer.sun_path, sizeof(peer.sun_path), c->path))
		return err_set(e, ENAMETOOLONG, "%s", c->path);
	c->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return err_set(e, errno, "make a socket");
	if (station_bind(c->fd, e) == 0) {
		if (connect(c->fd, (struct sockaddr *)&peer, sizeof(peer)) == 0)
			return 0;
		err_set(e, errno, "speak with the supplicant at %s", c->path);
	}
	shut(c);
	return -1;
}

int station_open(struct station_ctrl *c, const char *path, struct err *e)
{
	*c = (struct station_ctrl){.fd = -1};
	if (!str_copy(c->path, sizeof(c->path), path))
		return err_set(e, ENAMETOOLONG, "%s", path);
	return reopen(c, e);
}

void station_close(struct station_ctrl *c)
{
	/* Politeness: it need not find out by a datagram that nobody takes. */
	if (c->fd >= 0 && c->attached)
		(void)send(c->fd, "DETACH", 6, MSG_DONTWAIT);
	shut(c);
	c->attached = false;
}

/* An event with its "<3>" in front. */
static void keep(struct station_ctrl *c, const char *text)
{
	const char *p = strchr(text, '>');
	struct station_event ev;

	if (p == NULL)
		return;
	station_parse(p + 1, &ev);
	if (ev.kind == STATION_OTHER)
		return;
	if (c->events == STATION_EVENTS_MAX) {
		/* Of a flood the latest count. */
		c->events--;
		memmove(c->event, c->event + 1, c->events * sizeof(c->event[0]));
	}
	c->event[c->events++] = ev;
}

/*
 * Take what has come: 1 with an answer in `reply`, 0 when there is nothing more,
 * -1 with *e when the supplicant is gone.
 */
static int take(struct station_ctrl *c, char *reply, size_t size, struct err *e)
{
	for (;;) {
		ssize_t n = recv(c->fd, reply, size - 1, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return err_set(e, errno, "hear the supplicant");
		reply[n] = '\0';
		if (reply[0] != '<')
			return 1;
		keep(c, reply);
	}
}

/* Wait for the socket; 1 readable, 0 time is over or a signal came. */
static int wait_until(const struct station_ctrl *c, uint64_t until)
{
	struct pollfd p = {c->fd, POLLIN, 0};
	uint64_t now = now_ms();

	return poll(&p, 1, now < until ? (int)(until - now) : 0) > 0;
}

int station_ask(
    struct station_ctrl *c, const char *command, char *reply, size_t size, struct err *e)
{
	uint64_t until = now_ms() + STATION_ANSWER_MS;
	struct err ignored = {0};

	if (c->fd < 0 && (reopen(c, e) < 0 || (c->attached && station_attach(c, e) < 0)))
		return -1;
	/* Nothing has been asked: an answer now is one to nobody. */
	while (take(c, reply, size, &ignored) > 0)
		;
	if (send(c->fd, command, strlen(command), 0) < 0) {
		err_set(e, errno, "speak with the supplicant at %s", c->path);
		shut(c);
		return -1;
	}
	for (;;) {
		int rc = take(c, reply, size, e);

		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (now_ms() >= until)
			break;
		wait_until(c, until);
	}
	shut(c);
	err_set(e, 0, "the supplicant does not answer within %d s", STATION_ANSWER_MS / 1000);
	e->num = ETIMEDOUT;
	return -1;
}

int station_attach(struct station_ctrl *c, struct err *e)
{
	char reply[STATION_REPLY];

	c->attached = false;
	if (station_ask(c, "ATTACH", reply, sizeof(reply), e) < 0)
		return -1;
	if (strncmp(reply, "OK", 2) != 0)
		return err_set(e, 0, "the supplicant does not tell its events");
	c->attached = true;
	return 0;
}

int station_next(struct station_ctrl *c, struct station_event *ev, struct err *e)
{
	char ignored[STATION_REPLY];

	while (c->fd >= 0 && c->events < STATION_EVENTS_MAX) {
		int rc = take(c, ignored, sizeof(ignored), e);

		if (rc < 0)
			return -1;
		if (rc == 0)
			break;
	}
	if (c->events == 0)
		return 0;
	*ev = c->event[0];
	c->events--;
	memmove(c->event, c->event + 1, c->events * sizeof(c->event[0]));
	return 1;
}
