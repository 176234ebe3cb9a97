/*
 * vm: machines, whatever runs them.
 *
 * One driver table; a machine's specification goes in, events come out.
 * The driver never restarts anything: that is the supervisor's policy.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "base/base.h"

#define VM_DISKS_MAX 4
#define VM_NICS_MAX  4
#define VM_PORTS_MAX 4

enum vm_accel { VM_ACCEL_AUTO, VM_ACCEL_KVM, VM_ACCEL_TCG };

struct vm_disk {
	char path[512];
	char serial[20]; /* what the guest finds it by */
	bool read_only;
};

struct vm_nic {
	int tap_fd; /* a tap's descriptor; the caller keeps it */
	uint8_t mac[6];
};

/* What a machine is.  Strings are copied in by the caller. */
struct vm_spec {
	char name[32];
	char kernel[512], initrd[512];
	char command_line[1024];
	unsigned cpus;
	unsigned memory_mib;
	enum vm_accel accel;
	int nice;
	uid_t uid; /* 0: as the caller */
	gid_t gid;
	struct vm_disk disks[VM_DISKS_MAX];
	size_t disk_count;
	struct vm_nic nics[VM_NICS_MAX];
	size_t nic_count;
	char ports[VM_PORTS_MAX][32]; /* names of virtio-console ports */
	size_t port_count;
};

enum vm_event_kind {
	VM_EVENT_RUNNING,  /* the hypervisor answers and the guest's CPU runs */
	VM_EVENT_PAUSED,   /* it stopped without being asked to: an error */
	VM_EVENT_PANICKED, /* the guest's kernel says so */
	VM_EVENT_EXITED,   /* the hypervisor ended; always the last event */
};

enum vm_exit {
	VM_EXIT_POWERED_OFF, /* the guest did it */
	VM_EXIT_RESET,       /* the guest asked for a reboot */
	VM_EXIT_CRASHED,     /* hypervisor died, triple fault, panic */
	VM_EXIT_KILLED,      /* by vm_kill */
	VM_EXIT_REFUSED,     /* never ran: bad option, missing file, no memory */
};

struct vm_event {
	enum vm_event_kind kind;
	enum vm_exit exit; /* of VM_EVENT_EXITED */
	const char *text;  /* in words, with the hypervisor's last stderr lines */
};

typedef void vm_event_fn(void *arg, const struct vm_event *event);

struct vm;

/* What a hypervisor must do.  vm_qemu, vm_fake (and vm_bhyve) are such. */
struct vm_driver {
	const char *name; /* "qemu" */

	/*
	 * Can this host run it?  Fills `version` ("QEMU 7.2.22") and resolves
	 * VM_ACCEL_AUTO into *accel.  0, or -1 with *e (ERR_HOST) and a hint.
	 */
	int (*check)(enum vm_accel *accel, char *version, size_t size, struct err *e);

	/*
	 * The command line as an argv, newline-separated into *out, with
	 * descriptors numbered as they will be: what golden tests compare.
	 */
	int (*command_line)(const struct vm_spec *spec, struct buf *out, struct err *e);

	/*
	 * Start.  Events come from the loop, never from inside this call.
	 * Returns the machine, or NULL with *e when nothing was started.
	 */
	struct vm *(*start)(struct loop *l, const struct vm_spec *spec, vm_event_fn *fn,
	    void *arg, struct err *e);

	/* Press the power button.  Harmless at any time. */
	void (*power_off)(struct vm *vm);

	/* End it now; VM_EVENT_EXITED follows.  Harmless when it has ended. */
	void (*kill)(struct vm *vm);

	/* The host's end of a port (index into spec->ports) or of the console: a
	 * non-blocking stream descriptor that stays the driver's. */
	int (*port_fd)(struct vm *vm, size_t index);
	int (*console_fd)(struct vm *vm);

	pid_t (*pid)(struct vm *vm);

	/* Release everything; kills what still runs.  NULL is allowed. */
	void (*free)(struct vm *vm);
};

extern const struct vm_driver vm_qemu;
extern const struct vm_driver vm_fake;

/* The fake's controls: make the machine last started do something. */
enum vm_fake_act {
	VM_FAKE_RUN,
	VM_FAKE_PAUSE,
	VM_FAKE_PANIC,
	VM_FAKE_RESET,
	VM_FAKE_POWER_OFF,
	VM_FAKE_CRASH
};
void vm_fake_act(struct vm *vm, enum vm_fake_act act);
/* The guest's end of a port of the fake (for a test that plays the guest). */
int vm_fake_guest_fd(struct vm *vm, size_t index);

/* "auto", "kvm", "tcg". */
const char *vm_accel_name(enum vm_accel accel);

#endif
