/*
 * uevent: the kernel's device events from its netlink socket.
 *
 * Only messages of the kernel itself count: the sender's netlink port is 0 and
 * cannot be forged by a process.  When the queue overflows, events are lost;
 * nothing depends on one event alone, as everybody who waits for a device
 * looks again by a timer too.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/uevent.h"

#define QUEUE_BYTES (512 * 1024)

const char *uevent_get(const char *msg, size_t len, const char *key)
{
	size_t n = strlen(key);

	for (size_t at = 0; at < len; at += strlen(msg + at) + 1)
		if (strncmp(msg + at, key, n) == 0 && msg[at + n] == '=')
			return msg + at + n + 1;
	return NULL;
}

static void on_event(void *arg, short revents)
{
	struct uevents *u = arg;
	char msg[8192];

	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(u->io.fd, msg, sizeof(msg) - 1, MSG_DONTWAIT,
		    (struct sockaddr *)&from, &from_len);

		if (n < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (n < 0)
			return;
		if (n == 0 || from.nl_pid != 0)
			continue;
		msg[n] = '\0';
		u->fn(u->arg, msg, (size_t)n);
	}
}

int uevents_open(struct uevents *u, struct loop *l, struct err *e)
{
	struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int bytes = QUEUE_BYTES;
	auto_fd fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return err_set(e, errno, "listen for device events");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0)
		return err_set(e, errno, "listen for device events");
	u->io =
	    (struct loop_io){.fd = fd_take(&fd), .events = POLLIN, .fn = on_event, .arg = u};
	loop_io_add(l, &u->io);
	return 0;
}
