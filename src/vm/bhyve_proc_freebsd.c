/*
 * bhyve_proc_freebsd: processes and modules, as FreeBSD's kernel tells of them.
 *
 * bhyve takes SIGTERM for the power button by kqueue(2), for which it ignores the signal;
 * that it does is seen in the process's set of ignored signals.  A bhyve that runs a
 * machine calls itself "bhyve: NAME" (setproctitle(3)); before that the machine's name is
 * its last argument, unless a file says it.
 */
#include <sys/types.h>

#include <sys/capsicum.h>
#include <sys/linker.h>
#include <sys/module.h>
#include <sys/sysctl.h>
#include <sys/user.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "vm/bhyve.h"

bool bhyve_takes_sigterm(pid_t pid)
{
	int mib[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
	struct kinfo_proc p;
	size_t len = sizeof(p);

	if (sysctl(mib, ARRAY_LEN(mib), &p, &len, NULL, 0) < 0 || len != sizeof(p))
		return false;
	return sigismember(&p.ki_sigignore, SIGTERM) == 1 ||
	       sigismember(&p.ki_sigcatch, SIGTERM) == 1;
}

/* Not uname(3), which asks for more than capability mode gives. */
bool bhyve_osrelease(char *dst, size_t size)
{
	int mib[] = {CTL_KERN, KERN_OSRELEASE};
	size_t len = size - 1;

	if (sysctl(mib, ARRAY_LEN(mib), dst, &len, NULL, 0) < 0)
		return false;
	dst[len] = '\0';
	return true;
}

bool bhyve_shut_in(void)
{
	return cap_sandboxed();
}

/* Does this process, which is a bhyve, run a machine of this name? */
static bool runs(pid_t pid, const char *name)
{
	int mib[] = {CTL_KERN, KERN_PROC, KERN_PROC_ARGS, (int)pid};
	char args[4096], title[80];
	size_t len = sizeof(args) - 1, last = 0;

	if (sysctl(mib, ARRAY_LEN(mib), args, &len, NULL, 0) < 0 || len == 0)
		return false;
	args[len] = '\0';
	str_format(title, sizeof(title), "bhyve: %s", name);
	if (strcmp(args, title) == 0)
		return true;
	for (size_t i = 0; i + 1 < len; i++)
		if (args[i] == '\0')
			last = i + 1;
	return last > 0 && strcmp(args + last, name) == 0;
}

pid_t bhyve_find(const char *name)
{
	int mib[] = {CTL_KERN, KERN_PROC, KERN_PROC_PROC};
	auto_free struct kinfo_proc *all = NULL;
	size_t len = 0;

	if (sysctl(mib, ARRAY_LEN(mib), NULL, &len, NULL, 0) < 0)
		return 0;
	len += len / 4; /* there may be more by the next call */
	all = malloc(len);
	if (all == NULL || sysctl(mib, ARRAY_LEN(mib), all, &len, NULL, 0) < 0)
		return 0;
	for (size_t i = 0; i < len / sizeof(*all); i++)
		if (strcmp(all[i].ki_comm, "bhyve") == 0 && all[i].ki_stat != SZOMB &&
		    runs(all[i].ki_pid, name))
			return all[i].ki_pid;
	return 0;
}

static bool jailed(void)
{
	int value = 0;
	size_t len = sizeof(value);

	return sysctlbyname("security.jail.jailed", &value, &len, NULL, 0) == 0 && value != 0;
}

/* Built in or loaded counts, wherever the file is; only then is one looked for. */
int bhyve_vmm(const struct keeper_tools *tools, bool load, struct err *e)
{
	if (modfind("vmm") >= 0)
		return 0;
	if (!load)
		return 0; /* the keeper will */
	if (kldload("vmm") >= 0 || errno == EEXIST)
		return 0;
	err_set(e, errno, "load vmm");
	if (jailed())
		err_hint(e, "outside of the jail: kldload vmm, and allow.vmm for the jail");
	else
		err_hint(e, "kldload vmm");
	return err_is(e, ERR_HOST);
}
