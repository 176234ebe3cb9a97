/*
 * freebsd: the system calls of handing a function over: devctl2, modules, /dev/pci.
 *
 * Nothing is decided here: ppt.c does that, over the table of calls at the end.  A module
 * is asked for by its name in the kernel first: vmm may be built in, or lie in another
 * file than vmm.ko.
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/bus.h>
#include <sys/ioctl.h>
#include <sys/linker.h>
#include <sys/module.h>
#include <unistd.h>

#include "pci/freebsd.h"
#include "pci/ppt.h"

#define DEVCTL "/dev/devctl2"

static int get(const char *address, struct ppt_function *f, struct err *e)
{
	auto_free struct pci_raw *list = NULL;
	auto_fd fd = freebsd_open(true, e);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = freebsd_functions(fd, address, &list, e);
	if (n <= 0)
		return (int)n;
	*f = (struct ppt_function){.vendor = list->vendor, .device = list->device};
	str_copy(f->driver, sizeof(f->driver), list->driver);
	f->attached = f->driver[0] != '\0' && freebsd_attached(fd, list);
	return 1;
}

static int devctl(unsigned long request, const char *address, const char *driver, int flags)
{
	struct devreq r = {.dr_flags = flags};
	auto_fd fd = open(DEVCTL, O_RDONLY | O_CLOEXEC);
	char shown[PCI_SHOWN], word[PCI_DRIVER];

	if (fd < 0)
		return errno;
	str_copy(r.dr_name, sizeof(r.dr_name), pci_shown(PCI_SYSTEM_FREEBSD, address, shown));
	if (driver != NULL) {
		str_copy(word, sizeof(word), driver);
		r.dr_data = word;
	}
	return ioctl(fd, request, &r) < 0 ? errno : 0;
}

static int set_driver(const char *address, const char *driver)
{
	return devctl(DEV_SET_DRIVER, address, driver, DEVF_SET_DRIVER_DETACH);
}

static int clear_driver(const char *address)
{
	return devctl(DEV_CLEAR_DRIVER, address, NULL, DEVF_CLEAR_DRIVER_DETACH);
}

bool freebsd_module_loaded(const char *name)
{
	char file[PCI_DRIVER];

	str_format(file, sizeof(file), "%s.ko", name);
	return modfind(name) >= 0 || kldfind(file) >= 0;
}

static int load(const char *module)
{
	return kldload(module) < 0 ? errno : 0;
}

static const struct ppt_calls calls = {
    .get = get,
    .set_driver = set_driver,
    .clear_driver = clear_driver,
    .loaded = freebsd_module_loaded,
    .load = load,
};

static int freebsd_apply(const char *root, const struct pci_op *op, struct err *e)
{
	return ppt_apply(&calls, root, op, e);
}

static int freebsd_undo(const char *root, const struct pci_op *op, struct err *e)
{
	return ppt_undo(&calls, root, op, e);
}

const struct pci_driver pci_freebsd = {
    .name = "freebsd",
    .apply = freebsd_apply,
    .undo = freebsd_undo,
};

/* ------------------------------------------------------------------------- claims */

bool pci_present(const char *root, const char *address)
{
	auto_free struct pci_raw *list = NULL;
	struct err ignored = {0};
	auto_fd fd = freebsd_open(false, &ignored);

	return fd < 0 || freebsd_functions(fd, address, &list, &ignored) != 0;
}

/* Whether a machine of somebody else has it, ppt alone knows; bhyve will say so. */
int pci_claim(const char *root, const struct pci_device *d, struct err *e)
{
	int fd = ppt_lock(root, d->address, "claim", 0, e);

	if (fd < 0 && e->num == EWOULDBLOCK) {
		err_set(e, 0, "another machine of airlock");
		e->num = EBUSY;
	}
	return fd;
}

int pci_open(const char *root, const char *address, int *fd, struct err *e)
{
	*fd = -1;
	return 0;
}

int pci_open_iommu(const char *root, int *fd, struct err *e)
{
	*fd = -1;
	return 0;
}
