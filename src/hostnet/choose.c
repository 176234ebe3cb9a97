/*
 * choose: a subnet that nothing else uses, and who is who in it.
 *
 * Pure.  The candidates are fixed, so that the same host gets the same subnet
 * each time.  After the plain 10.0.0.0/24 come networks that home routers,
 * VPNs, container and machine managers do not pick by default: none of
 * 10.0/10.1/10.8/10.10/10.88, 172.16 to 172.20, 192.168.0 to 2, 8, 77, 100,
 * 122, 178 and their like.
 */
#include "hostnet/internal.h"

#define NET(a, b, c) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8)

static const uint32_t candidates[] = {
    NET(10, 0, 0),
    NET(10, 213, 77),
    NET(172, 29, 213),
    NET(192, 168, 213),
    NET(10, 171, 44),
    NET(172, 22, 171),
    NET(192, 168, 147),
    NET(10, 99, 187),
    NET(172, 30, 99),
    NET(192, 168, 233),
    NET(10, 154, 201),
    NET(172, 27, 154),
    NET(192, 168, 61),
    NET(10, 237, 19),
    NET(172, 24, 237),
    NET(192, 168, 89),
};

uint32_t hostnet_mask(uint8_t prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - MIN(prefix, 32));
}

bool hostnet_overlap(struct hostnet_net a, struct hostnet_net b)
{
	return ((a.address ^ b.address) & hostnet_mask(MIN(a.prefix, b.prefix))) == 0;
}

int hostnet_choose(const struct hostnet_net *taken, size_t count, struct hostnet_net *host,
    uint32_t *router, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
		struct hostnet_net net = {candidates[i], 24};
		bool is_free = true;

		for (size_t n = 0; n < count && is_free; n++)
			is_free = !hostnet_overlap(net, taken[n]);
		if (!is_free)
			continue;
		*host = (struct hostnet_net){net.address + 2, 24};
		*router = net.address + 1;
		return 0;
	}
	err_set(e, 0, "choose a subnet: this host has routes into all %zu candidates",
	    ARRAY_LEN(candidates));
	err_hint(
	    e, "set host.address in airlock.conf, such as host { address = 10.9.8.2/30; }");
	return err_is(e, ERR_HOST);
}

bool hostnet_dhcp_range(
    struct hostnet_net host, uint32_t router, uint32_t *first, uint32_t *last)
{
	uint32_t net = host.address & hostnet_mask(host.prefix),
		 end = net | ~hostnet_mask(host.prefix);
	uint32_t low = MIN(host.address, router), high = MAX(host.address, router);
	/* The usual range first, then the gaps around the two, the longest wins. */
	const struct {
		uint32_t first, last;
	} runs[] = {{high + 1, end - 1}, {low + 1, high - 1}, {net + 1, low - 1}};
	uint32_t best = 0;

	if (host.prefix == 24 &&
	    (high < net + 100 || low > net + 199 || (low < net + 100 && high > net + 199))) {
		*first = net + 100;
		*last = net + 199;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		uint32_t length = runs[i].last + 1 - runs[i].first;

		if (length > best && runs[i].last >= runs[i].first) {
			best = length;
			*first = runs[i].first;
			*last = runs[i].first + MIN(length, 254) - 1;
		}
	}
	return best > 0;
}
