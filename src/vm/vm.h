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
#define VM_PCI_MAX   16

/* What is locked besides the guest's memory: the ROMs of the board and its cards. */
#define VM_LOCKED_MIB 64

/* VMM, FreeBSD's, is what bhyve runs on; it is never asked for. */
enum vm_accel { VM_ACCEL_AUTO, VM_ACCEL_KVM, VM_ACCEL_TCG, VM_ACCEL_VMM };

/*
 * DIRECT: kernel, initrd and command line are put into the guest's memory.  UEFI: a
 * firmware that the driver finds boots the first disk, and these three are not looked at.
 */
enum vm_boot { VM_BOOT_DIRECT, VM_BOOT_UEFI };

struct vm_disk {
	char path[512];  /* opened by the caller of start(), not the hypervisor */
	char serial[20]; /* what the guest finds it by */
	bool read_only;
};

/* What the guest sees of a network card: which driver it takes. */
enum vm_nic_model { VM_NIC_VIRTIO, VM_NIC_E1000E };

struct vm_nic {
	int tap_fd; /* QEMU: a tap's descriptor; the caller keeps it */
	uint8_t mac[6];
	enum vm_nic_model model;
	char tap[16]; /* bhyve: the tap's device below /dev, "tap0" */
};

/*
 * A PCI function of the host, handed to the guest by VFIO.  By its descriptor and that of
 * /dev/iommu, where the hypervisor takes descriptors (takes_vfio_fds()); else by its
 * address, and the hypervisor's user opens the node of its group.
 */
struct vm_pci {
	char address[16]; /* "0000:03:00.0" */
	int vfio_fd;      /* the caller keeps it; -1: by its address */
};

/* What a machine is.  Strings are copied in by the caller. */
struct vm_spec {
	char name[32];
	enum vm_boot boot;
	char kernel[512], initrd[512]; /* opened by the caller too; initrd may be "" */
	char command_line[1024];
	unsigned cpus;
	unsigned memory_mib;
	enum vm_accel accel;
	int nice;
	unsigned answer_ms; /* until the hypervisor must have answered; 0: the usual */
	uid_t uid;          /* 0: as the caller */
	gid_t gid;
	struct vm_disk disks[VM_DISKS_MAX];
	size_t disk_count;
	struct vm_nic nics[VM_NICS_MAX];
	size_t nic_count;
	struct vm_pci pci[VM_PCI_MAX];
	size_t pci_count;
	int iommu_fd;                 /* of /dev/iommu, where a function has a descriptor */
	char ports[VM_PORTS_MAX][32]; /* names of virtio-console ports */
	size_t port_count;
	int keeper; /* a driver with a keeper: the socket to it; the caller keeps it */
};

enum vm_event_kind {
	VM_EVENT_RUNNING,   /* the hypervisor answers and the guest's CPU runs */
	VM_EVENT_PAUSED,    /* it stopped unasked, for over a second: an error */
	VM_EVENT_PANICKED,  /* the guest's kernel says so */
	VM_EVENT_UNPLUGGED, /* a PCI function is gone from the guest: `text` is its address */
	VM_EVENT_SAID,      /* a line of the hypervisor's standard error, cut at 511 bytes */
	VM_EVENT_EXITED,    /* the hypervisor ended; always the last event */
};

enum vm_exit {
	VM_EXIT_POWERED_OFF, /* the guest did it */
	VM_EXIT_RESET,       /* the guest asked for a reboot, or a triple fault */
	VM_EXIT_CRASHED,     /* the hypervisor died, the guest's kernel panicked */
	VM_EXIT_KILLED,      /* by kill() */
	VM_EXIT_REFUSED,     /* never ran: bad option, missing file, no memory */
};

struct vm_event {
	enum vm_event_kind kind;
	enum vm_exit exit; /* of VM_EVENT_EXITED */
	const char *text;  /* in words, with the hypervisor's last stderr lines */
};

typedef void vm_event_fn(void *arg, const struct vm_event *event);

struct vm;

/* What a hypervisor must do.  vm_qemu, vm_bhyve and vm_fake are such. */
struct vm_driver {
	const char *name; /* "qemu" */

	/*
	 * Root's part of the work is a keeper's (keeper.h), who has the specification;
	 * start() looks at its ports and the socket to the keeper only.
	 */
	bool keeper;

	/*
	 * Can this host run it?  Fills `version` ("QEMU 7.2.22") and resolves
	 * VM_ACCEL_AUTO into *accel, for a hypervisor that runs as the caller; what
	 * a machine really runs on, accel() says.  0, or -1 with *e (ERR_HOST) and
	 * a hint.
	 */
	int (*check)(enum vm_accel *accel, char *version, size_t size, struct err *e);

