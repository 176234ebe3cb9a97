/*
 * linux_lock: one machine at a time changes what this host has only once.
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

#define LOCK    "/run/airlock.lock"
#define WAIT_MS 5000

/* Is the file that was locked still the one of that name? */
static bool is_there(int fd)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && lstat(LOCK, &there) == 0 &&
	       mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

int hostnet_lock(void)
{
	uint64_t until = now_ms() + WAIT_MS;

	while (now_ms() < until) {
		auto_fd fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0) {
			log_warn("lock %s: %s", LOCK, strerror(errno));
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			usleep(5000);
		else if (is_there(fd))
			return fd_take(&fd);
	}
	log_warn("lock %s: another machine holds it for %d s", LOCK, WAIT_MS / 1000);
	return -1;
}

void hostnet_unlock(int *fd)
{
	if (*fd >= 0)
		unlink(LOCK);
	fd_close(fd);
}
