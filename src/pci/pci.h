/*
 * pci: the cards of this host, and handing one over to the guest.
 *
 * Look -> verdict -> plan -> journal -> acts.  pci_list() reads a snapshot of the
 * host; everything up to the plan is pure and works on that.  The plan is what
 * --dry-run prints, what the journal notes before each act, and what is undone
 * backwards after `stop` or a crash: then the card has the driver it had.
 *
 * On Linux a card goes to vfio-pci through sysfs, on FreeBSD to ppt through devctl's
 * ioctls.  A snapshot says which system it is of, so that verdicts and plans of either
 * are worked out, and tested, on both.  Every function that touches the host takes a
 * root: "" for the real one, else a directory with a tree like it.
 */
#ifndef PCI_PCI_H
#define PCI_PCI_H

#include "base/base.h"
#include "base/journal.h"
#include "conf/conf.h"

#define PCI_ADDRESS    CONF_CARD /* "0000:03:00.0" with its NUL; domains to 5 digits */
#define PCI_DRIVER     32
#define PCI_NAME       96
#define PCI_MODALIAS   96
#define PCI_INTERFACE  16 /* IFNAMSIZ */
#define PCI_INTERFACES 4  /* network interfaces of one function */
#define PCI_ABOVE      8  /* bridges, bonds and VLANs over them */
#define PCI_EXTRA_MAX  CONF_EXTRA_MAX
#define PCI_ROUTES_MAX 16
#define PCI_OPS_MAX    64
#define PCI_GROUPS_MAX (1 + PCI_EXTRA_MAX)
#define PCI_ROOT_MAX   200        /* bytes of a root's path */
#define PCI_RECORDING  "pci.host" /* in a root: it plays a FreeBSD host, see pci_record() */
#define PCI_SHOWN      24         /* "pci65535:255:31:7" */
#define PCI_UNIT       8

/* ------------------------------------------------------------- what there is */

enum pci_system { PCI_SYSTEM_LINUX, PCI_SYSTEM_FREEBSD };

enum pci_kind { PCI_OTHER, PCI_WIRELESS, PCI_ETHERNET, PCI_BRIDGE };

/* How a function can be reset: bits of pci_device.resets. */
#define PCI_RESET_FLR    (1U << 0) /* function level reset, of PCIe or of AF */
#define PCI_RESET_PM     (1U << 1) /* through the power state D3hot */
#define PCI_RESET_BUS    (1U << 2) /* of the whole bus behind its bridge */
#define PCI_RESET_DEVICE (1U << 3) /* a way of this device alone, known to the kernel */
#define PCI_RESET_ACPI   (1U << 4) /* by the firmware's _RST */
#define PCI_RESET_SOME   (1U << 5) /* an older kernel: there is one, it does not say which */

struct pci_device {
	char address[PCI_ADDRESS];
	char shown[PCI_SHOWN];    /* as people of this system write it; "" as `address` */
	char parent[PCI_ADDRESS]; /* the bridge it is behind; "" on a root bus */
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class;     /* 24 bits: base class, subclass, interface */
	uint8_t header;     /* type of the configuration header: 0, or 1 for PCI bridges */
	enum pci_kind kind; /* told by class, interfaces and, for old cards, the name */
	char vendor_name[PCI_NAME], device_name[PCI_NAME]; /* of pci.ids; "" unknown */
	char driver[PCI_DRIVER];                           /* in use; "" none */
	char unit[PCI_UNIT];       /* FreeBSD: what follows the driver's name, "0" of iwm0 */
	char override[PCI_DRIVER]; /* driver_override; "" not set */
	char modalias[PCI_MODALIAS];
	char interfaces[PCI_INTERFACES][PCI_INTERFACE]; /* sorted */
	size_t interface_count;
	char above[PCI_ABOVE][PCI_INTERFACE]; /* what is stacked on those interfaces */
	size_t above_count;
	bool reserved; /* the firmware claims memory for DMA by its group (RMRR, IVMD) */
	/*
	 * Of the IOMMU; -1 none.  FreeBSD has no groups: there it is a number for what
	 * nothing keeps apart, the functions of one card and what is behind a bridge to
	 * conventional PCI.
	 */
	int group;
	unsigned resets;    /* PCI_RESET_... */
	unsigned msi, msix; /* vectors it can have; 0 also where root alone can see */
	bool capabilities;  /* the whole config space was readable, as it is by root */
	/* FreeBSD's. */
	bool boot;         /* pptdevs of loader.conf names it: it is ppt's from the boot on */
	bool unaligned;    /* a memory BAR that begins or ends within a page */
	bool conventional; /* a bridge to conventional PCI is before it, */
	bool renumbered;   /* ... and its requests come under another's number */
};

