/*
 * qemu_args: a specification as QEMU's command line.
 *
 * Purely text.  Nothing is left to defaults or to files of the system; no
 * option names a socket or a disk by path, because both come by descriptor:
 * QEMU runs as a user of its own and can open next to nothing.  There is one
 * processor board, no USB, no screen, no second monitor.
 *
 * A guest that a UEFI firmware boots gets its code, read-only, and no place where it could
 * remember anything: each boot is the first one.  It tries the first disk alone, so it
 * looks at no network card, and asks nobody.
 *
 * What the guest finds: disks by serial, network cards by MAC address, ports
 * by name, entropy, a serial console, and pvpanic to say last words.
 */
#include <string.h>

#include "vm/qemu.h"

#define ID_PREFIX    "pci-"
#define FIRMWARE_SET VM_DISKS_MAX /* behind those of the disks */

struct args {
	struct buf *out;
	size_t count;
};

static void arg(struct args *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void arg(struct args *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(a->out, fmt, ap);
	va_end(ap);
	buf_add(a->out, "", 1);
	a->count++;
}

/* An option's name, then its value. */
#define option(a, name, ...)         \
	do {                         \
		arg(a, "-%s", name); \
		arg(a, __VA_ARGS__); \
	} while (0)

/* In QEMU's options a comma is doubled to mean itself. */
static char *comma(char *dst, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 2 < size; text++) {
		if (*text == ',')
			dst[n++] = ',';
		dst[n++] = *text;
	}
	dst[n] = '\0';
	return dst;
}

void qemu_fds_nominal(struct qemu_fds *fds)
{
	for (int i = 0; i < QEMU_FDS; i++)
		fds->fd[i] = QEMU_FD_QMP + i;
}

static int at(const struct qemu_fds *fds, int slot, size_t index)
{
	return fds->fd[(size_t)(slot - QEMU_FD_QMP) + index];
}

