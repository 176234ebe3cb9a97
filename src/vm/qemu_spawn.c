/*
 * qemu_spawn: QEMU's descriptors made, and the process started with them.
 *
 * Everything that QEMU inherits is opened here with the caller's rights and
 * moved to its place above all others (see qemu.h), close-on-exec but for the
 * child that is given it.  Once QEMU runs, or has not started, these ends are
 * closed again; the other ends of the streams are what the driver works with.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vm/qemu.h"

void qemu_streams_init(struct qemu_streams *s)
{
	s->qmp = s->console = s->errors = -1;
	for (size_t i = 0; i < VM_PORTS_MAX; i++)
		s->ports[i] = -1;
}

void qemu_streams_close(struct qemu_streams *s)
{
	fd_close(&s->qmp);
	fd_close(&s->console);
	fd_close(&s->errors);
	for (size_t i = 0; i < VM_PORTS_MAX; i++)
		fd_close(&s->ports[i]);
}

/* Copy a descriptor to its place, or above it when that is taken. */
static int place(struct qemu_fds *fds, size_t slot, int fd, struct err *e)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, (int)slot);

	if (copy < 0)
		return err_set(e, errno, "hand descriptor %d to QEMU", fd);
	fds->fd[slot - QEMU_FD_QMP] = copy;
	return 0;
}

static int make_stream(struct qemu_fds *fds, size_t slot, int *ours, struct err *e)
{
	auto_fd theirs = -1;

	if (vm_pair(ours, &theirs, e) < 0)
		return -1;
	return place(fds, slot, theirs, e);
}

static int open_file(struct qemu_fds *fds, size_t slot, const char *what, const char *path,
    int flags, struct err *e)
{
	auto_fd fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "%s %s", what, path);
	return place(fds, slot, fd, e);
}

static int place_pci(const struct vm_spec *spec, struct qemu_fds *fds, struct err *e)
{
	bool any = false;

	for (size_t i = 0; i < spec->pci_count; i++) {
		int fd = spec->pci[i].vfio_fd;

		any = any || fd >= 0;
		if (fd >= 0 && place(fds, QEMU_FD_PCI + i, fd, e) < 0)
			return -1;
	}
	return any ? place(fds, QEMU_FD_IOMMU, spec->iommu_fd, e) : 0;
}

/* What the machine begins with. */
static int open_boot(const struct vm_spec *spec, struct qemu_fds *fds, struct err *e)
{
	auto_fd firmware = -1;

	if (spec->boot == VM_BOOT_UEFI) {
		firmware = qemu_firmware_open("", e);
		return firmware < 0 ? -1 : place(fds, QEMU_FD_FIRMWARE, firmware, e);
	}
	if (open_file(fds, QEMU_FD_KERNEL, "kernel", spec->kernel, O_RDONLY, e) < 0)
		return -1;
	if (spec->initrd[0] == '\0')
		return 0;
	return open_file(fds, QEMU_FD_INITRD, "initrd", spec->initrd, O_RDONLY, e);
}

static int open_all(
    const struct vm_spec *spec, struct qemu_fds *fds, struct qemu_streams *s, struct err *e)
{
	if (make_stream(fds, QEMU_FD_QMP, &s->qmp, e) < 0 ||
	    make_stream(fds, QEMU_FD_CONSOLE, &s->console, e) < 0)
		return -1;
	for (size_t i = 0; i < spec->port_count; i++)
		if (make_stream(fds, QEMU_FD_PORT + i, &s->ports[i], e) < 0)
			return -1;
	for (size_t i = 0; i < spec->nic_count; i++)
		if (place(fds, QEMU_FD_NIC + i, spec->nics[i].tap_fd, e) < 0)
			return -1;
	for (size_t i = 0; i < spec->disk_count; i++) {
		const struct vm_disk *d = &spec->disks[i];

		if (open_file(fds, QEMU_FD_DISK + i, "disk", d->path,
			d->read_only ? O_RDONLY : O_RDWR, e) < 0)
			return -1;
	}
	if (place_pci(spec, fds, e) < 0)
		return -1;
	return open_boot(spec, fds, e);
}

static pid_t run(const struct vm_spec *spec, const struct accel_choice *choice,
    const char *program, const struct qemu_fds *fds, int errors, struct err *e)
{
	struct buf text = {0};
	size_t count = qemu_args(spec, program, choice->accel, fds, &text), keep = 0;
	auto_free const char **argv = calloc(count + 1, sizeof(*argv));
	const char *at = text.data;
	int kept[QEMU_FDS];
	struct host_limits saved;
	pid_t pid = -1;

	for (size_t i = 0; i < QEMU_FDS; i++)
		if (fds->fd[i] >= 0)
			kept[keep++] = fds->fd[i];
	if (argv != NULL) {
		struct child_spec child = {.argv = argv,
		    .in = -1,
		    .out = errors,
		    .err = errors,
		    .keep_fds = kept,
		    .keep_count = keep,
		    .uid = spec->uid,
		    .gid = choice->gid,
		    .nice = spec->nice,
		    .die_with_us = true};

		for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
			argv[i] = at;
		host_limits_set(&saved, spec);
		pid = child_spawn(&child, e);
		host_limits_restore(&saved);
	} else {
		err_set(e, ENOMEM, "start QEMU");
	}
	buf_fini(&text);
	return pid;
}

pid_t qemu_spawn(const struct vm_spec *spec, const struct accel_choice *choice,
    struct qemu_streams *s, struct err *e)
{
	char program[128];
	struct qemu_fds fds;
	int errors[2];
	pid_t pid = -1;

	memset(&fds, -1, sizeof(fds));
	if (qemu_find(program, sizeof(program), e) < 0)
		return -1;
	if (pipe2(errors, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	s->errors = errors[0];
	if (fd_nonblock(s->errors, e) == 0 && open_all(spec, &fds, s, e) == 0)
		pid = run(spec, choice, program, &fds, errors[1], e);
	fd_close(&errors[1]);
	for (size_t i = 0; i < QEMU_FDS; i++)
		fd_close(&fds.fd[i]);
	return pid;
}
