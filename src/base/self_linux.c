/*
 * self_linux: what a process asks of Linux about itself.
 *
 * airlock-init has this file too, whatever system its image is made on.  Between fork
 * and exec nothing here allocates or takes a lock.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/base.h"

#define FDS_MAX 65536u

int self_path(char *dst, size_t size, struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", dst, size);

	if (n < 0)
		return err_set(e, errno, "find this program");
	if ((size_t)n >= size)
		return err_set(e, ENAMETOOLONG, "find this program");
	dst[n] = '\0';
	return 0;
}

int self_die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	errno = 0;
	return getppid() == parent ? 0 : -1;
}

/* close_range(2) is not in musl, and needs Linux 5.9. */
void self_close_range(int first, int last)
{
	struct rlimit limit;
	int end = 1024;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		end = (int)MIN(limit.rlim_cur, FDS_MAX);
	for (int fd = first; fd < end && fd <= last; fd++)
		close(fd);
}

void self_exec(char *const *argv, char *const *env)
{
	execvpe(argv[0], argv, env);
}
