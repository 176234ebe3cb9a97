/*
 * process: what is the same on every system: who the daemon becomes, where it is shut in,
 * and that there is one of it.
 *
 * How privileges are given up and what is left to a process is in process_linux.c and
 * process_freebsd.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/process.h"

int process_user_find(const char *name, struct process_user *u, struct err *e)
{
	struct passwd *pw = getpwnam(name[0] != '\0' ? name : "_airlock");

	if (pw == NULL && name[0] == '\0')
		pw = getpwnam("nobody");
	if (pw == NULL || pw->pw_uid == 0) {
		err_set(e, 0, "there is no unprivileged user \"%s\"", name);
		err_hint(e, "set `user` in airlock.conf, or: %s %s", process_adduser, name);
		return err_is(e, ERR_HOST);
	}
	*u = (struct process_user){
	    .uid = pw->pw_uid, .gid = pw->pw_gid, .kvm = process_hypervisor_group()};
	return 0;
}

void process_may_lock(unsigned mib)
{
	rlim_t bytes = (rlim_t)mib << 20;
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_max >= bytes)
		return;
	limit.rlim_max = bytes;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		log_warn("allow %u MiB of locked memory: %s", mib, strerror(errno));
}

int process_shut_in(const char *empty, struct err *e)
{
	if (mkdir(empty, 0555) < 0 && errno != EEXIST)
		return err_set(e, errno, "make directory %s", empty);
	if (chroot(empty) < 0 || chdir("/") < 0)
		return err_set(e, errno, "shut into %s", empty);
	return 0;
}

/* The process noted in a lock file, or 0. */
static pid_t lock_holder(int fd)
{
	char text[16] = "";
	uint64_t pid;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\n')
			text[i] = '\0';
	return str_u64(text, 1, 1 << 22, &pid) ? (pid_t)pid : 0;
}

/* Is the file that was locked still the one at its path? */
static bool is_at(int fd, const char *path)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
	       mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

int process_lock(const char *path, unsigned wait_ms, struct err *e)
{
	uint64_t until = now_ms() + wait_ms;
	char text[16];

	for (;;) {
		auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		pid_t holder;

		if (fd < 0)
			return err_set(e, errno, "open lock %s", path);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (!is_at(fd, path)) /* its last owner removed it meanwhile */
				continue;
			snprintf(text, sizeof(text), "%d\n", (int)getpid());
			if (ftruncate(fd, 0) < 0 || fd_write_all(fd, text, strlen(text), e) < 0)
				return err_ctx(e, "lock %s", path);
			return fd_take(&fd);
		}
		holder = lock_holder(fd);
		if ((holder != 0 && kill(holder, 0) == 0) || now_ms() >= until) {
			err_set(e, 0, "airlock runs already (process %d)", (int)holder);
			return err_hint(e, "airlock status");
		}
		usleep(20000);
	}
}
