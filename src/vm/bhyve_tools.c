/* bhyve_tools: where FreeBSD has bhyve and what goes with it.  Tests have others. */
#include "vm/keeper.h"

const struct keeper_tools keeper_tools = {
    .bhyve = "/usr/sbin/bhyve",
    .bhyvectl = "/usr/sbin/bhyvectl",
    .loader = AIRLOCK_LIBEXECDIR "/airlock-load",
    .control = "/dev/vmmctl",
    .machines = "/dev/vmm",
    .firmware = "/usr/local/share/uefi-firmware/BHYVE_UEFI.fd",
};
