/*
 * linux: operations carried out on this host, through sysfs.
 *
 * driver_override alone decides which driver takes a function; new_id, which would make
 * vfio-pci take every card of a model, is never written.  Each act looks first what is
 * there: doing or undoing twice is harmless, and where another device sits at the
 * address now, nothing is touched.
 *
 * The kernel unbinds and binds while the write to sysfs lasts, and that may be for as
 * long as a driver or a process that holds the card likes.  So a child writes, and is
 * waited for a bounded time: who stops the router gets an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pci/internal.h"

#define WRITE_WAIT_MS  10000 /* a driver that loads or gives up its firmware takes seconds */
#define DRIVER_WAIT_MS 2000  /* ... and after that it is there, or not at all */
#define STEP_MS        10

static void device_path(
    char dst[PCI_PATH], const char *root, const struct pci_op *op, const char *name)
{
	str_format(dst, PCI_PATH, "%s/" PCI_BUS "/devices/%s/%s", root, op->address, name);
}

static uint16_t id_of(const char *root, const struct pci_op *op, const char *name)
{
	char path[PCI_PATH], text[16];

	device_path(path, root, op, name);
	pci_line(path, text, sizeof(text));
	return (uint16_t)strtoul(text, NULL, 16);
}

/* Is the function of the plan still there? */
static bool is_there(const char *root, const struct pci_op *op)
{
	return id_of(root, op, "vendor") == op->vendor &&
	       id_of(root, op, "device") == op->device;
}

/* The driver that the function has now; "" none. */
static void driver_of(const char *root, const struct pci_op *op, char driver[PCI_DRIVER])
{
	char path[PCI_PATH];

	device_path(path, root, op, "driver");
	pci_link(path, driver, PCI_DRIVER);
}

static bool has_driver(const char *root, const struct pci_op *op, const char *driver)
{
	char now[PCI_DRIVER];

	driver_of(root, op, now);
	return strcmp(now, driver) == 0;
}

/* Wait until the function has this driver ("": none). */
static bool await_driver(const char *root, const struct pci_op *op, const char *driver)
{
	uint64_t end = now_ms() + DRIVER_WAIT_MS;

	while (!has_driver(root, op, driver)) {
		if (now_ms() >= end)
			return false;
		poll(NULL, 0, STEP_MS);
	}
	return true;
}

/* The child's part: nothing of ours stays open while the kernel takes its time. */
static void write_and_exit(const char *path, const char *text)
{
	ssize_t n;
	int fd;

	closefrom(STDERR_FILENO + 1);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, text, strlen(text));
	_exit(n < 0 ? errno & 0xff : 0);
}

/* Write to a file of sysfs, for a bounded time.  0, or -1 with *e (num ETIMEDOUT). */
static int put(const char *path, const char *text, struct err *e)
{
	struct pollfd p = {.events = POLLIN};
	pid_t child = fork();
	auto_fd fd = -1;
	int status;

	if (child < 0)
		return err_set(e, errno, "start a process");
	if (child == 0)
		write_and_exit(path, text);
	fd = pidfd_open(child, 0);
	p.fd = fd;
	if (fd >= 0) {
		uint64_t end = now_ms() + WRITE_WAIT_MS;
		int left = WRITE_WAIT_MS;

		while (left > 0 && poll(&p, 1, left) < 0 && errno == EINTR)
			left = (int)(end - MIN(now_ms(), end));
		if ((p.revents & POLLIN) == 0)
			return err_set(e, ETIMEDOUT, "write %s", path);
	}
	status = child_wait(child);
	return status != 0
		   ? err_set(e, status > 0 && status < 128 ? status : EIO, "write %s", path)
		   : 0;
}

static int no_device(const struct pci_op *op, struct err *e)
{
	err_set(e, ENODEV, "card %s", op->address);
	return err_is(e, ERR_HOST);
}

static int modprobe(const char *root, const char *module, struct err *e)
{
	char program[PCI_PATH];
	const char *argv[] = {program, "-q", "--", module, NULL};
	int status;

	str_format(program, sizeof(program), "%s/sbin/modprobe", root);
	status = child_run(argv, NULL, NULL, e);
	if (status < 0)
		return -1;
	return status > 0 ? err_set(e, 0, "modprobe %s: exit status %d", module, status) : 0;
}

