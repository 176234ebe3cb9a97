/*
 * end: why a machine has ended.
 *
 * QEMU's exit status is 0 for a power-off, a reboot, a panic and a SIGTERM
 * alike, so the reason of the SHUTDOWN event on QMP decides.  Purely a
 * function of what was seen; every row can be tried without a hypervisor.
 *
 * A triple fault is indistinguishable from a reboot: QEMU turns it into a
 * request for a reset and says guest-reset.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "vm/internal.h"

static const struct {
	const char *name; /* in QMP */
	enum vm_exit exit;
	const char *words;
} reasons[] = {
    [END_UNSEEN] = {NULL, VM_EXIT_CRASHED, NULL},
    [END_GUEST_SHUTDOWN] = {"guest-shutdown", VM_EXIT_POWERED_OFF, "the guest powered off"},
    [END_GUEST_RESET] = {"guest-reset", VM_EXIT_RESET, "the guest asked for a reboot"},
    [END_GUEST_PANIC] = {"guest-panic", VM_EXIT_CRASHED, "the guest's kernel panicked"},
    [END_HOST_SIGNAL] = {"host-signal", VM_EXIT_CRASHED,
	"the hypervisor was told to end by a signal from outside"},
    [END_HOST_ERROR] = {"host-error", VM_EXIT_CRASHED,
	"the hypervisor ended after an error of its own"},
    [END_HOST_QUIT] = {"host-qmp-quit", VM_EXIT_CRASHED,
	"the hypervisor was told to quit from outside"},
    [END_OTHER] = {NULL, VM_EXIT_CRASHED, "the hypervisor ended for an unknown reason"},
};

enum end_reason end_reason_parse(const char *reason)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].name != NULL && strcmp(reasons[i].name, reason) == 0)
			return (enum end_reason)i;
	return END_OTHER;
}

/* Of those that end a process; sigabbrev_np(3) and sys_signame are not everywhere. */
static const char *signal_name(int signo)
{
	static const char *const names[] = {
	    [SIGHUP] = "HUP",
	    [SIGINT] = "INT",
	    [SIGQUIT] = "QUIT",
	    [SIGILL] = "ILL",
	    [SIGTRAP] = "TRAP",
	    [SIGABRT] = "ABRT",
	    [SIGBUS] = "BUS",
	    [SIGFPE] = "FPE",
	    [SIGKILL] = "KILL",
	    [SIGUSR1] = "USR1",
	    [SIGSEGV] = "SEGV",
	    [SIGUSR2] = "USR2",
	    [SIGPIPE] = "PIPE",
	    [SIGALRM] = "ALRM",
	    [SIGTERM] = "TERM",
	    [SIGXCPU] = "XCPU",
	    [SIGXFSZ] = "XFSZ",
	    [SIGSYS] = "SYS",
	};

	return signo > 0 && (size_t)signo < ARRAY_LEN(names) && names[signo] != NULL
		   ? names[signo]
		   : "?";
}

/* How the process ended, after a verb-less subject. */
static void say_status(char *text, size_t size, const char *subject, int status)
{
	if (WIFSIGNALED(status)) {
		str_format(text, size, "%s was killed by SIG%s", subject,
		    signal_name(WTERMSIG(status)));
	} else {
		str_format(text, size, "%s ended by itself with exit status %d", subject,
		    WEXITSTATUS(status));
	}
}

enum vm_exit end_classify(const struct end *end, char *text, size_t size)
{
	bool killed = WIFSIGNALED(end->status) && WTERMSIG(end->status) == SIGKILL;

	if (end->given_up != NULL && killed) {
		str_copy(text, size, end->given_up);
		return end->ran ? VM_EXIT_CRASHED : VM_EXIT_REFUSED;
	}
	if (end->killed && killed) {
		str_copy(text, size, "the machine was killed as asked");
		return VM_EXIT_KILLED;
	}
	if (end->reason == END_GUEST_SHUTDOWN && end->panicked) {
		str_copy(text, size, reasons[END_GUEST_PANIC].words);
		return VM_EXIT_CRASHED;
	}
	if (end->reason != END_UNSEEN) {
		str_copy(text, size, reasons[end->reason].words);
		return reasons[end->reason].exit;
	}
	if (!end->ran) {
		say_status(text, size, "the hypervisor never ran the guest: it", end->status);
		return VM_EXIT_REFUSED;
	}
	say_status(text, size, "the hypervisor", end->status);
	return VM_EXIT_CRASHED;
}
