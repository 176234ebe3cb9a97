/* host: which system the daemon runs on; host_linux.c, host_freebsd.c. */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include "hostnet/hostnet.h"
#include "pci/pci.h"
#include "vm/vm.h"

struct daemon_host {
	const struct vm_driver *vm;
	const struct hostnet_driver *hostnet;
	const struct pci_driver *pci;
};

/* This system's. */
extern const struct daemon_host daemon_host;

#endif
