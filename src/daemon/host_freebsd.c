/* host_freebsd: bhyve, the routing socket and pf, /dev/pci and ppt. */
#include "daemon/host.h"

const struct daemon_host daemon_host = {
    .vm = &vm_bhyve,
    .hostnet = &hostnet_freebsd,
    .pci = &pci_freebsd,
};
