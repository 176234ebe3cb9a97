/*
 * linux: operations carried out on this host, through sysfs.
 *
 * driver_override alone decides which driver takes a function; new_id, which would make
 * vfio-pci take every card of a model, is never written.  Each act looks first what is
 * there: doing or undoing twice is harmless, and where another device sits at the
 * address now, nothing is touched.  Waiting and writing is linux_function.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pci/linux_function.h"

#define ROUNDS 2

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

/* Put back what driver_override was, when it is ours: see bind_again() for the second. */
static int reset_override(const struct function *f, struct err *e)
{
	char now[PCI_DRIVER];

	if (!function_line(f, "driver_override", now, sizeof(now)) ||
	    strcmp(now, f->op->override) == 0 ||
	    (strcmp(now, PCI_VFIO) != 0 && strcmp(now, f->op->driver) != 0))
		return 0;
	return function_override(f, f->op->override, e);
}

static int unbind(const struct function *f, const char *driver, struct err *e)
{
	char file[PCI_DRIVER + 32], now[PCI_DRIVER];

	if (function_has(f, ""))
		return 0;
	if (!function_has(f, driver)) {
		function_driver(f, now);
		err_set(e, 0, "it has the driver %s, not %s as before", now, driver);
		return err_hint(e, "try again");
	}
	str_format(file, sizeof(file), "drivers/%s/unbind", driver);
	/* Whether it worked is what the link says: ENODEV is a device that just went. */
	if (function_put(f, file, e) < 0 && e->num != ENODEV)
		return -1;
	if (!function_is_there(f) || function_await(f, "")) {
		memset(e, 0, sizeof(*e));
		return 0;
	}
	return err_set(e, ETIMEDOUT, "the driver %s keeps it", driver);
}

static int bind_vfio(const struct function *f, struct err *e)
{
	if (function_has(f, PCI_VFIO))
		return 0;
	if (function_put(f, "drivers_probe", e) < 0)
		return -1;
	if (function_await(f, PCI_VFIO))
		return 0;
	err_set(e, 0, "vfio-pci does not take the card %s", f->op->address);
	err_hint(e, "see why by: dmesg | grep -i vfio");
	return err_is(e, ERR_HOST);
}

static int unbind_vfio(const struct function *f, struct err *e)
{
	if (reset_override(f, e) < 0)
		return -1;
	if (!function_has(f, PCI_VFIO))
		return 0;
	if (unbind(f, PCI_VFIO, e) == 0)
		return 0;
	if (e->num == ETIMEDOUT)
		err_hint(
		    e, "a process still uses the card; see which by: fuser -v /dev/vfio/*");
	return -1;
}

/* Its module may have been unloaded meanwhile; the modalias finds it, whatever its name. */
static void load_driver(const struct function *f)
{
	char modalias[PCI_MODALIAS];
	struct err ignored = {0};

	if (!driver_loaded(f->root, f->op->driver) &&
	    function_line(f, "modalias", modalias, sizeof(modalias)))
		modprobe(f->root, modalias, &ignored);
}

/* Has the function no driver, or ours? */
static bool needs_driver(const struct function *f)
{
	return function_has(f, "") || function_has(f, PCI_VFIO);
}

/*
 * Let the driver that was there have the function again.  The second round is for one
 * whose module was loaded only in the first.
 */
static int bind_again(const struct function *f, struct err *e)
{
	for (int round = 0; round < ROUNDS && needs_driver(f); round++) {
		if (unbind_vfio(f, e) < 0)
			return -1;
		load_driver(f);
		/* Somebody had set an override while the driver had it. */
		if (f->op->override[0] != '\0' && function_override(f, f->op->driver, e) < 0)
			return -1;
		if (function_has(f, "") && function_put(f, "drivers_probe", e) < 0 &&
		    e->num == ETIMEDOUT)
			return -1;
		memset(e, 0, sizeof(*e));
		if (!function_await(f, f->op->driver) && function_has(f, ""))
			break;
	}
	if (!function_is_there(f))
		return 0;
	/* That, or another one which somebody has chosen meanwhile. */
	if (!needs_driver(f))
		return reset_override(f, e);
	err_set(e, 0, "the driver %s did not take the card %s again", f->op->driver,
	    f->op->address);
	return err_hint(e, "modprobe %s; echo %s >/" PCI_BUS "/drivers_probe; dmesg | tail",
	    f->op->driver, f->op->address);
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

/* What is done to a function that is there. */
static int do_function(const struct function *f, struct err *e)
{
	switch ((enum pci_op_kind)f->op->kind) {
	case PCI_OVERRIDE:
		return function_override(f, PCI_VFIO, e);
	case PCI_UNBIND:
		return function_has(f, PCI_VFIO) ? 0 : unbind(f, f->op->driver, e);
	case PCI_BIND:
		return bind_vfio(f, e);
	case PCI_LOAD:
	case PCI_GRANT:
	case PCI_VMM:
	case PCI_PPT:
	case PCI_KINDS:
		break;
	}
	return 0;
}

static int undo_function(const struct function *f, struct err *e)
{
	switch ((enum pci_op_kind)f->op->kind) {
	case PCI_OVERRIDE:
		return reset_override(f, e);
	case PCI_UNBIND:
		return bind_again(f, e);
	case PCI_BIND:
		return unbind_vfio(f, e);
	case PCI_LOAD:
	case PCI_GRANT:
	case PCI_VMM:
	case PCI_PPT:
	case PCI_KINDS:
		break;
	}
	return 0;
}

static int is_ours(const struct pci_op *op, struct err *e)
{
	if (op->kind != PCI_VMM && op->kind != PCI_PPT)
		return 0;
	return err_set(e, EINVAL, "card operation %u is FreeBSD's", op->kind);
}

static int linux_apply(const char *root, const struct pci_op *op, struct err *e)
{
	struct function f;
	char text[256];
	int r;

	if (pci_allowed(op, e) < 0 || is_ours(op, e) < 0)
		return -1;
	if (op->kind == PCI_LOAD)
		return load(root, e);
	if (op->kind == PCI_GRANT) {
		r = grant(root, op->group, 0, op->uid, e);
	} else {
		r = function_open(&f, root, op, e);
		if (r > 0)
			r = do_function(&f, e);
		else if (r == 0)
			r = err_set(e, ENODEV, "card %s", op->address);
		function_close(&f);
	}
	pci_describe(op, text, sizeof(text));
	return r < 0 ? err_ctx(e, "%s", text) : 0;
}

static int linux_undo(const char *root, const struct pci_op *op, struct err *e)
{
	struct function f;
	char text[256];
	int r;

	if (pci_allowed(op, e) < 0 || is_ours(op, e) < 0)
		return -1;
	if (op->kind == PCI_LOAD)
		return 0;
	if (op->kind == PCI_GRANT) {
		r = grant(root, op->group, op->uid, 0, e);
	} else {
		r = function_open(&f, root, op, e);
		if (r > 0)
			r = undo_function(&f, e);
		function_close(&f);
	}
	pci_describe(op, text, sizeof(text));
	return r < 0 ? err_ctx(e, "undo: %s", text) : 0;
}

const struct pci_driver pci_linux = {
    .name = "linux",
    .apply = linux_apply,
    .undo = linux_undo,
};
