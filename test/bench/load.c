/*
 * load: clients of a control socket, as many as are wanted, each with one
 * request under way.
 *
 *	load SOCKET CLIENTS REQUESTS REQUEST
 *
 * Every client is bound to a path of its own below the working directory, as
 * wpa_cli's is.  A reply that does not come within two seconds is counted as
 * lost and asked for again.  Prints one line:
 * requests a second, the median and the 99th percentile of a round trip in
 * microseconds, what was lost, and the bytes of the last reply.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX  256
#define PATIENCE_US  2000000
#define ATTEMPTS_MAX 100 /* lost in a row: nobody is there */

static struct pollfd polled[CLIENTS_MAX];
static long asked_us[CLIENTS_MAX];
static char reply[65536];

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void address_of(struct sockaddr_un *sun, const char *path)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path, sizeof(sun->sun_path), "%s", path);
}

static void path_of(char path[64], int i)
{
	char dir[32];

	if (getcwd(dir, sizeof(dir)) == NULL)
		fail("working directory");
	snprintf(path, 64, "%s/load-%d-%d", dir, (int)getpid(), i);
}

static void open_client(int i, const char *socket_path)
{
	struct sockaddr_un sun;
	char path[64];

	polled[i].events = POLLIN;
	polled[i].fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	path_of(path, i);
	address_of(&sun, path);
	if (polled[i].fd < 0 || bind(polled[i].fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		fail(path);
	address_of(&sun, socket_path);
	if (connect(polled[i].fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		fail(socket_path);
}

static void ask(int i, const char *request)
{
	asked_us[i] = now_us();
	if (send(polled[i].fd, request, strlen(request), 0) < 0)
		fail("send");
}

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int clients = argc == 5 ? atoi(argv[2]) : 0;
	long wanted = argc == 5 ? atol(argv[3]) : 0, done = 0, lost = 0, began, took;
	ssize_t bytes = 0;
	long *trips;

	if (clients < 1 || clients > CLIENTS_MAX || wanted < 1) {
		fprintf(stderr, "usage: load SOCKET CLIENTS REQUESTS REQUEST\n");
		return 2;
	}
	trips = calloc((size_t)wanted, sizeof(*trips));
	if (trips == NULL)
		fail("memory");
	for (int i = 0; i < clients; i++)
		open_client(i, argv[1]);
	began = now_us();
	for (int i = 0; i < clients; i++)
		ask(i, argv[4]);
	while (done < wanted && lost <= done + ATTEMPTS_MAX) {
		long now;

		if (poll(polled, (nfds_t)clients, 100) < 0)
			fail("poll");
		now = now_us();
		for (int i = 0; i < clients && done < wanted; i++) {
			if (polled[i].revents & POLLIN) {
				bytes = recv(polled[i].fd, reply, sizeof(reply), 0);
				trips[done++] = now - asked_us[i];
				ask(i, argv[4]);
			} else if (now - asked_us[i] > PATIENCE_US) {
				lost++;
				ask(i, argv[4]);
			}
		}
	}
	took = now_us() - began;
	for (int i = 0; i < clients; i++) {
		char path[64];

		path_of(path, i);
		unlink(path);
	}
	if (done == 0)
		fail("no replies");
	qsort(trips, (size_t)done, sizeof(*trips), by_value);
	printf("%.1f %ld %ld %ld %zd\n", (double)done * 1e6 / (double)took, trips[done / 2],
	    trips[done * 99 / 100], lost, bytes);
	return 0;
}
