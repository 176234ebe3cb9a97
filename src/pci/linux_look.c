/*
 * linux_look: the functions of this host, from sysfs.
 *
 * /sys/bus/pci/devices has one link for each, named by its address; where it leads says
 * which bridge is before it.  What is missing there is unknown and no error: kernels
 * differ, and a function may be unplugged while it is looked at.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pci/internal.h"

#define DEVICES   PCI_BUS "/devices"
#define SMALL_MAX 4096

bool pci_line(const char *path, char *dst, size_t size)
{
	struct err e = {0};
	auto_free char *text = file_read(path, SMALL_MAX, NULL, &e);

	dst[0] = '\0';
	if (text == NULL)
		return false;
	text[strcspn(text, "\n")] = '\0';
	str_copy(dst, size, text);
	return true;
}

bool pci_link(const char *path, char *dst, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	dst[0] = '\0';
	if (n <= 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return str_copy(dst, size, slash != NULL ? slash + 1 : target);
}

/* One file of a device's directory. */
static bool attribute(
    const char *root, const char *address, const char *name, char *dst, size_t size)
{
	char path[PCI_PATH];

	str_format(path, sizeof(path), "%s/" DEVICES "/%s/%s", root, address, name);
	return pci_line(path, dst, size);
}

static uint32_t number(const char *root, const char *address, const char *name)
{
	char text[32];

	attribute(root, address, name, text, sizeof(text));
	return (uint32_t)strtoul(text, NULL, 16);
}

/*
 * Memory that the group's devices must reach at the same address under any IOMMU, as the
 * firmware says; "direct-relaxable" is what only the firmware itself needed.
 */
static bool has_reserved(const char *root, int group)
{
	char path[PCI_PATH];
	struct err e = {0};
	auto_free char *text = NULL;

	str_format(
	    path, sizeof(path), "%s/sys/kernel/iommu_groups/%d/reserved_regions", root, group);
	text = file_read(path, SMALL_MAX, NULL, &e);
	return text != NULL && strstr(text, " direct\n") != NULL;
}

static void take_links(const char *root, struct pci_device *d)
{
	char path[PCI_PATH], target[PATH_MAX], group[16], name[32], *slash;
	ssize_t n;

	str_format(path, sizeof(path), "%s/" DEVICES "/%s/driver", root, d->address);
	pci_link(path, d->driver, sizeof(d->driver));
	str_format(path, sizeof(path), "%s/" DEVICES "/%s/iommu_group", root, d->address);
	d->group = pci_link(path, group, sizeof(group)) ? atoi(group) : -1;
	/* A group without an IOMMU, which a reckless setting of VFIO makes, is none. */
	str_format(path, sizeof(path), "%s/sys/kernel/iommu_groups/%d/name", root, d->group);
	if (d->group >= 0 && pci_line(path, name, sizeof(name)) &&
	    strcmp(name, "vfio-noiommu") == 0)
		d->group = -1;
	d->reserved = d->group >= 0 && has_reserved(root, d->group);
	str_format(path, sizeof(path), "%s/" DEVICES "/%s", root, d->address);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	slash = strrchr(target, '/');
	if (slash == NULL)
		return;
	*slash = '\0';
	slash = strrchr(target, '/');
	pci_address(d->parent, slash != NULL ? slash + 1 : target);
}

/* The methods by name; older kernels only have a file `reset` when there is any. */
static void take_resets(const char *root, struct pci_device *d)
{
	char text[128], path[PCI_PATH], *rest = text, *word;

	if (attribute(root, d->address, "reset_method", text, sizeof(text))) {
		while ((word = strsep(&rest, " ")) != NULL) {
			if (strcmp(word, "af_flr") == 0)
				d->resets |= PCI_RESET_FLR;
			else if (strcmp(word, "cxl_bus") == 0)
				d->resets |= PCI_RESET_BUS;
			for (unsigned i = 0; i < PCI_RESETS; i++)
				if (strcmp(word, pci_reset_names[i]) == 0)
					d->resets |= 1U << i;
		}
		return;
	}
	str_format(path, sizeof(path), "%s/" DEVICES "/%s/reset", root, d->address);
	if (access(path, F_OK) == 0)
		d->resets = PCI_RESET_SOME;
}

static void take_config(const char *root, struct pci_device *d)
{
	struct pci_config c = {0};
	struct err e = {0};
	char path[PCI_PATH];
	size_t len;
	auto_free char *data = NULL;

	str_format(path, sizeof(path), "%s/" DEVICES "/%s/config", root, d->address);
	data = file_read(path, SMALL_MAX, &len, &e);
	if (data != NULL)
		pci_config_read((const uint8_t *)data, len, &c);
	d->header = c.header;
	d->msi = c.msi;
	d->msix = c.msix;
	d->capabilities = c.whole;
	if (c.flr && d->resets == PCI_RESET_SOME)
		d->resets |= PCI_RESET_FLR;
}

static void take_device(const char *root, struct pci_device *d)
{
	const char *a = d->address;

	d->vendor = (uint16_t)number(root, a, "vendor");
	d->device = (uint16_t)number(root, a, "device");
	d->subvendor = (uint16_t)number(root, a, "subsystem_vendor");
	d->subdevice = (uint16_t)number(root, a, "subsystem_device");
	d->class = number(root, a, "class") & 0xffffff;
	attribute(root, a, "modalias", d->modalias, sizeof(d->modalias));
	attribute(root, a, "driver_override", d->override, sizeof(d->override));
	if (strcmp(d->override, "(null)") == 0)
		d->override[0] = '\0';
	take_links(root, d);
	take_resets(root, d);
	take_config(root, d);
}

/* The addresses alone. */
static int list_addresses(const char *root, struct pci_host *h, struct err *e)
{
	char path[PCI_PATH];
	struct dirent *entry;
	DIR *dir;

	str_format(path, sizeof(path), "%s/" DEVICES, root);
	dir = opendir(path);
	if (dir == NULL)
		return errno == ENOENT ? 0 : err_set(e, errno, "list %s", path);
	while ((entry = readdir(dir)) != NULL) {
		char address[PCI_ADDRESS];

		if (pci_address(address, entry->d_name) && pci_add(h, address) == NULL)
			break;
	}
	closedir(dir);
	pci_sort(h);
	return 0;
}

int pci_look(const char *root, struct pci_host *h, struct err *e)
{
	if (list_addresses(root, h, e) < 0)
		return -1;
	for (size_t i = 0; i < h->count; i++)
		take_device(root, &h->devices[i]);
	pci_interfaces_read(root, h);
	pci_facts_read(root, &h->facts);
	return 0;
}
