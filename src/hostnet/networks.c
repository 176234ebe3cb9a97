/*
 * networks: which of a host's networks can collide with what we choose from.
 *
 * Pure.  The drivers hand in every address and route that the kernel has.
 */
#include "conf/conf.h"
#include "hostnet/internal.h"

int hostnet_networks_add(struct hostnet_networks *n, uint32_t address, uint8_t prefix)
{
	struct hostnet_net net = {address, prefix};

	/* A prefix below 8 is a default route or, from VPNs, the half of one. */
	if (prefix < 8 || !conf_is_private(address, prefix))
		return 0;
	net.address &= hostnet_mask(prefix);
	for (size_t i = 0; i < n->count; i++)
		if (n->nets[i].address == net.address && n->nets[i].prefix == net.prefix)
			return 0;
	if (n->count == n->max)
		return -1;
	n->nets[n->count++] = net;
	return 0;
}

int hostnet_networks_full(const struct hostnet_networks *n, struct err *e)
{
	err_set(e, 0, "this host has routes to more than %zu private networks", n->max);
	return err_hint(e, "set host.address in airlock.conf");
}
