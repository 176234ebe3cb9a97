/*
 * process_linux: privileges given up, system calls filtered.
 *
 * The control process talks to local users, the machine process to the
 * hypervisor and so to the guest.  Neither keeps root, neither can get it
 * again (no_new_privs), both die with the process that started them.  The
 * control process sees an empty directory as its whole file system and may
 * make only the calls that moving bytes between sockets takes.  The relay process
 * keeps one right of root's, and has no call with which to use it on files.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/process.h"

const char process_adduser[] = "adduser --system";

gid_t process_hypervisor_group(void)
{
	struct stat st;

	return stat("/dev/kvm", &st) == 0 && (st.st_mode & 0060) == 0060 ? st.st_gid : 0;
}

int process_drop(const struct process_user *u, bool with_kvm, pid_t parent, struct err *e)
{
	struct rlimit none = {0, 0};
	bool keep = with_kvm && u->kvm != 0;

	if (setgroups(keep ? 1 : 0, &u->kvm) < 0 || setresgid(u->gid, u->gid, u->gid) < 0 ||
	    setresuid(u->uid, u->uid, u->uid) < 0)
		return err_set(e, errno, "become user %u", u->uid);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return err_set(e, errno, "give up privileges");
	/* After the change of user, which clears it. */
	if (self_die_with(parent) < 0)
		return errno != 0 ? err_set(e, errno, "tie a process to its parent")
				  : err_set(e, 0, "the privileged process is gone");
	return 0;
}

int process_drop_relay(const struct process_user *u, pid_t parent, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	/* Answering a client is writing to its socket, which is the client's alone. */
	struct __user_cap_data_struct data[2] = {
	    {.effective = 1u << CAP_DAC_OVERRIDE, .permitted = 1u << CAP_DAC_OVERRIDE}};

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "keep a capability");
	if (process_drop(u, false, parent, e) < 0)
		return -1;
	if (syscall(SYS_capset, &head, data) < 0 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return err_set(e, errno, "give up capabilities");
	return 0;
}

static int filter(const int *more, size_t count, struct err *e)
{
	/* clang-format off */
	static const int allowed[] = {
	    /* wait, move bytes */
	    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(close),
	    /* the loop: its pipe, signals and timers (where no vDSO is) */
	    SCMP_SYS(pipe2), SCMP_SYS(fcntl), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	    SCMP_SYS(rt_sigreturn), SCMP_SYS(clock_gettime), SCMP_SYS(restart_syscall),
	    /* malloc */
	    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	    SCMP_SYS(mprotect), SCMP_SYS(getrandom), SCMP_SYS(futex),
	    SCMP_SYS(exit), SCMP_SYS(exit_group),
	};
	/* clang-format on */
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(allowed); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, more[i], 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? 0 : err_set(e, -rc, "filter system calls");
}

int process_filter_control(struct err *e)
{
	static const int more[] = {SCMP_SYS(accept4)};

	return filter(more, ARRAY_LEN(more), e);
}

int process_filter_relay(struct err *e)
{
	/* Take sockets that were bound for it; see whether a client is still there. */
	static const int more[] = {SCMP_SYS(recvmsg), SCMP_SYS(connect)};

	return filter(more, ARRAY_LEN(more), e);
}

/* It starts the hypervisor, which looks for its files by itself. */
int process_filter_machine(struct err *e)
{
	return 0;
}

/* What a descriptor may be used for is up to the list of system calls. */
int process_narrow(int fd, enum process_use use, struct err *e)
{
	return 0;
}
