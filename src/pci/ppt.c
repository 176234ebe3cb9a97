/*
 * ppt: operations carried out on a FreeBSD host.
 *
 * The kernel sets a driver in one call: it detaches the one that is there, notes that only
 * ppt may have the function, and attaches ppt.  The way back is to clear that note: the
 * kernel then probes as at boot, so a card of pptdevs is ppt's again and any other its
 * own driver's.  Each act looks first what is there: doing or undoing twice is harmless,
 * and where another device sits at the address now, nothing is touched.
 *
 * A call lasts as long as a driver likes, under a lock of all devices.  So a child makes
 * it, and is waited for a bounded time: who stops the router gets an answer.  Whatever is
 * done holds a lock on a file named after the function, and the child holds it as well:
 * a process that was killed may have left a call that still goes on, and who cleans up
 * after it waits for its end before it looks what there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pci/internal.h"
#include "pci/ppt.h"

#define CALL_WAIT_MS 5000 /* a driver that loads or gives up its firmware takes seconds */
#define BUSY_WAIT_MS 2000 /* a machine that ends lets its devices go a moment later */
#define STEP_MS      20
#define LOCK_FD      3 /* of the child */
#define RESULT_FD    4
#define VMM          "vmm"

/* One function while something is done to it. */
struct act {
	const struct ppt_calls *calls;
	const struct pci_op *op;
	int lock;
};

int ppt_lock(
    const char *root, const char *address, const char *what, unsigned wait_ms, struct err *e)
{
	uint64_t end = now_ms() + wait_ms;
	char path[PCI_PATH];
	auto_fd fd = -1;

	str_format(path, sizeof(path), "%s/var/run", root);
	if (dir_make(path, 0755, e) < 0)
		return -1;
	str_format(path, sizeof(path), "%s/var/run/airlock.%s.%s", root, what, address);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || now_ms() >= end)
			return err_set(e, errno, "lock %s", path);
		poll(NULL, 0, STEP_MS);
	}
	return fd_take(&fd);
}

/* ------------------------------------------------------------------ bounded calls */

static int call(const struct act *a, const char *driver)
{
	if (driver != NULL)
		return a->calls->set_driver(a->op->address, driver);
	return a->calls->clear_driver(a->op->address);
}

/* The child's part: but for the lock nothing of ours stays open while it lasts. */
static void call_and_exit(const struct act *a, const char *driver, int out)
{
	/* Above both numbers first, so that neither closes the other. */
	int lock = fcntl(a->lock, F_DUPFD, RESULT_FD + 1);
	int result = fcntl(out, F_DUPFD, RESULT_FD + 1), error;

	if (dup2(lock, LOCK_FD) < 0 || dup2(result, RESULT_FD) < 0)
		_exit(1);
	self_close_range(RESULT_FD + 1, INT_MAX);
	error = call(a, driver);
	_exit(write(RESULT_FD, &error, sizeof(error)) == sizeof(error) ? 0 : 1);
}

/*
 * Set a driver, or clear it (NULL), in a child.  0, or the errno; ETIMEDOUT while the
 * kernel is still at it.  The lock is the child's too, as long as that lasts.
 */
static int call_bounded(const struct act *a, const char *driver)
{
	uint64_t end = now_ms() + CALL_WAIT_MS;
	auto_fd result = -1, other = -1;
	struct pollfd p = {.events = POLLIN};
	int pair[2], error = EIO;
	pid_t child;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return errno;
	result = pair[0];
	other = pair[1];
	child = fork();
	if (child < 0)
		return errno;
	if (child == 0)
		call_and_exit(a, driver, pair[1]);
	fd_close(&other);
	p.fd = result;
	while (p.revents == 0) {
		int left = (int)(end - MIN(now_ms(), end));

		if (left == 0)
			return ETIMEDOUT;
		if (poll(&p, 1, left) < 0 && errno != EINTR)
			return errno;
	}
	if (read(result, &error, sizeof(error)) != sizeof(error))
		error = EIO;
	child_wait(child);
	return error;
}

/* -------------------------------------------------------------------------- acts */

static bool is_ours(const struct act *a, const struct ppt_function *f)
{
	return f->vendor == a->op->vendor && f->device == a->op->device;
}

/* 1 with *f, 0 when the function of the plan is not there (any more), or -1 with *e. */
static int look(const struct act *a, struct ppt_function *f, struct err *e)
{
	int r = a->calls->get(a->op->address, f, e);

	return r <= 0 ? r : is_ours(a, f);
}

/* Begin: the same, with the lock, which is waited for. */
static int begin(struct act *a, const char *root, struct ppt_function *f, struct err *e)
{
	int r = look(a, f, e);

	if (r <= 0)
		return r;
	a->lock = ppt_lock(root, a->op->address, "act", CALL_WAIT_MS, e);
	if (a->lock < 0 && e->num == EWOULDBLOCK) {
		err_set(
		    e, ETIMEDOUT, "the kernel has not done with the card %s", a->op->address);
		err_hint(e, "see what keeps it by: dmesg | tail");
	}
	return a->lock < 0 ? -1 : look(a, f, e);
}

static bool has(const struct ppt_function *f, const char *driver)
{
	return f->attached && strcmp(f->driver, driver) == 0;
}

