/*
 * ctrl_freebsd: an address for a client, which is a file.
 *
 * FreeBSD has no addresses without one.  The file is in /tmp, as wpa_cli(8) has its own,
 * with a name that nobody can take before (the bind fails when it exists), and goes when
 * the socket is closed; a client that is killed leaves it.  Only its user and root may
 * write to it: what answers is the relay, which is root's for that.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "station/internal.h"

#define TRIES 16

int station_bind(int fd, struct err *e)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	mode_t mask = umask(0077);
	int rc = -1;

	for (int i = 0; i < TRIES && rc < 0; i++) {
		str_format(own.sun_path, sizeof(own.sun_path), "/tmp/airlock-%d-%08x",
		    (int)getpid(), arc4random());
		rc = bind(fd, (struct sockaddr *)&own, sizeof(own));
		if (rc < 0 && errno != EADDRINUSE)
			break;
	}
	umask(mask);
	return rc < 0 ? err_set(e, errno, "bind a socket of our own to %s", own.sun_path) : 0;
}

void station_unbind(int fd)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &len) < 0)
		return;
	own.sun_path[sizeof(own.sun_path) - 1] = '\0';
	if (strncmp(own.sun_path, "/tmp/airlock-", strlen("/tmp/airlock-")) == 0 &&
	    unlink(own.sun_path) < 0)
		log_debug("remove %s: %s", own.sun_path, strerror(errno));
}
