/*
 * modules: taken out of the running kernel by delete_module(2), which refuses with
 * EWOULDBLOCK what is in use, and loaded by modprobe(8), which knows what they need.
 * The names are this program's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/modules.h"

const struct modules_known modules_known[MODULES_MAX] = {
    {"kvm_intel", false}, {"kvm_amd", false}, {"vfio_pci", true}};
const char modules_node[] = "/dev/kvm";

/* What is built in has no such file. */
bool modules_loaded(const struct modules *m, const char *name)
{
	char path[400];

	str_format(path, sizeof(path), "%s/sys/module/%s/initstate", m->root, name);
	return access(path, F_OK) == 0;
}

int modules_unload(const char *name, struct err *e)
{
	if (syscall(SYS_delete_module, name, O_NONBLOCK) == 0 || errno == ENOENT)
		return 1;
	if (errno == EWOULDBLOCK || errno == EBUSY)
		return 0;
	return err_set(e, errno, "unload module %s", name);
}

int modules_load(const char *name, struct err *e)
{
	const char *const argv[] = {"/sbin/modprobe", name, NULL};
	int status = child_run(argv, NULL, NULL, e);

	if (status == 0)
		return 0;
	err_ctx(e, "load module %s", name);
	return err_hint(e, "modprobe %s", name);
}