static int refused(int error, const struct ppt_function *f, struct err *e)
{
	switch (error) {
	case EBUSY:
		err_set(e, error, "the driver %s does not let go of it", f->driver);
		err_hint(e, "reserve the card at boot: vmm_load=\"YES\" and pptdevs in "
			    "/boot/loader.conf");
		break;
	case ETIMEDOUT:
		err_set(e, error, "the driver %s has not let go of it yet", f->driver);
		err_hint(e, "see what keeps it by: dmesg | tail");
		break;
	case ENOENT:
		err_set(e, error, "there is no driver ppt");
		err_hint(e, "kldload vmm; dmesg | tail");
		break;
	case ENXIO:
		err_set(e, error, "ppt does not take it");
		err_hint(e, "see why by: dmesg | tail");
		break;
	case EPERM:
		err_set(e, error, "the kernel does not allow it");
		err_hint(e, "run airlock as root, outside of jails");
		break;
	default:
		err_set(e, error, "devctl");
		break;
	}
	return err_is(e, ERR_HOST);
}

static int take(const struct act *a, struct ppt_function *f, struct err *e)
{
	int error = 0, r;

	if (has(f, PCI_PPT_DRIVER))
		return 0;
	if (f->attached && strcmp(f->driver, a->op->driver) != 0) {
		err_set(
		    e, 0, "it has the driver %s, not %s as before", f->driver, a->op->driver);
		return err_hint(e, "try again");
	}
	/* Meant for ppt, which failed to attach: the kernel would call that done. */
	if (strcmp(f->driver, PCI_PPT_DRIVER) == 0)
		error = call_bounded(a, NULL);
	if (error == 0)
		error = call_bounded(a, PCI_PPT_DRIVER);
	if (error != 0)
		return refused(error, f, e);
	r = look(a, f, e);
	if (r <= 0)
		return r < 0 ? -1 : err_set(e, ENODEV, "card %s", a->op->address);
	return has(f, PCI_PPT_DRIVER) ? 0 : refused(ENXIO, f, e);
}

/* EBUSY is ppt's answer as long as a machine has the function. */
static int clear(const struct act *a)
{
	uint64_t end = now_ms() + BUSY_WAIT_MS;
	int error;

	while ((error = call_bounded(a, NULL)) == EBUSY && now_ms() < end)
		poll(NULL, 0, STEP_MS);
	return error;
}

static int give(const struct act *a, struct ppt_function *f, struct err *e)
{
	char shown[PCI_SHOWN];
	int error, r;

	/* Somebody has chosen another one meanwhile, or all is done. */
	if (f->attached && strcmp(f->driver, PCI_PPT_DRIVER) != 0)
		return 0;
	error = clear(a);
	if (error == EBUSY) {
		err_set(e, ETIMEDOUT, "the driver ppt keeps it: a guest has it");
		return err_hint(e, "see the machines by: ls /dev/vmm; end one by: bhyvectl "
				   "--destroy --vm=NAME");
	}
	if (error == ETIMEDOUT)
		return err_set(e, error, "the kernel is still at it");
	/* Whether it worked is what a look says: a driver may fail to attach. */
	r = look(a, f, e);
	if (r <= 0)
		return r;
	/* Its own driver, ppt again as pptdevs has it, or one somebody loaded meanwhile. */
	if (f->attached || (error == 0 && a->op->driver[0] == '\0'))
		return 0;
	if (a->op->driver[0] == '\0')
		return err_set(e, error, "devctl");
	err_set(e, error, "the driver %s did not take the card %s again", a->op->driver,
	    a->op->address);
	return err_hint(e, "kldload if_%s; devctl attach %s; dmesg | tail", a->op->driver,
	    pci_shown(PCI_SYSTEM_FREEBSD, a->op->address, shown));
}

static int load(const struct ppt_calls *calls, struct err *e)
{
	int error;

	if (calls->loaded(VMM))
		return 0;
	error = calls->load(VMM);
	if (error == 0 || error == EEXIST || calls->loaded(VMM))
		return 0;
	err_set(e, error, "kldload vmm");
	if (error == ENOENT)
		err_hint(e, "see where modules are looked for by: sysctl kern.module_path");
	else
		err_hint(e, "switch virtualization (VT-x, SVM) on in the firmware's setup; see "
			    "dmesg | tail");
	return err_is(e, ERR_HOST);
}

static int carry_out(const struct ppt_calls *calls, const char *root, const struct pci_op *op,
    bool undo, struct err *e)
{
	struct act a = {.calls = calls, .op = op, .lock = -1};
	struct ppt_function f;
	int r;

	r = begin(&a, root, &f, e);
	if (r > 0)
		r = undo ? give(&a, &f, e) : take(&a, &f, e);
	else if (r == 0 && !undo)
		r = err_set(e, ENODEV, "card %s", op->address);
	fd_close(&a.lock);
	return r;
}

static int check(const struct pci_op *op, struct err *e)
{
	if (pci_allowed(op, e) < 0)
		return -1;
	if (op->kind == PCI_VMM || op->kind == PCI_PPT)
		return 0;
	return err_set(e, EINVAL, "card operation %u is Linux'", op->kind);
}

int ppt_apply(
    const struct ppt_calls *calls, const char *root, const struct pci_op *op, struct err *e)
{
	char text[256];

	if (check(op, e) < 0)
		return -1;
	if (op->kind == PCI_VMM)
		return load(calls, e);
	if (carry_out(calls, root, op, false, e) == 0)
		return 0;
	pci_describe(op, text, sizeof(text));
	return err_ctx(e, "%s", text);
}

int ppt_undo(
    const struct ppt_calls *calls, const char *root, const struct pci_op *op, struct err *e)
{
	char shown[PCI_SHOWN];

	if (check(op, e) < 0)
		return -1;
	if (op->kind == PCI_VMM || carry_out(calls, root, op, true, e) == 0)
		return 0;
	return err_ctx(
	    e, "devctl clear driver -f %s", pci_shown(PCI_SYSTEM_FREEBSD, op->address, shown));
}
