/*
 * self_freebsd: what a process asks of FreeBSD about itself.
 *
 * Between fork and exec nothing here allocates or takes a lock.
 */
#include <sys/param.h>

#include <errno.h>
#include <limits.h>
#include <paths.h>
#include <signal.h>
#include <sys/procctl.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "base/base.h"

int self_path(char *dst, size_t size, struct err *e)
{
	int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};

	if (sysctl(name, ARRAY_LEN(name), dst, &size, NULL, 0) < 0)
		return err_set(e, errno, "find this program");
	return 0;
}

int self_die_with(pid_t parent)
{
	int signo = SIGKILL;

	if (procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &signo) < 0)
		return -1;
	errno = 0;
	return getppid() == parent ? 0 : -1;
}

void self_close_range(int first, int last)
{
	close_range((unsigned)first, last == INT_MAX ? UINT_MAX : (unsigned)last, 0);
}

/* execvpe(3) came with 14.1. */
void self_exec(char *const *argv, char *const *env)
{
	extern char **environ;
	const char *path = getenv("PATH");

	environ = (char **)(uintptr_t)env;
	execvP(argv[0], path != NULL ? path : _PATH_DEFPATH, argv);
}