enum pci_tristate { PCI_NO, PCI_YES, PCI_UNKNOWN };
enum pci_iommu { PCI_IOMMU_NONE, PCI_IOMMU_INTEL, PCI_IOMMU_AMD, PCI_IOMMU_OTHER };
enum pci_cpu { PCI_CPU_OTHER, PCI_CPU_INTEL, PCI_CPU_AMD };
enum pci_module { PCI_MODULE_MISSING, PCI_MODULE_LOADABLE, PCI_MODULE_LOADED };

/* What of the host decides about a hand-over besides the cards. */
struct pci_facts {
	enum pci_system system;
	/*
	 * The IOMMU is on: there are groups (not "noiommu").  FreeBSD switches it on for
	 * the first guest that has a card: there it is on unless something is known that
	 * will prevent it.
	 */
	bool groups;
	enum pci_iommu iommu;        /* which it is */
	enum pci_tristate remapping; /* of interrupts, as /proc/interrupts shows it */
	bool unsafe_interrupts;      /* allow_unsafe_interrupts is set, of either module */
	bool vfio_loaded;            /* the driver vfio-pci is there */
	bool vfio_loadable;          /* ... or its module is */
	bool iommufd;                /* /dev/iommu is there: see pci_open() */
	enum pci_cpu cpu;
	bool asked_on;   /* the kernel's command line switches the IOMMU on, */
	bool asked_off;  /* ... or off */
	char kernel[64]; /* release, "6.12.48-amd64", "15.1-RELEASE" */
	/* FreeBSD's. */
	enum pci_module vmm;            /* the hypervisor, ppt with it */
	enum pci_tristate firmware;     /* it describes an IOMMU: table DMAR or IVRS */
	enum pci_tristate iommu_enable; /* hw.vmm.iommu.enable; unknown: as it is, on */
	enum pci_tristate amdvi_enable; /* hw.vmm.amdvi.enable; unknown: as it is, off */
	bool initialized; /* hw.vmm.iommu.initialized; false also before the first guest */
	bool jailed;      /* this process is in a jail */
	int securelevel;  /* kern.securelevel */
};

/* A snapshot. */
struct pci_host {
	struct pci_facts facts;
	struct pci_device *devices; /* sorted by address */
	size_t count;
};

/*
 * Read all functions of the host and its facts.  What cannot be read is unknown,
 * not an error; a host without PCI has no devices.
 * 0 and *h to be given to pci_fini(), or -1 with *e and *h empty.
 */
int pci_list(const char *root, struct pci_host *h, struct err *e);

/*
 * Is there (still) a device at an address?  Of what cannot be asked: true.
 * For the system this is built for.
 */
bool pci_present(const char *root, const char *address);

/*
 * Keep other daemons of airlock off a card, and see whether another guest has it.
 * Returns a descriptor that holds a lock until it is closed, also by our death, or -1
 * with *e; its num is EBUSY when the card is in use and the text is by what.
 */
int pci_claim(const char *root, const struct pci_device *d, struct err *e);

/*
 * The recording of a FreeBSD host: text that pci_parse() makes the same snapshot of,
 * `pciconf -lbcBv` and lines of sysctl(8) and kenv(1), see doc/architecture.md.
 * 0, or -1 with *e; on other systems there is none (ENOTSUP).
 */
int pci_record(const char *root, struct buf *b, struct err *e);

/*
 * A snapshot of a recording.  Pure.  Lines that say nothing here are passed over.
 * 0 and *h to be given to pci_fini(), or -1 with *e and *h empty.
 */
int pci_parse(const char *text, size_t len, struct pci_host *h, struct err *e);

/* Free the snapshot; also one that is zeroed. */
void pci_fini(struct pci_host *h);

/* The device of an address (pci_address() has been through it), or NULL. */
const struct pci_device *pci_find(const struct pci_host *h, const char *address);

