/*
 * probe: the child that asks.
 *
 * It has an unprivileged user from its start (child_spawn), takes from itself
 * what it needs not before a stranger's first byte is read, and ends within
 * PROBE_MS by an alarm whatever the other end does; the system's own resolver
 * and a blocking socket are enough then.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "guest/probe.h"

#define CONNECT_MS 2000 /* for each address of the name */
#define ADDRESSES  3

static void limit(int what, rlim_t most)
{
	struct rlimit l = {most, most};

	/* NOLINTNEXTLINE(bugprone-unused-return-value): a second fence, not the first */
	(void)setrlimit(what, &l);
}

/* No new processes, no files that grow, no more memory than an answer takes. */
static void confine(void)
{
	struct itimerval t = {.it_value = {.tv_sec = PROBE_MS / 1000}};

	setitimer(ITIMER_REAL, &t, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, 16);
	limit(RLIMIT_AS, 16 << 20);
}

static int connect_one(const struct addrinfo *a)
{
	struct timeval wait = {.tv_sec = CONNECT_MS / 1000};
	auto_fd fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The bound of sending holds for connect(2) too. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(fd, a->ai_addr, a->ai_addrlen) < 0)
		return -1;
	return fd_take(&fd);
}

static int connect_any(const struct probe_url *u)
{
	struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int fd = -1, tries = 0;

	if (getaddrinfo(u->host, u->port, &want, &found) != 0)
		return -1;
	for (const struct addrinfo *a = found; a != NULL && fd < 0 && tries < ADDRESSES;
	     a = a->ai_next, tries++)
		fd = connect_one(a);
	freeaddrinfo(found);
	return fd;
}

static enum wire_internet ask(const char *url, char portal[PROBE_URL_MAX])
{
	enum wire_internet result = WIRE_INTERNET_UNREACHABLE;
	static char answer[PROBE_ANSWER_MAX];
	struct buf request = {0};
	struct err e = {0};
	struct probe_url u;
	size_t len = 0;
	ssize_t n = 1;
	auto_fd fd = -1;

	portal[0] = '\0';
	if (!probe_url_parse(url, &u))
		return WIRE_INTERNET_UNKNOWN;
	fd = connect_any(&u);
	probe_request(&request, &u);
	if (fd < 0 || fd_write_all(fd, request.data, request.len, &e) < 0)
		n = 0;
	buf_fini(&request);
	while (n > 0) {
		n = read(fd, answer + len, sizeof(answer) - len);
		len += (size_t)MAX(n, 0);
		if (probe_judge(url, answer, len, n <= 0, &result, portal))
			break;
	}
	return result;
}

int probe_main(int argc, char **argv)
{
	char portal[PROBE_URL_MAX];
	enum wire_internet result;

	if (argc != 2)
		return 2;
	confine();
	result = ask(argv[1], portal);
	if (portal[0] != '\0' && (puts(portal) < 0 || fflush(stdout) != 0))
		return 1;
	return PROBE_STATUS + (int)result;
}
