/*
 * answer_linux: from the very socket that the client had written to, which is the only
 * one that a connected client hears.
 */
#include <errno.h>
#include <string.h>

#include "relay/answer.h"

int answer_open(struct relay_answer *a, struct err *e)
{
	a->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return a->fd < 0 ? err_set(e, errno, "make a socket") : 0;
}

void answer_close(struct relay_answer *a)
{
	fd_close(&a->fd);
}

int answer_send(const struct relay_answer *a, int from, const struct relay_address *to,
    const void *data, size_t len)
{
	return sendto(from, data, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&to->sun, to->len) < 0
		   ? -1
		   : 0;
}

int answer_look(const struct relay_answer *a, const struct relay_address *at)
{
	return connect(a->fd, (const struct sockaddr *)&at->sun, at->len);
}

void answer_looked(const struct relay_answer *a)
{
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	if (connect(a->fd, &nobody, sizeof(nobody)) < 0)
		log_debug("let go of a client: %s", strerror(errno));
}
