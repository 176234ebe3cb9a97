/*
 * linux_vfio: descriptors of functions that are bound to vfio-pci.
 *
 * Where the kernel gives each function a node of its own, the hypervisor gets that and
 * /dev/iommu opened: it needs no right to any path.  Many kernels, Debian's among them,
 * are built without; they have only the group's node, which cannot be handed over as a
 * descriptor, since the hypervisor opens it by its name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pci/internal.h"

static int open_node(const char *path, int *fd, struct err *e)
{
	*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (*fd >= 0)
		return 1;
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		return 0;
	return err_set(e, errno, "open %s", path);
}

/* "vfioN" of a function, which sysfs has also where there is no node; false: unbound. */
static bool find_node(const char *root, const char *address, char *dst, size_t size)
{
	char path[PCI_PATH];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	str_format(path, sizeof(path), "%s/" PCI_BUS "/devices/%s/vfio-dev", root, address);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL)
		found = strncmp(entry->d_name, "vfio", 4) == 0 &&
			str_copy(dst, size, entry->d_name);
	closedir(dir);
	return found;
}

int pci_open(const char *root, const char *address, int *fd, struct err *e)
{
	char clean[PCI_ADDRESS], node[32], path[PCI_PATH], driver[PCI_DRIVER];

	*fd = -1;
	if (!pci_address(clean, address))
		return err_set(e, EINVAL, "open card %s", address);
	str_format(path, sizeof(path), "%s/" PCI_BUS "/devices/%s/driver", root, clean);
	pci_link(path, driver, sizeof(driver));
	if (strcmp(driver, PCI_VFIO) != 0)
		return err_set(e, ENODEV, "open card %s: it is not bound to vfio-pci", clean);
	if (!find_node(root, clean, node, sizeof(node)))
		return 0;
	str_format(path, sizeof(path), "%s/dev/vfio/devices/%s", root, node);
	return open_node(path, fd, e);
}

int pci_open_iommu(const char *root, int *fd, struct err *e)
{
	char path[PCI_PATH];

	*fd = -1;
	str_format(path, sizeof(path), "%s/dev/iommu", root);
	return open_node(path, fd, e);
}
