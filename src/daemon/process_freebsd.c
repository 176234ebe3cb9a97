/*
 * process_freebsd: privileges given up, and capability mode.
 *
 * In capability mode (capsicum(4)) a process has what it has open and can open nothing
 * more: no path, no address, no other process, no system-wide value exists for it.  The
 * control process and the machine process are an unprivileged user in that mode; what the
 * machine needs of the host it asks the privileged process for.
 *
 * The relay process stays root in that mode.  A client's socket may be written by its owner
 * alone, FreeBSD has no right that is less than root to do so, and wpa_cli(8) is mostly
 * root's.  It has one directory, "/", from which it may connect to a socket and do nothing
 * else.  What is left to it beyond that as root: a new socket's ioctls.
 */
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <sys/capsicum.h>
#include <sys/procctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/process.h"

const char process_adduser[] = "pw useradd -s /usr/sbin/nologin -d /nonexistent -n";

/* /dev/vmm is root's alone. */
gid_t process_hypervisor_group(void)
{
	return 0;
}

/* No new privileges, nobody looks inside, no core files, an end with the parent's. */
static int tie(pid_t parent, struct err *e)
{
	struct rlimit none = {0, 0};
	int no_new = PROC_NO_NEW_PRIVS_ENABLE, no_trace = PROC_TRACE_CTL_DISABLE;

	if (procctl(P_PID, 0, PROC_NO_NEW_PRIVS_CTL, &no_new) < 0 ||
	    procctl(P_PID, 0, PROC_TRACE_CTL, &no_trace) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return err_set(e, errno, "give up privileges");
	if (self_die_with(parent) < 0)
		return errno != 0 ? err_set(e, errno, "tie a process to its parent")
				  : err_set(e, 0, "the privileged process is gone");
	return 0;
}

int process_drop(const struct process_user *u, bool with_kvm, pid_t parent, struct err *e)
{
	if (setgroups(1, &u->gid) < 0 || setresgid(u->gid, u->gid, u->gid) < 0 ||
	    setresuid(u->uid, u->uid, u->uid) < 0)
		return err_set(e, errno, "become user %u", u->uid);
	return tie(parent, e);
}

int process_drop_relay(const struct process_user *u, pid_t parent, struct err *e)
{
	gid_t wheel = 0;

	if (setgroups(1, &wheel) < 0)
		return err_set(e, errno, "give up groups");
	return tie(parent, e);
}

static int enter(struct err *e)
{
	if (cap_enter() == 0)
		return 0;
	err_set(e, errno, "enter capability mode");
	err_hint(e, "a kernel with `options CAPABILITY_MODE` and `options CAPABILITIES`, as "
		    "GENERIC has them");
	return err_is(e, ERR_HOST);
}

int process_filter_control(struct err *e)
{
	return enter(e);
}

int process_filter_relay(struct err *e)
{
	return enter(e);
}

int process_filter_machine(struct err *e)
{
	return enter(e);
}

int process_narrow(int fd, enum process_use use, struct err *e)
{
	cap_rights_t rights;

	cap_rights_init(&rights);
	switch (use) {
	case PROCESS_LISTEN:
		cap_rights_set(&rights, CAP_ACCEPT);
		/* What is accepted has the rights of what it came from. */
		/* FALLTHROUGH */
	case PROCESS_SPEAK:
		cap_rights_set(&rights, CAP_READ, CAP_WRITE, CAP_EVENT, CAP_FCNTL,
		    CAP_GETSOCKOPT, CAP_SHUTDOWN);
		break;
	case PROCESS_HOLD:
		break;
	}
	if (fd >= 0 && cap_rights_limit(fd, &rights) < 0)
		return err_set(e, errno, "limit the rights of a descriptor");
	return 0;
}
