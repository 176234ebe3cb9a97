/*
 * fd: descriptors, and bytes and descriptors through UNIX sockets.
 *
 * Everything opened here is close-on-exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"

#define RECORD_BYTES (128 << 10) /* that may wait; FreeBSD 14 has 8 KiB by itself */

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void fd_cleanup(int *fd)
{
	fd_close(fd);
}

void free_cleanup(void *p)
{
	free(*(void **)p);
}

int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int fd_nonblock(int fd, struct err *e)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_set(e, errno, "make descriptor %d non-blocking", fd);
	return 0;
}

int fd_write_all(int fd, const void *buf, size_t len, struct err *e)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int unix_address(struct sockaddr_un *sa, const char *path, struct err *e)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!str_copy(sa->sun_path, sizeof(sa->sun_path), path))
		return err_set(e, ENAMETOOLONG, "socket %s", path);
	return 0;
}

int unix_listen(const char *path, mode_t mode, struct err *e)
{
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa;
	mode_t old;
	int rc;

	if (fd < 0)
		return err_set(e, errno, "socket");
	if (unix_address(&sa, path, e) < 0)
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove old socket %s", path);
	old = umask(0177);
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (rc < 0)
		return err_set(e, errno, "bind %s", path);
	if (chmod(path, mode) < 0 || listen(fd, 16) < 0)
		return err_set(e, errno, "listen on %s", path);
	return fd_take(&fd);
}

int unix_connect(const char *path, struct err *e)
{
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sa;

	if (fd < 0)
		return err_set(e, errno, "socket");
	if (unix_address(&sa, path, e) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_set(e, errno, "connect to %s", path);
	return fd_take(&fd);
}

/* FreeBSD 15 keeps records apart only where their end is said; a stream has none. */
static int end_of_record(int sock)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return 0;
	return type == SOCK_SEQPACKET ? MSG_EOR : 0;
}

int unix_pair(int pair[2], struct err *e)
{
	static const int options[] = {SO_SNDBUF, SO_RCVBUF};
	int bytes = RECORD_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		pair[0] = pair[1] = -1;
		return err_set(e, errno, "make a socket pair");
	}
	for (size_t i = 0; i < 4; i++)
		if (setsockopt(pair[i / 2], SOL_SOCKET, options[i % 2], &bytes, sizeof(bytes)) <
		    0) {
			err_set(e, errno, "make room for records");
			fd_close(&pair[0]);
			fd_close(&pair[1]);
			return -1;
		}
	return 0;
}

int unix_send(int sock, const void *buf, size_t len, int fd, struct err *e)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)buf, .iov_len = len};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL | end_of_record(sock));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, errno, "send");
	if ((size_t)n < len)
		return fd_write_all(sock, (const char *)buf + n, len - (size_t)n, e);
	return 0;
}

ssize_t unix_recv(int sock, void *buf, size_t size, int *fd, struct err *e)
{
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.space,
	    .msg_controllen = sizeof(control.space)};
	struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, errno, "receive");
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(fd, CMSG_DATA(c), sizeof(int));
	return n;
}
