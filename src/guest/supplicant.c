/*
 * supplicant: one datagram socket to the supplicant, for events and questions.
 *
 * Events begin with "<priority>"; everything else answers the question at the
 * head of the queue, of which one at a time is under way.  Until the daemon's
 * socket is there, attaching is tried every few milliseconds: the first scan
 * waits for it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest/paths.h"
#include "guest/supplicant.h"

#define ATTACH_MS 15

static void on_timer(void *arg);
static void on_socket(void *arg, short revents);

void supplicant_init(struct supplicant *s, struct loop *l)
{
	s->loop = l;
	s->timer.fn = on_timer;
	s->timer.arg = s;
	s->io.fd = -1;
	s->io.events = POLLIN;
	s->io.fn = on_socket;
	s->io.arg = s;
}

static int open_socket(void)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX}, peer = {.sun_family = AF_UNIX};
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	str_copy(local.sun_path, sizeof(local.sun_path), PATH_RUN "/supplicant.client");
	str_copy(peer.sun_path, sizeof(peer.sun_path), PATH_SUPPLICANT_DIR "/" RADIO_NAME);
	unlink(local.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0 ||
	    connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		return -1;
	return fd_take(&fd);
}

static void send_head(struct supplicant *s)
{
	const char *command = s->queue[0].command;

	if (s->queued == 0)
		return;
	/* A full socket is answered by the timer like a silent daemon. */
	if (send(s->io.fd, command, strlen(command), 0) < 0)
		log_debug("supplicant: %s: %s", command, strerror(errno));
	loop_timer_set(s->loop, &s->timer, s->queue[0].wait_ms);
}

static void answer(struct supplicant *s, const char *reply)
{
	supplicant_reply_fn *fn = s->queue[0].fn;

	if (s->queued == 0)
		return;
	loop_timer_del(s->loop, &s->timer);
	s->queued--;
	memmove(s->queue, s->queue + 1, s->queued * sizeof(s->queue[0]));
	if (fn != NULL)
		fn(s->arg, reply);
	if (!s->timer.armed)
		send_head(s);
}

static void on_attached(void *arg, const char *reply)
{
	if (reply == NULL || strncmp(reply, "OK", 2) != 0)
		log_warn("wpa_supplicant does not tell its events");
}

static void take(struct supplicant *s, char *text)
{
	struct station_event ev;
	char *p;

	if (text[0] != '<') {
		answer(s, text);
		return;
	}
	p = strchr(text, '>');
	if (p == NULL)
		return;
	station_parse(p + 1, &ev);
	if (ev.kind != STATION_OTHER)
		s->event(s->arg, &ev);
}

static void on_socket(void *arg, short revents)
{
	struct supplicant *s = arg;
	char text[4097];

	while (s->open) {
		ssize_t n = recv(s->io.fd, text, sizeof(text) - 1, 0);

		if (n < 0 && errno != EINTR)
			return;
		text[MAX(n, 0)] = '\0';
		take(s, text);
	}
}

static void try_attach(struct supplicant *s)
{
	s->io.fd = open_socket();
	if (s->io.fd < 0) {
		loop_timer_set(s->loop, &s->timer, ATTACH_MS);
		return;
	}
	loop_io_add(s->loop, &s->io);
	s->ready = true;
	supplicant_request(s, "ATTACH", on_attached);
	s->attached(s->arg);
}

static void on_timer(void *arg)
{
	struct supplicant *s = arg;

	if (!s->ready) {
		try_attach(s);
		return;
	}
	/* A late answer must not be taken for that of the next question: a new socket. */
	log_debug("supplicant: no answer to %s", s->queue[0].command);
	supplicant_detach(s);
	supplicant_attach(s);
}

void supplicant_attach(struct supplicant *s)
{
	if (s->open)
		return;
	s->open = true;
	s->queued = 0;
	loop_timer_set(s->loop, &s->timer, ATTACH_MS);
}

void supplicant_detach(struct supplicant *s)
{
	supplicant_reply_fn *waiting[SUPPLICANT_QUEUE];
	size_t count = s->queued;

	if (!s->open)
		return;
	s->open = false;
	if (s->ready)
		loop_io_del(s->loop, &s->io);
	s->ready = false;
	fd_close(&s->io.fd);
	loop_timer_del(s->loop, &s->timer);
	s->queued = 0;
	/* Whoever is told may attach again and ask anew. */
	for (size_t i = 0; i < count; i++)
		waiting[i] = s->queue[i].fn;
	for (size_t i = 0; i < count; i++)
		if (waiting[i] != NULL)
			waiting[i](s->arg, NULL);
}

bool supplicant_request(struct supplicant *s, const char *command, supplicant_reply_fn *fn)
{
	return supplicant_request_long(s, command, SUPPLICANT_WAIT_MS, fn);
}

bool supplicant_request_long(
    struct supplicant *s, const char *command, unsigned wait_ms, supplicant_reply_fn *fn)
{
	if (!s->ready || s->queued == SUPPLICANT_QUEUE)
		return false;
	if (!str_copy(s->queue[s->queued].command, sizeof(s->queue[0].command), command))
		return false;
	s->queue[s->queued].fn = fn;
	s->queue[s->queued].wait_ms = wait_ms;
	s->queued++;
	if (s->queued == 1)
		send_head(s);
	return true;
}
