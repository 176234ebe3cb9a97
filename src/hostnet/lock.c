/*
 * lock: one machine at a time changes what this host has only once.
 *
 * Addresses must not overlap and there is one /etc/resolv.conf, so whoever looks
 * and then acts holds this lock meanwhile.  It is root's alone, held for
 * milliseconds, and removed when it is let go: nothing is left of it.  A lock
 * that does not come free is no reason to leave a host half undone: it is said,
 * and the work goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnet/internal.h"

#define WAIT_MS 5000

static const char *path(char dst[64])
{
	str_format(dst, 64, "%s/airlock.lock", hostnet_run);
	return dst;
}

/* Is the file that was locked still the one of that name? */
static bool is_there(int fd)
{
	struct stat mine, there;
	char text[64];

	return fstat(fd, &mine) == 0 && lstat(path(text), &there) == 0 &&
	       mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

int hostnet_lock(void)
{
	uint64_t until = now_ms() + WAIT_MS;
	char text[64];

	while (now_ms() < until) {
		auto_fd fd = open(path(text), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0) {
			log_warn("lock %s: %s", text, strerror(errno));
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			usleep(5000);
		else if (is_there(fd))
			return fd_take(&fd);
	}
	log_warn("lock %s: another machine holds it for %d s", path(text), WAIT_MS / 1000);
	return -1;
}

void hostnet_unlock(int *fd)
{
	char text[64];

	if (*fd >= 0)
		unlink(path(text));
	fd_close(fd);
}
