/*
 * internal: what the files of vm/ share among themselves.
 */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H

#include <sys/resource.h>

#include "vm/vm.h"

/* --------------------------------------------------- vm.c: every driver's */

/* The head of every driver's machine. */
struct vm {
	struct loop *loop;
	vm_event_fn *fn;
	void *arg;
	unsigned busy; /* callbacks of the driver that are under way */
	bool freed;    /* free() came from within one: do it when it returns */
};

/*
 * Is the specification one that can be started?  Ranges, names, and that
 * kernel, initrd and disks can be opened.  0, or -1 with *e.
 */
int vm_spec_check(const struct vm_spec *spec, struct err *e);

/*
 * Say one event, unless the machine is freed already.  The function called may
 * free the machine: callers hold vm->busy and look at vm->freed afterwards.
 */
void vm_emit(struct vm *vm, enum vm_event_kind kind, enum vm_exit exit, const char *text);

/*
 * A connected pair of stream sockets, both close-on-exec, ours non-blocking.
 * 0, or -1 with *e.
 */
int vm_pair(int *ours, int *theirs, struct err *e);

/* ------------------------------------------- accel.c: KVM or not, purely */

/* What the host says about KVM. */
struct accel_facts {
	bool hardware; /* vmx or svm among the processor's flags */
	bool device;   /* there is a /dev/kvm, with a driver behind it */
	bool opens;    /* this process can open it */
	mode_t mode;   /* of /dev/kvm, with owner and group */
	uid_t owner;
	gid_t group;
};

/* What follows from it for a hypervisor running as some user. */
struct accel_choice {
	enum vm_accel accel; /* never VM_ACCEL_AUTO */
	gid_t gid;           /* the group to run with */
	const char *why;     /* in words */
};

/* Does the text of /proc/cpuinfo show vmx or svm as a flag of the first CPU? */
bool accel_has_hardware(const char *cpuinfo);

/*
 * Choose.  AUTO takes KVM only with hardware help and a device that uid and gid
 * (uid 0: this process) may open: some hosts offer a /dev/kvm on which a stock
 * kernel hangs.  When only the device's group may open it, that group becomes
 * choice->gid, unless it is root's.  0, or -1 with *e (ERR_HOST) when KVM was demanded in vain.
 */
int accel_choose(enum vm_accel wanted, const struct accel_facts *f, uid_t uid, gid_t gid,
    struct accel_choice *choice, struct err *e);

/* -------------------------------- host_linux.c: what the system is asked */

void host_accel_facts(struct accel_facts *f);
/* The same of a tree of files; "" is the host. */
void host_accel_facts_at(const char *root, struct accel_facts *f);

/*
 * Limits that the next child inherits: set in this process for the moment
 * of the fork, because to limit a child of another user later would take
 * CAP_SYS_RESOURCE, which is needed for nothing else.  Failures are logged.
 */
#define HOST_LIMITS 3
struct host_limits {
	struct rlimit limit[HOST_LIMITS];
	bool changed[HOST_LIMITS];
};
void host_limits_set(struct host_limits *saved, const struct vm_spec *spec);
void host_limits_restore(const struct host_limits *saved);
/* May this process, or a child of it, lock what the machine needs?  0, or -1 with *e. */
int host_limits_check(const struct vm_spec *spec, struct err *e);

/* ---------------------------- tail.c: the last words on standard error */

#define TAIL_BYTES 4096
#define TAIL_LINES 20

/* Zeroed is empty. */
struct tail {
	char data[TAIL_BYTES];
	size_t len;
};

void tail_add(struct tail *t, const void *data, size_t len);

/*
 * The last lines, escaped, " | " between them; when they do not fit, the
 * latest that do.  Returns dst, which is "" when nothing was said.
 */
char *tail_text(const struct tail *t, char *dst, size_t size);

/* ------------------------------------- say.c: and what follows from them */

/* A line that is not whole yet; one that is longer is cut. */
struct vm_line {
	char text[512];
	size_t len;
};

/* Say an event; one that is a failure gets the last words. */
void vm_say(struct vm *vm, const struct tail *tail, enum vm_event_kind kind, enum vm_exit exit,
    const char *words);

/* Keep what was said on standard error, and say each line that is whole. */
void vm_say_lines(
    struct vm *vm, struct tail *tail, struct vm_line *line, const char *chunk, size_t len);

/* ------------------------------------- end.c: why a machine has ended */

/* SHUTDOWN's reason, of QEMU's ShutdownCause. */
enum end_reason {
	END_UNSEEN, /* no SHUTDOWN event */
	END_GUEST_SHUTDOWN,
	END_GUEST_RESET,
	END_GUEST_PANIC,
	END_HOST_SIGNAL,
	END_HOST_ERROR,
	END_HOST_QUIT,
	END_OTHER,
};

enum end_reason end_reason_parse(const char *reason);

struct end {
	bool killed;          /* by vm_kill */
	bool ran;             /* RUNNING was seen */
	bool panicked;        /* the guest said so */
	const char *given_up; /* why the driver itself killed it, or NULL */
	enum end_reason reason;
	int status; /* as of waitpid(2) */
};

/* Classify; `text` (at least 160 bytes) gets it in words. */
enum vm_exit end_classify(const struct end *end, char *text, size_t size);

#endif