/*
 * "03:00.0" and "0000:03:00.0", in either case, and FreeBSD's "pci0:3:0:0" as Linux'
 * kernel writes it.  False, and dst "", when that is no address.
 */
bool pci_address(char dst[PCI_ADDRESS], const char *text);

/* The same address in the words of a system, "pci0:3:0:0" for FreeBSD; returns dst. */
const char *pci_shown(enum pci_system system, const char *address, char dst[PCI_SHOWN]);

/*
 * A card as people know it, "Intel Wi-Fi 6 AX200"; "[8086:2723]" for unknown ones.
 * pci_title() puts the address before and the driver behind:
 * "0000:03:00.0 Intel Wi-Fi 6 AX200 (iwlwifi)".  Both return dst.
 */
const char *pci_name(const struct pci_device *d, char *dst, size_t size);
const char *pci_title(const struct pci_device *d, char *dst, size_t size);

/* "iwlwifi", on FreeBSD "iwm0"; "" without a driver.  Returns dst. */
const char *pci_driver_name(const struct pci_device *d, char *dst, size_t size);

/* Has the guest's side of the hand-over the function now: vfio-pci, or ppt? */
bool pci_is_taken(const struct pci_device *d);

/* What a class of devices is in words: "disk controller", "USB controller", ... */
const char *pci_class(const struct pci_device *d);

/* "wireless card", "Ethernet card", "bridge", "device". */
const char *pci_kind_name(enum pci_kind kind);

/* Reset methods as "flr pm bus", "none" for 0; returns dst. */
const char *pci_resets(unsigned resets, char *dst, size_t size);

/* The parameter of the kernel that switches this host's IOMMU on; "" none is needed. */
const char *pci_iommu_parameter(const struct pci_facts *f);

/* --------------------------------------------------------------- may it go? */

/* What is wanted; zeroed but for `card` is sensible for a look. */
struct pci_want {
	char card[PCI_ADDRESS];
	char extra[PCI_EXTRA_MAX][PCI_ADDRESS]; /* guest.extra_pci */
	size_t extras;
	/* Interfaces that carry a default route: hostnet's driver, uplinks(). */
	char routes[PCI_ROUTES_MAX][PCI_INTERFACE];
	size_t route_count;
	bool yes;  /* the host may lose them */
	bool node; /* the groups' nodes shall be granted to `uid`: no descriptors, pci_open() */
	uid_t uid; /* who opens them; not 0 when `node` */
};

enum pci_verdict { PCI_OK, PCI_WARNED, PCI_REFUSED };

/*
 * Can the card and the extra functions be handed over, with all that belongs to their
 * groups?  Pure.  PCI_WARNED fills e->text with what may go wrong, all of it;
 * PCI_REFUSED with the first reason and what to type in e->hint (kind ERR_HOST or
 * ERR_CONF); PCI_OK leaves *e alone.
 *
 * Of a group go along: functions of the same plugged-in card.  PCI bridges and devices
 * without a driver stay as they are, as VFIO allows.  Anything else in a group, the
 * host's disk controller above all, is a refusal that names it.
 */
enum pci_verdict pci_verdict(
    const struct pci_host *h, const struct pci_want *want, struct err *e);

/*
 * The card that `radio` of airlock.conf(5) means: an address, or "auto" for the only
 * wireless card.  Pure.  A device, or NULL with *e, which lists those there are when
 * there are several or none.  Whether it may go is pci_verdict()'s to say.
 */
const struct pci_device *pci_choose(const struct pci_host *h, const char *radio, struct err *e);

/* ------------------------------------------------------------------ the plan */

enum pci_op_kind {
	PCI_LOAD,     /* the module vfio-pci; stays loaded, for whoever uses it by then */
	PCI_OVERRIDE, /* driver_override of a function: vfio-pci and no other driver */
	PCI_UNBIND,   /* from the driver it has */
	PCI_BIND,     /* to vfio-pci */
	PCI_GRANT,    /* /dev/vfio/GROUP to a user */
	PCI_VMM,      /* FreeBSD: the module vmm; stays loaded */
	PCI_PPT,      /* FreeBSD: a function to the driver ppt, from what it has */
	PCI_KINDS,
};

