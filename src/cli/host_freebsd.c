/*
 * host_freebsd: bhyve, the kernel's table of processes, and its environment.
 *
 * The loader puts what the firmware says of the machine into the kernel's environment,
 * as kenv(1) shows it.  Processes are those of this jail; there is no /proc.
 */
#include <sys/param.h>

#include <kenv.h>
#include <string.h>
#include <sys/sysctl.h>
#include <sys/user.h>

#include "cli/host.h"

#define COMM_BYTES 15 /* what Linux keeps of a name, and so the callers' words */
#define ARGS_MAX   (64u << 10)

/* A little more than the kernel said: the table may grow in between. */
static struct kinfo_proc *all_processes(size_t *count)
{
	int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PROC};
	struct kinfo_proc *list = NULL;
	size_t size = 0;

	if (sysctl(name, ARRAY_LEN(name), NULL, &size, NULL, 0) < 0)
		return NULL;
	size += size / 8 + sizeof(*list);
	list = malloc(size);
	if (list == NULL || sysctl(name, ARRAY_LEN(name), list, &size, NULL, 0) < 0) {
		free(list);
		return NULL;
	}
	*count = size / sizeof(*list);
	return list;
}

static size_t processes(
    const char *comm, bool (*fn)(void *arg, const char *args, size_t len), void *arg)
{
	size_t count = 0, found = 0;
	auto_free struct kinfo_proc *list = all_processes(&count);
	auto_free char *args = malloc(ARGS_MAX);
	bool more = true;

	for (size_t i = 0; list != NULL && args != NULL && more && i < count; i++) {
		int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_ARGS, list[i].ki_pid};
		size_t len = ARGS_MAX - 1;

		if (strncmp(list[i].ki_comm, comm, COMM_BYTES) != 0 || list[i].ki_stat == SZOMB)
			continue;
		found++;
		if (sysctl(name, ARRAY_LEN(name), args, &len, NULL, 0) < 0)
			len = 0;
		args[len] = '\0';
		more = fn == NULL || fn(arg, args, len);
	}
	return found;
}

const struct cli_host cli_host = {
    .system = PROBE_FREEBSD,
    .vm = &vm_bhyve,
    .hostnet = &hostnet_freebsd,
    .processes = processes,
};

static void of_firmware(char *dst, int size, const char *name)
{
	if (kenv(KENV_GET, name, dst, size) <= 0)
		str_copy(dst, (size_t)size, "unknown");
	dst[size - 1] = '\0';
}

void host_board(struct host_board *b)
{
	of_firmware(b->vendor, sizeof(b->vendor), "smbios.system.maker");
	of_firmware(b->product, sizeof(b->product), "smbios.system.product");
	of_firmware(b->bios, sizeof(b->bios), "smbios.bios.reldate");
}