static bool driver_loaded(const char *root, const char *driver)
{
	char path[PCI_PATH];

	str_format(path, sizeof(path), "%s/" PCI_BUS "/drivers/%s", root, driver);
	return access(path, F_OK) == 0;
}

static int load(const char *root, struct err *e)
{
	if (driver_loaded(root, PCI_VFIO))
		return 0;
	if (modprobe(root, PCI_VFIO, e) == 0 && driver_loaded(root, PCI_VFIO))
		return 0;
	if (e->text[0] == '\0')
		err_set(e, 0, "the module vfio-pci is loaded but its driver is not there");
	err_hint(e, "modprobe vfio-pci; dmesg | tail");
	return err_is(e, ERR_HOST);
}

static int set_override(
    const char *root, const struct pci_op *op, const char *driver, struct err *e)
{
	char path[PCI_PATH], text[PCI_DRIVER + 1];

	device_path(path, root, op, "driver_override");
	/* An empty line takes it away. */
	str_format(text, sizeof(text), "%s\n", driver);
	return file_put(path, text, e);
}

/* Put back what driver_override was, when it is ours: see bind_again() for the second. */
static int reset_override(const char *root, const struct pci_op *op, struct err *e)
{
	char path[PCI_PATH], now[PCI_DRIVER];

	device_path(path, root, op, "driver_override");
	if (!pci_line(path, now, sizeof(now)) || strcmp(now, op->override) == 0 ||
	    (strcmp(now, PCI_VFIO) != 0 && strcmp(now, op->driver) != 0))
		return 0;
	return set_override(root, op, op->override, e);
}

static int unbind(const char *root, const struct pci_op *op, const char *driver, struct err *e)
{
	char path[PCI_PATH];

	if (has_driver(root, op, ""))
		return 0;
	if (!has_driver(root, op, driver)) {
		driver_of(root, op, path);
		err_set(e, 0, "it has the driver %.31s, not %s as before", path, driver);
		return err_hint(e, "try again");
	}
	str_format(path, sizeof(path), "%s/" PCI_BUS "/drivers/%s/unbind", root, driver);
	/* Whether it worked is what the link says: ENODEV is a device that just went. */
	if (put(path, op->address, e) < 0 && e->num != ENODEV)
		return -1;
	if (!is_there(root, op) || await_driver(root, op, "")) {
		memset(e, 0, sizeof(*e));
		return 0;
	}
	return err_set(e, ETIMEDOUT, "the driver %s keeps it", driver);
}

static int probe(const char *root, const struct pci_op *op, struct err *e)
{
	char path[PCI_PATH];

	str_format(path, sizeof(path), "%s/" PCI_BUS "/drivers_probe", root);
	return put(path, op->address, e);
}

static int bind_vfio(const char *root, const struct pci_op *op, struct err *e)
{
	if (has_driver(root, op, PCI_VFIO))
		return 0;
	if (probe(root, op, e) < 0)
		return -1;
	if (await_driver(root, op, PCI_VFIO))
		return 0;
	err_set(e, 0, "vfio-pci does not take the card %s", op->address);
	err_hint(e, "see why by: dmesg | grep -i vfio");
	return err_is(e, ERR_HOST);
}

static int unbind_vfio(const char *root, const struct pci_op *op, struct err *e)
{
	if (reset_override(root, op, e) < 0)
		return -1;
	if (!has_driver(root, op, PCI_VFIO))
		return 0;
	if (unbind(root, op, PCI_VFIO, e) == 0)
		return 0;
	if (e->num == ETIMEDOUT)
		err_hint(
		    e, "a process still uses the card; see which by: fuser -v /dev/vfio/*");
	return -1;
}

