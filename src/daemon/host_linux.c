/* host_linux: QEMU, rtnetlink and nftables, sysfs and VFIO. */
#include "daemon/host.h"

const struct daemon_host daemon_host = {
    .vm = &vm_qemu,
    .hostnet = &hostnet_linux,
    .pci = &pci_linux,
};
