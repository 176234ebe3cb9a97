/*
 * linux_claim: a card that is there, and is nobody else's.
 *
 * Another daemon that has the card holds a lock on a file of it in sysfs, which the
 * kernel takes back when that daemon ends; other programs that use VFIO have its group
 * open, and a group is opened by one process only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "pci/internal.h"

bool pci_present(const char *root, const char *address)
{
	char path[PCI_PATH];

	str_format(path, sizeof(path), "%s/" PCI_BUS "/devices/%s", root, address);
	return access(path, F_OK) == 0;
}

int pci_claim(const char *root, const struct pci_device *d, struct err *e)
{
	char path[PCI_PATH];
	auto_fd lock = -1, group = -1;

	str_format(path, sizeof(path), "%s/" PCI_BUS "/devices/%s/config", root, d->address);
	lock = open(path, O_RDONLY | O_CLOEXEC);
	if (lock < 0)
		return err_set(e, errno, "open %s", path);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		err_set(e, 0, "another machine of airlock");
		e->num = EBUSY;
		return -1;
	}
	str_format(path, sizeof(path), "%s/dev/vfio/%d", root, d->group);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0 && errno == EBUSY) {
		err_set(e, 0, "another guest");
		e->num = EBUSY;
		return -1;
	}
	return fd_take(&lock);
}

int pci_record(const char *root, struct buf *b, struct err *e)
{
	return err_set(e, ENOTSUP, "record the cards of this host");
}