/* Let the driver that was there have the function again. */
static int bind_again(const char *root, const struct pci_op *op, struct err *e)
{
	char path[PCI_PATH], modalias[PCI_MODALIAS];
	struct err ignored = {0};

	if (reset_override(root, op, e) < 0)
		return -1;
	if (has_driver(root, op, op->driver))
		return 0;
	if (!driver_loaded(root, op->driver)) {
		device_path(path, root, op, "modalias");
		if (pci_line(path, modalias, sizeof(modalias)))
			modprobe(root, modalias, &ignored);
	}
	/* Somebody had set an override while the driver had it: only so it comes back. */
	if (op->override[0] != '\0' && set_override(root, op, op->driver, e) < 0)
		return -1;
	/* A driver that was just loaded may have it already: then this says so. */
	if (has_driver(root, op, "") && probe(root, op, e) < 0 && e->num == ETIMEDOUT)
		return -1;
	memset(e, 0, sizeof(*e));
	if (await_driver(root, op, op->driver) || !is_there(root, op))
		return is_there(root, op) ? reset_override(root, op, e) : 0;
	err_set(e, 0, "the driver %s did not take the card %s again", op->driver, op->address);
	return err_hint(e, "modprobe %s; echo %s >/" PCI_BUS "/drivers_probe; dmesg | tail",
	    op->driver, op->address);
}

/*
 * The node's owner.  It is looked at through its own descriptor: what udev or somebody
 * else puts in its place is not followed.
 */
static int grant(const char *root, uint32_t group, uid_t from, uid_t to, struct err *e)
{
	char path[PCI_PATH];
	struct stat st;
	auto_fd fd = -1;

	str_format(path, sizeof(path), "%s/dev/vfio/%u", root, group);
	fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	/* It goes with its group: nothing is left to be taken back. */
	if (fd < 0 && errno == ENOENT && to == 0)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "open %s", path);
	if (st.st_uid == to || (to == 0 && st.st_uid != from))
		return 0;
	if (fchownat(fd, "", to, (gid_t)-1, AT_EMPTY_PATH) < 0)
		return err_set(e, errno, "give %s to user %u", path, to);
	return 0;
}

static int linux_apply(const char *root, const struct pci_op *op, struct err *e)
{
	char text[256];
	int r = -1;

	if (pci_allowed(op, e) < 0)
		return -1;
	switch ((enum pci_op_kind)op->kind) {
	case PCI_LOAD:
		return load(root, e);
	case PCI_GRANT:
		r = grant(root, op->group, 0, op->uid, e);
		break;
	case PCI_OVERRIDE:
		r = is_there(root, op) ? set_override(root, op, PCI_VFIO, e) : no_device(op, e);
		break;
	case PCI_UNBIND:
		if (has_driver(root, op, PCI_VFIO))
			return 0;
		r = is_there(root, op) ? unbind(root, op, op->driver, e) : no_device(op, e);
		break;
	case PCI_BIND:
		r = is_there(root, op) ? bind_vfio(root, op, e) : no_device(op, e);
		break;
	case PCI_KINDS:
		break;
	}
	pci_describe(op, text, sizeof(text));
	return r < 0 ? err_ctx(e, "%s", text) : 0;
}

static int linux_undo(const char *root, const struct pci_op *op, struct err *e)
{
	char text[256];
	int r = -1;

	if (pci_allowed(op, e) < 0)
		return -1;
	switch ((enum pci_op_kind)op->kind) {
	case PCI_LOAD:
		return 0;
	case PCI_GRANT:
		r = grant(root, op->group, op->uid, 0, e);
		break;
	case PCI_OVERRIDE:
		r = is_there(root, op) ? reset_override(root, op, e) : 0;
		break;
	case PCI_UNBIND:
		r = is_there(root, op) ? bind_again(root, op, e) : 0;
		break;
	case PCI_BIND:
		r = is_there(root, op) ? unbind_vfio(root, op, e) : 0;
		break;
	case PCI_KINDS:
		break;
	}
	pci_describe(op, text, sizeof(text));
	return r < 0 ? err_ctx(e, "undo: %s", text) : 0;
}

const struct pci_driver pci_linux = {
    .name = "linux",
    .apply = linux_apply,
    .undo = linux_undo,
};
