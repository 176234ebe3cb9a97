/*
 * demo_world: what plays the Internet.
 *
 * A process in its own network namespace with a web server on an address that
 * exists nowhere else (TEST-NET-3, RFC 5737).  The page carries the nonce of
 * this run, so whoever shows it has fetched it from here.  `/stream` sends
 * zeros until the client leaves, a POST is read until it ends: that is how
 * throughput is measured.  A child a connection, all die with their parent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/demo.h"

static void serve(int fd, const char *nonce)
{
	static char block[65536];
	char request[4096] = "", page[512], head[256];
	ssize_t n = recv(fd, request, sizeof(request) - 1, 0);
	int len;

	if (n <= 0)
		return;
	if (strncmp(request, "GET /stream", 11) == 0) {
		len = snprintf(head, sizeof(head),
		    "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n");
		if (send(fd, head, (size_t)len, MSG_NOSIGNAL) != len)
			return;
		while (send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
			;
	} else if (strncmp(request, "POST ", 5) == 0) {
		while (recv(fd, block, sizeof(block), 0) > 0)
			;
	} else {
		int body = snprintf(page, sizeof(page),
		    "You are on the other side of a simulated radio. Nonce: %s\n", nonce);

		len = snprintf(head, sizeof(head),
		    "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n",
		    body);
		if (send(fd, head, (size_t)len, MSG_NOSIGNAL) == len)
			send(fd, page, (size_t)body, MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		while (recv(fd, block, sizeof(block), 0) > 0)
			;
	}
}

static int listen_web(struct err *e)
{
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(80)};
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 16) < 0)
		return err_set(e, errno, "listen on port 80");
	return fd_take(&fd);
}

/* The tap has arrived: make it the world's network card. */
static int configure(const char *tap, struct err *e)
{
	const char *nets[] = {"192.168.77.0/24", "192.168.78.0/24", "10.0.0.0/8"};

	if (demo_run(NULL, e, "ip", "addr", "add", "198.51.100.1/24", "dev", tap, NULL) != 0 ||
	    demo_run(NULL, e, "ip", "link", "set", tap, "up", NULL) != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(nets); i++)
		if (demo_run(NULL, e, "ip", "route", "add", nets[i], "via", "198.51.100.2",
			NULL) != 0)
			return -1;
	return 0;
}

/* Accept clients, and lines from our parent: "INTERFACE\n". */
static int run_world(int listener, int link, const char *nonce, struct err *e)
{
	for (;;) {
		struct pollfd p[2] = {{listener, POLLIN, 0}, {link, POLLIN, 0}};
		char tap[64];
		int fd;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		while (waitpid(-1, NULL, WNOHANG) > 0)
			; /* connections that ended */
		if (p[1].revents != 0) {
			ssize_t n = read(link, tap, sizeof(tap) - 1);

			if (n <= 0)
				return 0;
			tap[n] = '\0';
			if (configure(tap, e) < 0 || write(link, "k", 1) != 1)
				return -1;
		}
		if (p[0].revents == 0)
			continue;
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			close(link);
			serve(fd, nonce);
			_exit(0);
		}
		close(fd);
	}
}

static int be_world(int link, const char *nonce, struct err *e)
{
	int listener;

	if (unshare(CLONE_NEWNET) < 0)
		return err_set(e, errno, "make a network namespace");
	if (demo_run(NULL, e, "ip", "link", "set", "lo", "up", NULL) != 0 ||
	    demo_run(NULL, e, "ip", "addr", "add", DEMO_WEB_ADDRESS "/32", "dev", "lo", NULL) !=
		0)
		return -1;
	listener = listen_web(e);
	if (listener < 0 || write(link, "k", 1) != 1)
		return -1;
	return run_world(listener, link, nonce, e);
}

/* The world says "k" for a thing done; silence means that it failed. */
static int wait_done(struct demo_world *w, const char *what, struct err *e)
{
	char ack;

	if (read(w->link, &ack, 1) == 1)
		return 0;
	return err_set(e, 0, "%s: the world's process failed, see above", what);
}

int demo_world_start(struct demo_world *w, const char *nonce, struct err *e)
{
	pid_t parent = getpid();
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) < 0)
		return err_set(e, errno, "make a socket pair");
	w->pid = fork();
	if (w->pid == 0) {
		close(s[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGINT, SIG_IGN);
		if (getppid() != parent || be_world(s[1], nonce, e) < 0) {
			fprintf(stderr, "airlock: %s\n", e->text);
			_exit(1);
		}
		_exit(0);
	}
	close(s[1]);
	w->link = s[0];
	if (w->pid < 0)
		return err_set(e, errno, "fork");
	return wait_done(w, "make the world", e);
}

int demo_world_connect(struct demo_world *w, const char *tap, struct err *e)
{
	char pid[16];

	str_format(pid, sizeof(pid), "%d", (int)w->pid);
	if (demo_run(NULL, e, "ip", "link", "set", tap, "netns", pid, NULL) != 0)
		return -1;
	if (fd_write_all(w->link, tap, strlen(tap), e) < 0)
		return -1;
	return wait_done(w, "connect the world", e);
}

void demo_world_stop(struct demo_world *w)
{
	fd_close(&w->link);
	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		child_wait(w->pid);
	}
	w->pid = 0;
}