static void add_process(struct args *a, const struct vm_spec *spec)
{
	option(a, "name", "%s,process=airlock-vm,debug-threads=off", spec->name);
	arg(a, "-nodefaults");
	arg(a, "-no-user-config");
	option(a, "display", "none");
	option(a, "sandbox",
	    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	/* Stopped until the monitor listens, and a reset ends it: see monitor.c. */
	arg(a, "-S");
	arg(a, "-no-reboot");
}

static void add_machine(struct args *a, const struct vm_spec *spec, enum vm_accel accel)
{
	option(a, "machine",
	    "pc,accel=%s,usb=off,vmport=off,dump-guest-core=off,mem-merge=off%s",
	    vm_accel_name(accel), spec->boot == VM_BOOT_UEFI ? ",pflash0=firmware" : "");
	/*
	 * Software emulation does a byte at a time of `rep stosb`, by which the
	 * kernel clears pages where a processor says ERMS.
	 */
	option(a, "cpu", "%s", accel == VM_ACCEL_KVM ? "host" : "max,-erms");
	option(a, "smp", "%u", spec->cpus);
	option(a, "m", "%uM", spec->memory_mib);
}

static void add_kernel(struct args *a, const struct vm_spec *spec, const struct qemu_fds *fds)
{
	/*
	 * QEMU opens these two by name only; this name needs no path that its
	 * user may walk, only a file that he may read.
	 */
	option(a, "kernel", "/proc/self/fd/%d", at(fds, QEMU_FD_KERNEL, 0));
	if (spec->initrd[0] != '\0')
		option(a, "initrd", "/proc/self/fd/%d", at(fds, QEMU_FD_INITRD, 0));
	option(a, "append", "%s", spec->command_line);
}

static void add_firmware(struct args *a, const struct qemu_fds *fds)
{
	option(a, "add-fd", "fd=%d,set=%d,opaque=firmware", at(fds, QEMU_FD_FIRMWARE, 0),
	    FIRMWARE_SET);
	option(a, "blockdev",
	    "driver=raw,node-name=firmware,read-only=on,file.driver=file,"
	    "file.filename=/dev/fdset/%d,file.locking=off",
	    FIRMWARE_SET);
	option(a, "boot", "menu=off,splash-time=0,strict=on");
}

static void add_board(
    struct args *a, const struct vm_spec *spec, enum vm_accel accel, const struct qemu_fds *fds)
{
	add_machine(a, spec, accel);
	if (spec->boot == VM_BOOT_UEFI)
		add_firmware(a, fds);
	else
		add_kernel(a, spec, fds);
}

static void add_streams(struct args *a, const struct vm_spec *spec, const struct qemu_fds *fds)
{
	option(a, "chardev", "socket,id=qmp,fd=%d", at(fds, QEMU_FD_QMP, 0));
	option(a, "mon", "chardev=qmp,mode=control");
	option(a, "chardev", "socket,id=console,fd=%d", at(fds, QEMU_FD_CONSOLE, 0));
	option(a, "serial", "chardev:console");
	if (spec->port_count > 0)
		option(a, "device", "virtio-serial-pci,id=ports,disable-legacy=on,max_ports=%d",
		    VM_PORTS_MAX + 1);
	for (size_t i = 0; i < spec->port_count; i++) {
		option(a, "chardev", "socket,id=port%zu,fd=%d", i, at(fds, QEMU_FD_PORT, i));
		option(a, "device", "virtserialport,bus=ports.0,nr=%zu,chardev=port%zu,name=%s",
		    i + 1, i, spec->ports[i]);
	}
}

static void add_disks(struct args *a, const struct vm_spec *spec, const struct qemu_fds *fds)
{
	char path[2 * sizeof(spec->disks[0].path)];

	for (size_t i = 0; i < spec->disk_count; i++) {
		const struct vm_disk *d = &spec->disks[i];
		const char *ro = d->read_only ? "on" : "off";
		bool boots = spec->boot == VM_BOOT_UEFI && i == 0;

		option(a, "add-fd", "fd=%d,set=%zu,opaque=%s", at(fds, QEMU_FD_DISK, i), i,
		    comma(path, sizeof(path), d->path));
		option(a, "blockdev",
		    "driver=raw,node-name=disk%zu,read-only=%s,file.driver=file,"
		    "file.filename=/dev/fdset/%zu,file.locking=off",
		    i, ro, i);
		option(a, "device",
		    "virtio-blk-pci,drive=disk%zu,serial=%s,disable-legacy=on%s", i, d->serial,
		    boots ? ",bootindex=0" : "");
	}
}

static void add_nic(struct args *a, size_t i, const struct vm_nic *nic)
{
	static const char *const models[] = {
	    [VM_NIC_VIRTIO] = "virtio-net-pci,disable-legacy=on", [VM_NIC_E1000E] = "e1000e"};
	const uint8_t *m = nic->mac;

	option(a, "device",
	    "%s,netdev=net%zu,mac=%02x:%02x:%02x:%02x:%02x:%02x,romfile=", models[nic->model],
	    i, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void add_nics(struct args *a, const struct vm_spec *spec, const struct qemu_fds *fds)
{
	for (size_t i = 0; i < spec->nic_count; i++) {
		option(
		    a, "netdev", "tap,id=net%zu,fd=%d,vhost=off", i, at(fds, QEMU_FD_NIC, i));
		add_nic(a, i, &spec->nics[i]);
	}
}

char *qemu_pci_id(char dst[QEMU_PCI_ID], const char *address)
{
	str_format(dst, QEMU_PCI_ID, ID_PREFIX "%s", address);
	for (char *p = dst; *p != '\0'; p++)
		if (*p == ':') /* which an id must not have */
			*p = '.';
	return dst;
}

char *qemu_pci_address(char dst[16], const char *id)
{
	unsigned colons = 2;

	dst[0] = '\0';
	if (strncmp(id, ID_PREFIX, strlen(ID_PREFIX)) != 0 ||
	    !str_copy(dst, 16, id + strlen(ID_PREFIX)))
		dst[0] = '\0';
	for (char *p = dst; *p != '\0'; p++) {
		if (*p == '.' && colons > 0) {
			*p = ':';
			colons--;
		}
	}
	return dst;
}

/*
 * Neither way shows the guest the card's option ROM: nothing boots from it, and reading
 * it wakes cards up in ways that their drivers do not expect.
 */
static void add_pci(struct args *a, const struct vm_spec *spec, const struct qemu_fds *fds)
{
	bool iommu = false;
	char id[QEMU_PCI_ID];

	for (size_t i = 0; i < spec->pci_count; i++) {
		const struct vm_pci *p = &spec->pci[i];

		if (p->vfio_fd >= 0 && !iommu) {
			option(
			    a, "object", "iommufd,id=iommu,fd=%d", at(fds, QEMU_FD_IOMMU, 0));
			iommu = true;
		}
		qemu_pci_id(id, p->address);
		if (p->vfio_fd >= 0)
			option(a, "device", "vfio-pci,id=%s,iommufd=iommu,fd=%d,rombar=0", id,
			    at(fds, QEMU_FD_PCI, i));
		else
			option(a, "device", "vfio-pci,id=%s,host=%s,rombar=0", id, p->address);
	}
}

size_t qemu_args(const struct vm_spec *spec, const char *program, enum vm_accel accel,
    const struct qemu_fds *fds, struct buf *out)
{
	struct args a = {.out = out};

	arg(&a, "%s", program);
	add_process(&a, spec);
	add_board(&a, spec, accel, fds);
	add_streams(&a, spec, fds);
	add_disks(&a, spec, fds);
	add_nics(&a, spec, fds);
	add_pci(&a, spec, fds);
	option(&a, "object", "rng-builtin,id=rng");
	option(&a, "device", "virtio-rng-pci,rng=rng,disable-legacy=on");
	option(&a, "device", "pvpanic");
	return a.count;
}
