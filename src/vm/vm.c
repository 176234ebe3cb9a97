/*
 * vm: what all hypervisors share.
 *
 * Checking a specification before anything is started, so that a missing
 * file is an error of start() with a name in it and not a riddle in the
 * hypervisor's log; and saying events in a way that survives a receiver
 * which frees the machine it is told about.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm/internal.h"

#define CPUS_MAX   255
#define SERIAL_MAX 19

const char *vm_accel_name(enum vm_accel accel)
{
	switch (accel) {
	case VM_ACCEL_AUTO:
		return "auto";
	case VM_ACCEL_KVM:
		return "kvm";
	case VM_ACCEL_TCG:
		return "tcg";
	case VM_ACCEL_VMM:
		return "vmm";
	}
	return "?";
}

/* Of Debian's package ovmf, first the one that newer releases have alone; then of others. */
const char *const vm_firmwares[] = {
    "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "/usr/share/OVMF/OVMF_CODE.fd",
    "/usr/share/edk2/ovmf/OVMF_CODE.fd",
    "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
    "/usr/share/qemu/ovmf-x86_64-code.bin",
    NULL,
};

/* Names travel inside options where a comma or equals sign means something. */
static int check_name(const char *what, const char *name, size_t max, struct err *e)
{
	size_t len = strlen(name);

	if (len == 0 || len > max)
		return err_set(
		    e, 0, "%s \"%s\": 1 to %zu characters are accepted", what, name, max);
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL)
			return err_set(
			    e, 0, "%s \"%s\": letters, digits, - _ . are accepted", what, name);
	return 0;
}

static int check_file(const char *what, const char *path, int flags, struct err *e)
{
	auto_fd fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_set(e, errno, "%s %s", what, path);
	return 0;
}

static int check_disks(const struct vm_spec *spec, struct err *e)
{
	for (size_t i = 0; i < spec->disk_count; i++) {
		const struct vm_disk *d = &spec->disks[i];

		if (check_name("serial of a disk", d->serial, SERIAL_MAX, e) < 0 ||
		    check_file("disk", d->path, d->read_only ? O_RDONLY : O_RDWR, e) < 0)
			return -1;
	}
	return 0;
}

/* "0000:03:00.0" and nothing else: it stands in an option. */
static bool is_address(const char *text)
{
	size_t hex = strspn(text, "0123456789abcdef");

	if (hex < 4 || hex > 5 || text[hex] != ':')
		return false;
	text += hex + 1;
	return strspn(text, "0123456789abcdef") == 2 && text[2] == ':' &&
	       strspn(text + 3, "0123456789abcdef") == 2 && text[5] == '.' &&
	       strspn(text + 6, "01234567") == 1 && text[7] == '\0';
}

static int check_pci(const struct vm_spec *spec, struct err *e)
{
	if (spec->pci_count > VM_PCI_MAX)
		return err_set(e, 0, "%zu PCI functions: at most %d can be handed over",
		    spec->pci_count, VM_PCI_MAX);
	for (size_t i = 0; i < spec->pci_count; i++)
		if (!is_address(spec->pci[i].address))
			return err_set(e, 0, "PCI function \"%s\": 0000:03:00.0 is accepted",
			    spec->pci[i].address);
	return 0;
}

int vm_spec_check(const struct vm_spec *spec, struct err *e)
{
	if (check_name("name of a machine", spec->name, sizeof(spec->name) - 1, e) < 0)
		return -1;
	if (spec->cpus < 1 || spec->cpus > CPUS_MAX)
		return err_set(
		    e, 0, "%u processors: 1 to %d are accepted", spec->cpus, CPUS_MAX);
	if (spec->memory_mib < 1)
		return err_set(e, 0, "no memory: at least 1 MiB is needed");
	if (spec->disk_count > VM_DISKS_MAX || spec->nic_count > VM_NICS_MAX ||
	    spec->port_count > VM_PORTS_MAX)
		return err_set(e, 0, "too many disks, network cards or ports");
	if (spec->boot == VM_BOOT_UEFI && spec->disk_count == 0)
		return err_set(e, 0, "no disk: UEFI boots the first one");
	if (spec->boot == VM_BOOT_DIRECT && check_file("kernel", spec->kernel, O_RDONLY, e) < 0)
		return -1;
	if (spec->boot == VM_BOOT_DIRECT && spec->initrd[0] != '\0' &&
	    check_file("initrd", spec->initrd, O_RDONLY, e) < 0)
		return -1;
	for (size_t i = 0; i < spec->port_count; i++)
		if (check_name("port", spec->ports[i], sizeof(spec->ports[i]) - 1, e) < 0)
			return -1;
	if (check_pci(spec, e) < 0)
		return -1;
	return check_disks(spec, e);
}

void vm_emit(struct vm *vm, enum vm_event_kind kind, enum vm_exit exit, const char *text)
{
	struct vm_event event = {.kind = kind, .exit = exit, .text = text};

	if (!vm->freed)
		vm->fn(vm->arg, &event);
}

int vm_pair(int *ours, int *theirs, struct err *e)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_set(e, errno, "make a pair of sockets");
	if (fd_nonblock(fds[0], e) < 0) {
		fd_close(&fds[0]);
		fd_close(&fds[1]);
		return -1;
	}
	*ours = fds[0];
	*theirs = fds[1];
	return 0;
}
