/*
 * bsd_message: FreeBSD's routing messages, route(4), taken apart and made.
 *
 * A message is a head and then socket addresses in the order of the bits that say
 * which are there, each rounded up to eight bytes.  Layout as of FreeBSD 13 to 15 where
 * a long has 64 bits, which is every machine that runs bhyve; a FreeBSD build asserts
 * it.  Of socket addresses only length, family and what is inside that length is used:
 * older kernels cut netmasks short, and the length of the mask of a default route may
 * be 0.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "hostnet/bsd.h"

enum { DST, GATEWAY, NETMASK, GENMASK, IFP, IFA, AUTHOR, BRD, ADDRESSES };

#define IN_SIZE   16
#define LINK_SIZE 56
#define IN_AT     4 /* where an IPv4 address begins in its socket address */
#define IN6_AT    8

static_assert(sizeof(struct bsd_head) == 152, "as FreeBSD has it");

/* A socket address within a message: len bytes at `at`, of which the second is the family. */
struct part {
	const uint8_t *at;
	size_t len;
};

/* Find the socket addresses.  False when they reach beyond the message. */
static bool split(const uint8_t *p, size_t left, int32_t bits, struct part parts[ADDRESSES])
{
	memset(parts, 0, ADDRESSES * sizeof(*parts));
	for (int i = 0; i < ADDRESSES; i++) {
		size_t whole;

		if ((bits & 1 << i) == 0)
			continue;
		if (left == 0)
			return false;
		whole = p[0] == 0 ? 8 : (p[0] + (size_t)7) & ~(size_t)7;
		if (p[0] > left)
			return false;
		parts[i] = (struct part){p, p[0]};
		p += MIN(whole, left);
		left -= MIN(whole, left);
	}
	return true;
}

static uint8_t family_of(const struct part *part)
{
	return part->len >= 2 ? part->at[1] : 0;
}

/* An IPv4 address or mask; bytes that were cut off are 0. */
static uint32_t ipv4(const struct part *part)
{
	uint32_t ip = 0;

	for (size_t i = 0; i < 4; i++)
		ip = ip << 8 | (IN_AT + i < part->len ? part->at[IN_AT + i] : 0);
	return ip;
}

static bool all_zero(const struct part *part, size_t from, size_t to)
{
	for (size_t i = from; i < MIN(part->len, to); i++)
		if (part->at[i] != 0)
			return false;
	return true;
}

/* A mask with a hole counts up to that: routes of that kind meet nobody any more. */
static uint8_t prefix_of(uint32_t mask)
{
	uint8_t n = 0;

	while (n < 32 && (mask & 1U << (31 - n)) != 0)
		n++;
	return n;
}

/* What a message says of a route; false when it is none that is looked at. */
static bool route_of(
    const struct bsd_head *h, const struct part parts[ADDRESSES], struct bsd_route *r)
{
	bool masked = (h->addresses & 1 << NETMASK) != 0;

	*r = (struct bsd_route){
	    .family = family_of(&parts[DST]), .index = h->index, .flags = h->flags};
	if (r->family == BSD_FAMILY_IN6)
		return masked && all_zero(&parts[DST], IN6_AT, IN6_AT + 16) &&
		       all_zero(&parts[NETMASK], IN6_AT, IN6_AT + 16);
	if (r->family != BSD_FAMILY_INET)
		return false;
	r->to.address = ipv4(&parts[DST]);
	r->to.prefix = masked ? prefix_of(ipv4(&parts[NETMASK])) : 32;
	if (family_of(&parts[GATEWAY]) == BSD_FAMILY_INET)
		r->gateway = ipv4(&parts[GATEWAY]);
	return true;
}

int bsd_routes(const void *bytes, size_t len, int (*fn)(void *arg, const struct bsd_route *r),
    void *arg, struct err *e)
{
	const uint8_t *p = bytes;
	struct bsd_head h;

	while (len > 0) {
		struct part parts[ADDRESSES];
		struct bsd_route r;
		uint16_t size = 0;
		int rc;

		if (len >= 4)
			memcpy(&size, p, sizeof(size));
		if (size < 4 || size > len || p[2] != BSD_VERSION)
			return err_set(e, 0, "the kernel's list of routes is in no known form");
		if (p[3] == BSD_GET) {
			if (size < sizeof(h))
				return err_set(e, 0, "the kernel's list of routes is torn");
			memcpy(&h, p, sizeof(h));
			if (!split(p + sizeof(h), size - sizeof(h), h.addresses, parts))
				return err_set(e, 0, "the kernel's list of routes is torn");
			rc = route_of(&h, parts, &r) ? fn(arg, &r) : 0;
			if (rc != 0)
				return rc;
		}
		p += size;
		len -= size;
	}
	return 0;
}

static size_t put_in(uint8_t *p, uint32_t ip)
{
	uint32_t be = htonl(ip);

	p[0] = IN_SIZE;
	p[1] = BSD_FAMILY_INET;
	memcpy(p + IN_AT, &be, sizeof(be));
	return IN_SIZE;
}

/* The interface by its number; 54 bytes, rounded up. */
static size_t put_link(uint8_t *p, unsigned index)
{
	uint16_t number = (uint16_t)index;

	p[0] = LINK_SIZE - 2;
	p[1] = BSD_FAMILY_LINK;
	memcpy(p + 2, &number, sizeof(number));
	return LINK_SIZE;
}

size_t bsd_message(
    uint8_t dst[BSD_MESSAGE_MAX], uint8_t type, int seq, const struct bsd_route *r)
{
	struct bsd_head h = {.version = BSD_VERSION, .type = type, .seq = seq};
	size_t len = sizeof(h);

	memset(dst, 0, BSD_MESSAGE_MAX);
	h.index = (uint16_t)r->index;
	h.flags = BSD_UP | (r->flags & BSD_KEEP) | (r->gateway != 0 ? BSD_GATEWAY : 0);
	h.addresses = 1 << DST | 1 << GATEWAY | 1 << NETMASK | 1 << IFP;
	len += put_in(dst + len, r->to.address);
	len += r->gateway != 0 ? put_in(dst + len, r->gateway) : put_link(dst + len, r->index);
	len += put_in(dst + len, hostnet_mask(r->to.prefix));
	len += put_link(dst + len, r->index);
	h.length = (uint16_t)len;
	memcpy(dst, &h, sizeof(h));
	return len;
}
