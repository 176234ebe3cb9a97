/*
 * demo: not on FreeBSD, and why.
 *
 * The demo puts the host's end and a little Internet into network namespaces, so that
 * nothing of the machine's own network is touched.  FreeBSD has jails with a network of
 * their own instead (VNET); a tap and /dev/vmm inside of one would have to be arranged by
 * the administrator.  What the demo shows, a simulated radio shows as well.
 */
#include "cli/cli.h"

int cmd_demo(struct cli *c, int argc, char **argv)
{
	struct err e = {0};

	err_set(&e, 0,
	    "the demo keeps its network apart by Linux's network namespaces, and FreeBSD has "
	    "none");
	err_hint(&e,
	    "set radio = \"simulated\" in airlock.conf, then: airlock start && airlock join "
	    "airlock-wpa3");
	err_is(&e, ERR_HOST);
	return cli_fail(&e);
}
