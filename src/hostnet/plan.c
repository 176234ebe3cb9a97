/*
 * plan: intent -> operations.
 *
 * Pure.  The order is what makes it safe: an interface is silenced and
 * filtered before it has an address and before it is up, and the host's
 * routes and names lead there last.  Undone backwards, they lead away first.
 * Each operation passes the same check as the privileged process applies.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnet/internal.h"

const char *hostnet_ip(char dst[HOSTNET_IP_TEXT], uint32_t address)
{
	struct in_addr in = {htonl(address)};

	return inet_ntop(AF_INET, &in, dst, HOSTNET_IP_TEXT);
}

const char *hostnet_mac(char dst[18], const uint8_t mac[6])
{
	str_format(dst, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
	    mac[4], mac[5]);
	return dst;
}

const char *hostnet_protocol(uint8_t protocol)
{
	return protocol == 17 ? "udp" : "tcp";
}

static bool same_filter(const struct hostnet_op *a, const struct hostnet_op *b)
{
	if (memcmp(a->router_mac, b->router_mac, 6) != 0 || a->open_count != b->open_count)
		return false;
	for (uint32_t i = 0; i < a->open_count; i++)
		if (a->open[i].protocol != b->open[i].protocol ||
		    a->open[i].port != b->open[i].port)
			return false;
	return true;
}

bool hostnet_same(const struct hostnet_op *a, const struct hostnet_op *b)
{
	return a->kind == b->kind && strcmp(a->interface, b->interface) == 0 &&
	       a->net.address == b->net.address && a->net.prefix == b->net.prefix &&
	       a->router == b->router && same_filter(a, b);
}

/* An operation with the members that its kind looks at, and no others. */
static struct hostnet_op make(
    const struct hostnet_intent *in, enum hostnet_op_kind kind, const char *interface)
{
	struct hostnet_op op = {.kind = kind};

	str_copy(op.interface, sizeof(op.interface), interface);
	if (kind == HOSTNET_ADDRESS || kind == HOSTNET_FILTER)
		op.net = in->host;
	if (kind == HOSTNET_FILTER || kind == HOSTNET_ROUTE || kind == HOSTNET_RESOLVER)
		op.router = in->router;
	if (kind == HOSTNET_FILTER) {
		op.net.address &= hostnet_mask(in->host.prefix);
		memcpy(op.router_mac, in->router_mac, 6);
		op.open_count = (uint32_t)MIN(in->open_count, ARRAY_LEN(op.open));
		memcpy(op.open, in->open, sizeof(op.open));
	}
	return op;
}

int hostnet_plan(const struct hostnet_intent *in, struct hostnet_plan *plan, struct err *e)
{
	const struct {
		enum hostnet_op_kind kind;
		const char *interface;
		bool wanted;
	} rows[] = {
	    {HOSTNET_TAP, in->interface, true},
	    {HOSTNET_QUIET, in->interface, true},
	    {HOSTNET_TAP, in->air, in->air[0] != '\0'},
	    {HOSTNET_QUIET, in->air, in->air[0] != '\0'},
	    {HOSTNET_FILTER, in->interface, in->filter},
	    {HOSTNET_ADDRESS, in->interface, true},
	    {HOSTNET_UP, in->interface, true},
	    {HOSTNET_ROUTE, in->interface, in->default_route},
	    {HOSTNET_RESOLVER, in->interface, in->resolver},
	};

	memset(plan, 0, sizeof(*plan));
	if (in->host.address == in->router ||
	    ((in->host.address ^ in->router) & hostnet_mask(in->host.prefix)) != 0)
		return err_set(e, 0, "plan: host and router are not two ends of one subnet");
	if (in->open_count > HOSTNET_OPEN_MAX)
		return err_set(e, 0, "plan: more than %d services", HOSTNET_OPEN_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hostnet_op *op = &plan->ops[plan->count];

		if (!rows[i].wanted)
			continue;
		*op = make(in, rows[i].kind, rows[i].interface);
		if (hostnet_allowed(op, in->interface, in->air, e) < 0)
			return err_ctx(e, "plan");
		plan->count++;
	}
	return 0;
}
