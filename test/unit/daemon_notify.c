/*
 * daemon_notify: what the service manager hears.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "daemon/notify.h"

static int manager(const char *path, socklen_t len)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(to.sun_path, path, len);
	CHECK_INT(bind(fd, (struct sockaddr *)&to,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	return fd;
}

static const char *heard(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void without_a_manager_nothing_is_said(void)
{
	static const char *const bad[] = {"", "relative", "/nowhere/notify"};

	unsetenv("NOTIFY_SOCKET");
	CHECK_INT(notify_open(), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		CHECK_INT(notify_open(), 0);
		CHECK(getenv("NOTIFY_SOCKET") == NULL);
	}
	notify_ready(0);
	notify_state(0, LIFE_UP, "online", "");
	CHECK_STR(notify_priority(0, LEVEL_WARN), "");
}

static void it_hears_states(void)
{
	char path[] = "/tmp/airlock-notify-XXXXXX";
	int fd, notify;

	close(mkstemp(path));
	unlink(path);
	fd = manager(path, sizeof(path));
	setenv("NOTIFY_SOCKET", path, 1);
	notify = notify_open();
	CHECK(notify > 0 && getenv("NOTIFY_SOCKET") == NULL);
	notify_ready(notify);
	CHECK_STR(heard(fd), "READY=1");
	notify_state(notify, LIFE_UP, "online", "\"home\", address 10.0.0.1/24");
	CHECK_STR(heard(fd), "STATUS=online: \"home\", address 10.0.0.1/24");
	notify_state(notify, LIFE_STOPPING, "stopping", "");
	CHECK_STR(heard(fd), "STATUS=stopping\nSTOPPING=1");
	notify_reloading(notify);
	CHECK_HAS(heard(fd), "RELOADING=1\nMONOTONIC_USEC=");
	CHECK_STR(notify_priority(notify, LEVEL_ERROR), "<3>");
	CHECK_STR(notify_priority(notify, LEVEL_DEBUG), "<7>");
	/* A manager that is gone, or does not read, is no reason to wait or to end. */
	for (int i = 0; i < 10000; i++)
		notify_ready(notify);
	close(fd);
	notify_ready(notify);
	close(notify - 1);
	unlink(path);
}

static void abstract_names_are_taken(void)
{
	static const char name[] = "\0airlock-notify-test";
	int fd = manager(name, sizeof(name) - 1), notify;

	setenv("NOTIFY_SOCKET", "@airlock-notify-test", 1);
	notify = notify_open();
	CHECK(notify > 0);
	notify_ready(notify);
	CHECK_STR(heard(fd), "READY=1");
	close(notify - 1);
	close(fd);
}

int main(void)
{
	RUN(without_a_manager_nothing_is_said);
	RUN(it_hears_states);
	RUN(abstract_names_are_taken);
	return check_done();
}