	/*
	 * Does the hypervisor of this version, as check() names it, take PCI functions
	 * by descriptor?
	 */
	bool (*takes_vfio_fds)(const char *version);

	/*
	 * The command line as an argv, each argument followed by a newline, into
	 * *out, with descriptors numbered as they will be: what golden tests
	 * compare; with the configuration file of a hypervisor that has one.  Asks the host
	 * nothing unless spec->accel is VM_ACCEL_AUTO.
	 */
	int (*command_line)(const struct vm_spec *spec, struct buf *out, struct err *e);

	/*
	 * Start.  Events come from the loop, never from inside this call, nor from
	 * inside any other function of this table; the function that gets them may
	 * call all of these, free() included.
	 *
	 * Wrong values, and a kernel, initrd or disk that is missing, are errors of
	 * this call; what only the hypervisor can refuse is VM_EXIT_REFUSED later.
	 * With PCI functions all memory of the guest is locked, because their DMA
	 * goes there: VM_LOCKED_MIB more than that must be within this process's
	 * hard limit (RLIMIT_MEMLOCK).
	 * Returns the machine, or NULL with *e when nothing was started.
	 */
	struct vm *(*start)(struct loop *l, const struct vm_spec *spec, vm_event_fn *fn,
	    void *arg, struct err *e);

	/*
	 * Press the power button.  Harmless at any time; pressed before the guest
	 * listens to it, it may be lost.
	 */
	void (*power_off)(struct vm *vm);

	/* End it now; VM_EVENT_EXITED follows.  Harmless when it has ended. */
	void (*kill)(struct vm *vm);

	/*
	 * The host's end of a port (index into spec->ports), a non-blocking stream
	 * socket, or of the console, which may be a terminal.  They stay the driver's,
	 * open until free(), so
	 * that what was said before the end can be read after it.  -1 when there is
	 * no such port.  Both want to be read all the time: a guest whose console or
	 * port is full waits.
	 */
	int (*port_fd)(struct vm *vm, size_t index);
	int (*console_fd)(struct vm *vm);

	/* The hypervisor's process; 0 when it has ended or there is none. */
	pid_t (*pid)(struct vm *vm);

	/* What it runs on; never VM_ACCEL_AUTO. */
	enum vm_accel (*accel)(struct vm *vm);

	/* Release everything; kills what still runs.  NULL is allowed. */
	void (*free)(struct vm *vm);
};

extern const struct vm_driver vm_qemu;
extern const struct vm_driver vm_bhyve;
extern const struct vm_driver vm_fake;

/*
 * The fake's controls: what its hypervisor or guest does next.  Events follow
 * from the loop.  Nothing runs by itself: a machine that was just started
 * waits for VM_FAKE_RUN.  The power button works while it runs.
 */
enum vm_fake_act {
	VM_FAKE_RUN,       /* it runs, also again after a pause */
	VM_FAKE_PAUSE,     /* the hypervisor stops it */
	VM_FAKE_PANIC,     /* the guest's kernel panics: PANICKED and EXITED */
	VM_FAKE_RESET,     /* the guest reboots */
	VM_FAKE_POWER_OFF, /* the guest powers off */
	VM_FAKE_CRASH,     /* the hypervisor dies; before it ran: it refuses */
	VM_FAKE_UNPLUG,    /* its first PCI function is taken away */
	VM_FAKE_DEAF,      /* from now on the power button does nothing */
};
void vm_fake_act(struct vm *vm, enum vm_fake_act act);

/*
 * The guest's end of a port or of the console, for a test that plays the
 * guest: a non-blocking stream socket that stays the fake's.
 */
int vm_fake_guest_fd(struct vm *vm, size_t index);
int vm_fake_guest_console_fd(struct vm *vm);

/* "auto", "kvm", "tcg", "vmm". */
const char *vm_accel_name(enum vm_accel accel);

/* Where Linux systems install a UEFI firmware for QEMU, the best first; NULL ends it. */
extern const char *const vm_firmwares[];

/* What a host offers to a machine that runs as some user; for people. */
struct vm_host {
	bool hardware; /* vmx or svm among the processor's flags */
	bool device;   /* there is a /dev/kvm, with a driver behind it */
	bool usable;   /* ... that the user may open */
	char why[96];  /* why VM_ACCEL_AUTO takes what it takes */
};

/* Look.  `root` is "" for the real host, else a directory with a tree like it. */
void vm_host_look(const char *root, uid_t uid, gid_t gid, struct vm_host *out);

#endif
