/*
 * host_linux: QEMU, and what sysfs says of the machine.
 */
#include <string.h>

#include "cli/host.h"

const struct cli_host cli_host = {
    .system = PROBE_LINUX,
    .vm = &vm_qemu,
    .hostnet = &hostnet_linux,
};

static void first_line(char *dst, size_t size, const char *path)
{
	struct err e = {0};
	auto_free char *text = file_read(path, 4096, NULL, &e);

	str_copy(dst, size, text != NULL ? text : "unknown");
	dst[strcspn(dst, "\n")] = '\0';
}

void host_board(struct host_board *b)
{
	first_line(b->vendor, sizeof(b->vendor), "/sys/class/dmi/id/sys_vendor");
	first_line(b->product, sizeof(b->product), "/sys/class/dmi/id/product_name");
	first_line(b->bios, sizeof(b->bios), "/sys/class/dmi/id/bios_date");
}
