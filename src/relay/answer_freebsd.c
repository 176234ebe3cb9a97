/*
 * answer_freebsd: from a socket that is connected to the client for that one datagram.
 *
 * In capability mode nothing can be sent to an address; a socket can be connected to one
 * below a directory that is open, which is "/" here, for connecting and nothing else.  A
 * client hears whoever writes to its socket, also when it is connected to another.  A way
 * that leads through an absolute symbolic link is none in that mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/capsicum.h>
#include <unistd.h>

#include "relay/answer.h"

int answer_open(struct relay_answer *a, struct err *e)
{
	cap_rights_t rights;

	a->fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->fd < 0)
		return err_set(e, errno, "open /");
	cap_rights_init(&rights, CAP_LOOKUP, CAP_CONNECTAT);
	if (cap_rights_limit(a->fd, &rights) < 0) {
		err_set(e, errno, "limit the rights of /");
		answer_close(a);
		return -1;
	}
	return 0;
}

void answer_close(struct relay_answer *a)
{
	fd_close(&a->fd);
}

/* A socket that is connected to it, or -1 with errno. */
static int reach(const struct relay_answer *a, const struct relay_address *to)
{
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t len = to->len - offsetof(struct sockaddr_un, sun_path), skip = 0;

	while (skip < len && to->sun.sun_path[skip] == '/')
		skip++;
	memcpy(sun.sun_path, to->sun.sun_path + skip, len - skip);
	sun.sun_len = (uint8_t)(offsetof(struct sockaddr_un, sun_path) + len - skip);
	if (fd < 0 || connectat(a->fd, fd, (struct sockaddr *)&sun, sun.sun_len) < 0)
		return -1;
	return fd_take(&fd);
}

int answer_send(const struct relay_answer *a, int from, const struct relay_address *to,
    const void *data, size_t len)
{
	auto_fd fd = reach(a, to);

	if (fd < 0)
		return -1;
	return send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int answer_look(const struct relay_answer *a, const struct relay_address *at)
{
	auto_fd fd = reach(a, at);

	return fd < 0 ? -1 : 0;
}

void answer_looked(const struct relay_answer *a)
{
}
