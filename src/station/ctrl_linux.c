/*
 * ctrl_linux: an address for a client that leaves nothing behind.
 *
 * Linux gives a UNIX socket that is bound without a name one in the abstract
 * namespace (unix(7), "autobind"): no file, so none can be left over, and
 * nobody can have taken the name before.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "station/internal.h"

int station_bind(int fd, struct err *e)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};

	if (bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) < 0)
		return err_set(e, errno, "bind a socket of our own");
	return 0;
}

/* Nothing is left of it. */
void station_unbind(int fd)
{
}
