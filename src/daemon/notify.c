/*
 * notify: READY, STATUS and the like for systemd, as sd_notify(3) has them.
 *
 * One datagram each to the socket that $NOTIFY_SOCKET names.  The socket is
 * connected before privileges are given up, because afterwards it could not be.
 * Nothing depends on what becomes of a datagram, so nothing here fails or waits.
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/notify.h"

int notify_open(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	auto_fd fd = -1;
	socklen_t len;
	bool whole;

	if (path == NULL)
		return 0;
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	whole = str_copy(to.sun_path, sizeof(to.sun_path), path);
	unsetenv("NOTIFY_SOCKET");
	if (!whole || (to.sun_path[0] != '/' && to.sun_path[0] != '@'))
		return 0;
	if (to.sun_path[0] == '@') /* no name in the file system */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, len) < 0)
		return 0;
	return fd_take(&fd) + 1;
}

static void tell(int notify, const char *text)
{
	if (notify > 0 && send(notify - 1, text, strlen(text), MSG_NOSIGNAL) < 0)
		log_debug("the service manager is not told: %s", text);
}

void notify_ready(int notify)
{
	tell(notify, "READY=1");
}

void notify_state(int notify, enum life_state life, const char *state, const char *reason)
{
	char text[512];

	str_format(text, sizeof(text), "STATUS=%s%s%s%s", state, reason[0] != '\0' ? ": " : "",
	    reason, life == LIFE_STOPPING ? "\nSTOPPING=1" : "");
	tell(notify, text);
}

void notify_reloading(int notify)
{
	char text[64];

	str_format(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)now_ms() * 1000);
	tell(notify, text);
}

const char *notify_priority(int notify, enum log_level level)
{
	static const char *const prefix[] = {"", "<3>", "<4>", "<6>", "<7>"};

	return notify > 0 && (size_t)level < ARRAY_LEN(prefix) ? prefix[level] : "";
}
