/*
 * linux_function: one function of the bus in sysfs.
 *
 * The kernel unbinds and binds while the write to sysfs lasts, and that may be for as
 * long as a driver or a process that holds the card likes.  So a child writes, and is
 * waited for a bounded time: who stops the router gets an answer.
 *
 * Whatever is done holds a lock on the function's directory, and the child holds it as
 * well: a process that was killed may have left a write that still goes on, and who
 * cleans up after it waits for its end before it looks what there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "pci/linux_function.h"

#define WRITE_WAIT_MS  5000 /* a driver that loads or gives up its firmware takes seconds */
#define DRIVER_WAIT_MS 2000 /* ... and after that it is there, or not at all */
#define STEP_MS        10
#define LOCK_FD        3

static void path_of(char dst[PCI_PATH], const struct function *f, const char *name)
{
	str_format(
	    dst, PCI_PATH, "%s/" PCI_BUS "/devices/%s/%s", f->root, f->op->address, name);
}

bool function_line(const struct function *f, const char *name, char *dst, size_t size)
{
	char path[PCI_PATH];

	path_of(path, f, name);
	return pci_line(path, dst, size);
}

static uint16_t id_of(const struct function *f, const char *name)
{
	char text[16];

	function_line(f, name, text, sizeof(text));
	return (uint16_t)strtoul(text, NULL, 16);
}

bool function_is_there(const struct function *f)
{
	return id_of(f, "vendor") == f->op->vendor && id_of(f, "device") == f->op->device;
}

int function_open(struct function *f, const char *root, const struct pci_op *op, struct err *e)
{
	uint64_t end = now_ms() + WRITE_WAIT_MS;
	char path[PCI_PATH];

	*f = (struct function){.root = root, .op = op, .lock = -1};
	if (!function_is_there(f))
		return 0;
	path_of(path, f, "");
	f->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->lock < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "open %s", path);
	while (flock(f->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, errno, "lock %s", path);
		if (now_ms() >= end) {
			err_set(e, ETIMEDOUT, "the kernel has not done with the card %s",
			    op->address);
			return err_hint(e, "see what keeps it by: dmesg | tail");
		}
		poll(NULL, 0, STEP_MS);
	}
	return function_is_there(f) ? 1 : 0;
}

void function_close(struct function *f)
{
	fd_close(&f->lock);
}

void function_driver(const struct function *f, char driver[PCI_DRIVER])
{
	char path[PCI_PATH];

	path_of(path, f, "driver");
	pci_link(path, driver, PCI_DRIVER);
}

bool function_has(const struct function *f, const char *driver)
{
	char now[PCI_DRIVER];

	function_driver(f, now);
	return strcmp(now, driver) == 0;
}

bool function_await(const struct function *f, const char *driver)
{
	uint64_t end = now_ms() + DRIVER_WAIT_MS;

	while (!function_has(f, driver)) {
		if (now_ms() >= end)
			return false;
		poll(NULL, 0, STEP_MS);
	}
	return true;
}

int function_override(const struct function *f, const char *driver, struct err *e)
{
	char path[PCI_PATH], text[PCI_DRIVER + 1];

	path_of(path, f, "driver_override");
	/* An empty line takes it away. */
	str_format(text, sizeof(text), "%s\n", driver);
	return file_put(path, text, e);
}

/* The child's part: but for the lock nothing of ours stays open while it lasts. */
static void write_and_exit(const char *path, const char *text, int lock)
{
	ssize_t n;
	int fd;

	if (dup2(lock, LOCK_FD) < 0)
		_exit(errno & 0xff);
	closefrom(LOCK_FD + 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, text, strlen(text));
	_exit(n < 0 ? errno & 0xff : 0);
}

int function_put(const struct function *f, const char *file, struct err *e)
{
	char path[PCI_PATH], text[PCI_ADDRESS + 1];
	struct pollfd p = {.events = POLLIN};
	uint64_t end = now_ms() + WRITE_WAIT_MS;
	auto_fd fd = -1;
	int status, left;
	pid_t child;

	str_format(path, sizeof(path), "%s/" PCI_BUS "/%s", f->root, file);
	str_format(text, sizeof(text), "%s\n", f->op->address);
	child = fork();
	if (child < 0)
		return err_set(e, errno, "start a process");
	if (child == 0)
		write_and_exit(path, text, f->lock);
	fd = pidfd_open(child, 0);
	p.fd = fd;
	/* Without a pidfd, on kernels before 5.3, there is no bound. */
	while (fd >= 0 && (p.revents & POLLIN) == 0) {
		left = (int)(end - MIN(now_ms(), end));
		if (left == 0 || (poll(&p, 1, left) < 0 && errno != EINTR))
			return err_set(e, ETIMEDOUT, "write %s", path);
	}
	status = child_wait(child);
	if (status == 0)
		return 0;
	return err_set(e, status > 0 && status < 128 ? status : EIO, "write %s", path);
}
