/*
 * process: privileges given up, system calls filtered, one daemon at a time.
 *
 * The control process talks to local users, the machine process to the
 * hypervisor and so to the guest.  Neither keeps root, neither can get it
 * again (no_new_privs), both die with the process that started them.  The
 * control process sees an empty directory as its whole file system and may
 * make only the calls that moving bytes between sockets takes.  The relay process
 * keeps one right of root's, and has no call with which to use it on files.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/process.h"

int process_user_find(const char *name, struct process_user *u, struct err *e)
{
	struct passwd *pw = getpwnam(name[0] != '\0' ? name : "_airlock");
	struct stat st;

	if (pw == NULL && name[0] == '\0')
		pw = getpwnam("nobody");
	if (pw == NULL || pw->pw_uid == 0) {
		err_set(e, 0, "there is no unprivileged user \"%s\"", name);
		err_hint(e, "set `user` in airlock.conf, or: adduser --system %s", name);
		return err_is(e, ERR_HOST);
	}
	*u = (struct process_user){.uid = pw->pw_uid, .gid = pw->pw_gid};
	if (stat("/dev/kvm", &st) == 0 && (st.st_mode & 0060) == 0060)
		u->kvm = st.st_gid;
	return 0;
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
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_set(e, errno, "tie a process to its parent");
	if (getppid() != parent)
		return err_set(e, 0, "the privileged process is gone");
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

int process_shut_in(const char *empty, struct err *e)
{
	if (mkdir(empty, 0555) < 0 && errno != EEXIST)
		return err_set(e, errno, "make directory %s", empty);
	if (chroot(empty) < 0 || chdir("/") < 0)
		return err_set(e, errno, "shut into %s", empty);
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
