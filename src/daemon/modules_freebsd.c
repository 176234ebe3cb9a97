/*
 * modules: vmm(4), which is the hypervisor and ppt, what hands a card over, in one.
 *
 * The kernel refuses to unload it while there is a virtual machine of anybody's, running
 * or only made; a look into /dev/vmm before spares its cards, which are let go of first
 * of all.  A vmm that is a part of the kernel has no file of its own and stays.
 *
 * So must one that has switched AMD's IOMMU on: when it is unloaded it turns the IOMMUs
 * off, but their devices, which belong to the same module, are gone by then, and the
 * kernel panics (seen on 15.1).  Intel's are no devices.
 */
#include <sys/param.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/linker.h>
#include <sys/module.h>
#include <sys/sysctl.h>

#include "daemon/modules.h"

#define MACHINES "/dev/vmm"

const struct modules_known modules_known[MODULES_MAX] = {{"vmm", false}};
/* Root's alone, and there as soon as the module is. */
const char modules_node[] = "";

/* The module's file, or -1: not loaded, or the kernel itself. */
static int file_of(const char *name)
{
	char file[64];

	str_format(file, sizeof(file), "%s.ko", name);
	return kldfind(file);
}

bool modules_loaded(const struct modules *m, const char *name)
{
	return modfind(name) >= 0 && file_of(name) >= 0;
}

/* Is there a virtual machine? */
static bool has_machines(void)
{
	DIR *dir = opendir(MACHINES);
	const struct dirent *d;
	bool any = false;

	while (dir != NULL && !any && (d = readdir(dir)) != NULL)
		any = strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
	if (dir != NULL)
		closedir(dir);
	return any;
}

/* A number of the kernel's, 0 when it has none of that name. */
static int number_of(const char *name)
{
	int value = 0;
	size_t len = sizeof(value);

	return sysctlbyname(name, &value, &len, NULL, 0) == 0 ? value : 0;
}

static bool holds_amd_iommu(void)
{
	return number_of("hw.vmm.iommu.initialized") != 0 &&
	       number_of("hw.vmm.amdvi.count") > 0;
}

int modules_unload(const char *name, struct err *e)
{
	int file = file_of(name);

	if (file < 0)
		return 1;
	if (has_machines())
		return 0;
	if (holds_amd_iommu()) {
		log_warn(
		    "module %s has switched AMD's IOMMU on: without it the kernel would panic",
		    name);
		return 0;
	}
	if (kldunload(file) == 0 || errno == ENOENT)
		return 1;
	if (errno == EBUSY)
		return 0;
	err_set(e, errno, "unload module %s", name);
	return err_hint(e, "kldunload %s", name);
}

int modules_load(const char *name, struct err *e)
{
	if (modfind(name) >= 0 || kldload(name) >= 0 || errno == EEXIST)
		return 0;
	err_set(e, errno, "load module %s", name);
	return err_hint(e, "kldload %s", name);
}