/* One operation: fixed size, no pointers; with what was there before. */
struct pci_op {
	uint32_t kind;             /* enum pci_op_kind */
	char address[PCI_ADDRESS]; /* OVERRIDE, UNBIND, BIND, PPT */
	uint16_t vendor, device;   /* of that function: what another has taken the place of
				    * is not touched */
	char driver[PCI_DRIVER];   /* that it had, without FreeBSD's unit; "" none */
	char override[PCI_DRIVER]; /* that was set; "" none */
	uint32_t group;            /* GRANT */
	uint32_t uid;              /* GRANT */
};

struct pci_plan {
	struct pci_op ops[PCI_OPS_MAX];
	size_t count;
	/* What is handed over, `card` first: what the hypervisor gets. */
	char functions[PCI_OPS_MAX / 3][PCI_ADDRESS];
	size_t function_count;
	int groups[PCI_GROUPS_MAX]; /* each once, the card's first */
	size_t group_count;
};

/*
 * The list of operations for every function that goes along, in order.  Pure.  What is
 * bound to vfio-pci already stays so, also afterwards.
 * 0, or -1 with *e as pci_verdict() refused it.
 */
int pci_plan(const struct pci_host *h, const struct pci_want *want, struct pci_plan *plan,
    struct err *e);

/* One operation in words an administrator knows. */
void pci_describe(const struct pci_op *op, char *dst, size_t size);

/*
 * May this be done or undone?  The kind is known, addresses are whole, names of drivers
 * are words to the kernel and to every shell, the user is not root.  Nothing of *op is
 * believed before it is checked.  0, or -1 with *e.
 */
int pci_allowed(const struct pci_op *op, struct err *e);

/* What carries operations out. */
struct pci_driver {
	const char *name;
	/*
	 * Do it.  Doing what is done already is no error; a device that is not there, or
	 * is another than the plan's, is one.  0, or -1 with *e.
	 */
	int (*apply)(const char *root, const struct pci_op *op, struct err *e);
	/*
	 * Undo it.  What is undone already, or gone (unplugged), is no error; what is not
	 * ours is left alone.  UNBIND's waits, at most about 2 s, until the driver is
	 * back.  0, or -1 with *e.
	 */
	int (*undo)(const char *root, const struct pci_op *op, struct err *e);
};

extern const struct pci_driver pci_linux;   /* on Linux */
extern const struct pci_driver pci_freebsd; /* on FreeBSD */
extern const struct pci_driver pci_fake;

/* ------------------------------------------------------------------ journal */

/*
 * The file "pci.journal" in the run directory: each operation is in it before it is
 * done, and is taken out after it is undone.
 */
struct pci_journal {
	struct journal file;
	const struct pci_driver *driver;
	char root[PCI_ROOT_MAX];
	struct pci_op done[PCI_OPS_MAX];
};

/*
 * Open the journal of a run directory, which must exist and be writable by nobody else;
 * what an earlier, crashed run left is undone now, last first.
 * Returns how many operations were undone (0: a clean start), or -1 with *e; then what
 * could not be undone is still noted, and *j can be used for another try.
 */
int pci_journal_open(struct pci_journal *j, const struct pci_driver *d, const char *root,
    const char *run_dir, struct err *e);

/* Note, then do.  On failure the note is taken out again, or undone.  0, or -1 with *e. */
int pci_journal_apply(struct pci_journal *j, const struct pci_op *op, struct err *e);

/*
 * Carry out a whole plan; when an operation fails those before are undone.
 * 0, or -1 with *e.
 */
int pci_take(struct pci_journal *j, const struct pci_plan *plan, struct err *e);

/*
 * Give everything back, last first; goes on after failures.
 * 0, or -1 with the first and what is left still noted.
 */
int pci_give(struct pci_journal *j, struct err *e);

/* --------------------------------------------------------------- VFIO access */

/*
 * On Linux.  Where there is no VFIO both say 0: a hypervisor gets functions by address.
 *
 * Open a function that is bound to vfio-pci by its own node,
 * /dev/vfio/devices/vfioN, as kernels since 6.6 have it.
 * 1 with *fd the caller's (close-on-exec), 0 when this kernel has no such node (then the
 * group's is to be granted, want.node), or -1 with *e.
 */
int pci_open(const char *root, const char *address, int *fd, struct err *e);

/* The same of /dev/iommu, which goes with it: iommufd. */
int pci_open_iommu(const char *root, int *fd, struct err *e);

#endif
