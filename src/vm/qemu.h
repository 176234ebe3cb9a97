/*
 * qemu: what the driver of QEMU is made of.
 */
#ifndef VM_QEMU_H
#define VM_QEMU_H

#include "vm/internal.h"

/*
 * The descriptors that QEMU inherits.  They begin at a number that the
 * supervisor's own never reach, each kind has its place, so a command line is
 * the same every time.
 */
#define QEMU_FD_QMP     64
#define QEMU_FD_CONSOLE 65
#define QEMU_FD_PORT    66
#define QEMU_FD_NIC     (QEMU_FD_PORT + VM_PORTS_MAX)
#define QEMU_FD_DISK    (QEMU_FD_NIC + VM_NICS_MAX)
#define QEMU_FD_KERNEL  (QEMU_FD_DISK + VM_DISKS_MAX)
#define QEMU_FD_INITRD  (QEMU_FD_KERNEL + 1)
#define QEMU_FD_IOMMU   (QEMU_FD_INITRD + 1)
#define QEMU_FD_PCI     (QEMU_FD_IOMMU + 1)
#define QEMU_FD_END     (QEMU_FD_PCI + VM_PCI_MAX)
#define QEMU_FDS        (QEMU_FD_END - QEMU_FD_QMP)
/* A guest has either of the two. */
#define QEMU_FD_FIRMWARE QEMU_FD_KERNEL

/* Where each of them really is: at [QEMU_FD_x - QEMU_FD_QMP], or -1. */
struct qemu_fds {
	int fd[QEMU_FDS];
};

/* All of them where they are meant to be. */
void qemu_fds_nominal(struct qemu_fds *fds);

/*
 * Append the command line to *out: each argument with a NUL after it.
 *
 * @program path of QEMU
 * @accel   VM_ACCEL_KVM or VM_ACCEL_TCG
 * Returns the number of arguments.
 */
size_t qemu_args(const struct vm_spec *spec, const char *program, enum vm_accel accel,
    const struct qemu_fds *fds, struct buf *out);

/* The driver's ends of what QEMU speaks on, each -1 when it is not open. */
struct qemu_streams {
	int qmp, console; /* non-blocking sockets */
	int errors;       /* a pipe: standard output and error */
	int ports[VM_PORTS_MAX];
};
void qemu_streams_init(struct qemu_streams *s);
void qemu_streams_close(struct qemu_streams *s);

/*
 * Start QEMU.  Returns its pid with *s open, or -1 with *e, when *s may be
 * half open.
 */
pid_t qemu_spawn(const struct vm_spec *spec, const struct accel_choice *choice,
    struct qemu_streams *s, struct err *e);

/*
 * Find QEMU in the places where systems install it.
 * 0 with *path, or -1 with *e (ERR_HOST) and a hint.
 */
int qemu_find(char *path, size_t size, struct err *e);

/*
 * Find a UEFI firmware in the places where systems install it: its code only, because
 * what such a firmware remembers is not wanted.  `root` is "" but in tests.
 * A descriptor to read it, or -1 with *e (ERR_HOST) and a hint.
 */
int qemu_firmware_open(const char *root, struct err *e);

/*
 * "QEMU 7.2.22" out of what `-version` prints.  0, or -1 with *e (ERR_HOST)
 * when it is no QEMU or one older than 7.
 */
int qemu_version(const char *output, char *version, size_t size, struct err *e);

/*
 * The id of a PCI function on the command line, "pci-0000.03.00.0", and back.
 * Both return dst; the latter is "" when it is no such id.
 */
#define QEMU_PCI_ID 24
char *qemu_pci_id(char dst[QEMU_PCI_ID], const char *address);
char *qemu_pci_address(char dst[16], const char *id);

/* The driver's takes_vfio_fds(). */
bool qemu_takes_vfio_fds(const char *version);

/* The driver's check(). */
int qemu_check(enum vm_accel *accel, char *version, size_t size, struct err *e);

#endif
