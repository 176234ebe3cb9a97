/* host: which system the command line runs on; host_linux.c, host_freebsd.c. */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "cli/probe.h"
#include "hostnet/hostnet.h"
#include "vm/vm.h"

struct cli_host {
	enum probe_system system; /* in whose words doctor and setup speak */
	const struct vm_driver *vm;
	const struct hostnet_driver *hostnet;
	/*
	 * As probe_processes() of probe.h, of the real host; NULL where /proc tells.
	 * `comm` is the program's name, of which at most 15 bytes count.
	 */
	size_t (*processes)(
	    const char *comm, bool (*fn)(void *arg, const char *args, size_t len), void *arg);
};

/* This system's. */
extern const struct cli_host cli_host;

/* What the firmware says about the machine; "unknown" where it does not. */
struct host_board {
	char vendor[128], product[128];
	char bios[64]; /* the date of it */
};
void host_board(struct host_board *b);

#endif
