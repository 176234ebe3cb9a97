/*
 * airlock-init: one program, five names.
 *
 *     (PID 1)         the guest's init
 *     modprobe        the kernel's helper, for drivers that ask for modules
 *     airlock-lease   dhcpcd's script
 *     airlock-probe   asks whether the Internet is there
 *     airlock-revive  takes a card's driver off and puts it on again
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/card.h"
#include "guest/init.h"
#include "guest/lease.h"
#include "guest/module.h"
#include "guest/probe.h"

int modprobe_main(int argc, char **argv)
{
	struct modules m = {0};
	struct err e = {0};
	int status = 0;

	modules_add(&m, "", &e);
	modules_add(&m, "/sim", &e);
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-' && module_load(&m, argv[i], "", &e) < 0)
			status = 1;
	modules_fini(&m);
	return status;
}

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "";

	if (strrchr(name, '/') != NULL)
		name = strrchr(name, '/') + 1;
	if (getpid() == 1)
		init_main();
	if (strcmp(name, "modprobe") == 0)
		return modprobe_main(argc, argv);
	if (strcmp(name, "airlock-lease") == 0)
		return lease_script();
	if (strcmp(name, "airlock-probe") == 0)
		return probe_main(argc, argv);
	if (strcmp(name, "airlock-revive") == 0)
		return card_main(argc, argv);
	fprintf(stderr, "airlock-init is the first process of airlock's guest; "
			"there is nothing for it to do here\n");
	return 2;
}
