/*
 * image_http: a web server that misbehaves on demand, in a network namespace
 * of the test's own.
 */
#ifndef TEST_UNIT_IMAGE_HTTP_H
#define TEST_UNIT_IMAGE_HTTP_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

/* Shared between the test and the server. */
struct http_rules {
	size_t cut_at;   /* bytes of a body after which the connection is dropped */
	unsigned cuts;   /* how many answers are still to be cut */
	bool no_ranges;  /* always send the whole */
	unsigned status; /* answer everything with this; 0: as it is */
	size_t extra;    /* bytes too many at the end of each body */
	/* What the server has seen. */
	unsigned requests, ranges;
};

struct http {
	pid_t pid;
	unsigned port;
	struct http_rules *rules;
};

/* A namespace with loopback up.  False: this system does not let us. */
static inline bool http_isolate(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	bool ok;
	int s;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		return false;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ok = ioctl(s, SIOCSIFFLAGS, &up) == 0;
	close(s);
	return ok;
}

static inline void http_send(int s, const void *data, size_t len)
{
	for (const char *p = data; len > 0;) {
		ssize_t n = send(s, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static inline void http_answer(
    int s, const char *root, struct http_rules *rules, const char *request)
{
	char path[512] = "", file[700], head[256];
	const char *range = strstr(request, "Range: bytes=");
	size_t len = 0, from = 0, body;
	struct err e = {0};
	auto_free char *data = NULL;

	rules->requests++;
	rules->ranges += range != NULL;
	sscanf(request, "GET %511s", path);
	str_format(file, sizeof(file), "%s%s", root, path);
	data = file_read(file, 1 << 26, &len, &e);
	if (data == NULL || rules->status != 0) {
		str_format(head, sizeof(head), "HTTP/1.1 %u No\r\nContent-Length: 0\r\n\r\n",
		    rules->status != 0 ? rules->status : 404);
		http_send(s, head, strlen(head));
		return;
	}
	if (range != NULL && !rules->no_ranges)
		from = strtoul(range + 13, NULL, 10);
	if (from > len) {
		str_copy(head, sizeof(head), "HTTP/1.1 416 Range\r\nContent-Length: 0\r\n\r\n");
		http_send(s, head, strlen(head));
		return;
	}
	body = len - from;
	str_format(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n",
	    from > 0 ? "206 Partial" : "200 OK", body + rules->extra);
	http_send(s, head, strlen(head));
	if (from > 0) {
		str_format(head, sizeof(head), "Content-Range: bytes %zu-%zu/%zu\r\n", from,
		    len - 1, len);
		http_send(s, head, strlen(head));
	}
	http_send(s, "\r\n", 2);
	if (rules->cuts > 0 && body > rules->cut_at) {
		rules->cuts--;
		body = rules->cut_at;
	}
	http_send(s, data + from, body);
	for (size_t i = 0; i < rules->extra; i++)
		http_send(s, "x", 1);
}

static inline void http_serve(int listener, const char *root, struct http_rules *rules)
{
	for (;;) {
		char request[4096];
		size_t len = 0;
		int s = accept(listener, NULL, NULL);

		while (s >= 0 && len + 1 < sizeof(request)) {
			ssize_t n = recv(s, request + len, sizeof(request) - 1 - len, 0);

			if (n <= 0)
				break;
			len += (size_t)n;
			request[len] = '\0';
			if (strstr(request, "\r\n\r\n") != NULL) {
				http_answer(s, root, rules, request);
				break;
			}
		}
		shutdown(s, SHUT_WR);
		close(s);
	}
}

/* Serve a directory on a port of 127.0.0.1.  The test stops it. */
static inline bool http_start(struct http *h, const char *root)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	h->rules = mmap(
	    NULL, sizeof(*h->rules), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s < 0 || h->rules == MAP_FAILED ||
	    bind(s, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(s, 16) < 0 ||
	    getsockname(s, (struct sockaddr *)&at, &size) < 0)
		return false;
	h->port = ntohs(at.sin_port);
	h->pid = fork();
	if (h->pid == 0)
		http_serve(s, root, h->rules);
	close(s);
	return h->pid > 0;
}

static inline void http_stop(struct http *h)
{
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	h->pid = 0;
}

#endif
