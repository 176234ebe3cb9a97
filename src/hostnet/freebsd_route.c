/*
 * freebsd_route: routes by sysctl(3) and the routing socket, route(4).
 *
 * Routes are listed by sysctl and changed by one message over a socket of its own, whose
 * write(2) says what became of it; what the kernel tells back is not read.  The routing
 * table is that of the process (setfib(2)).  What the bytes mean is bsd_message.c's,
 * whose layout is compared with the real one here.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <ifaddrs.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include <net/if.h>
#include <net/if_dl.h>
#include <net/route.h>
#include <netinet/in.h>

#include "hostnet/freebsd.h"

static_assert(sizeof(struct bsd_head) == sizeof(struct rt_msghdr), "layout");
static_assert(
    offsetof(struct bsd_head, index) == offsetof(struct rt_msghdr, rtm_index), "layout");
static_assert(
    offsetof(struct bsd_head, flags) == offsetof(struct rt_msghdr, rtm_flags), "layout");
static_assert(
    offsetof(struct bsd_head, addresses) == offsetof(struct rt_msghdr, rtm_addrs), "layout");
static_assert(offsetof(struct bsd_head, seq) == offsetof(struct rt_msghdr, rtm_seq), "layout");
static_assert(
    offsetof(struct bsd_head, inits) == offsetof(struct rt_msghdr, rtm_inits), "layout");
static_assert(sizeof(struct sockaddr_in) == 16 && sizeof(struct sockaddr_dl) == 54, "layout");
static_assert(BSD_VERSION == RTM_VERSION && BSD_ADD == RTM_ADD && BSD_DELETE == RTM_DELETE &&
		  BSD_GET == RTM_GET,
    "messages");
static_assert(BSD_UP == RTF_UP && BSD_GATEWAY == RTF_GATEWAY && BSD_HOST == RTF_HOST &&
		  BSD_REJECT == RTF_REJECT && BSD_STATIC == RTF_STATIC &&
		  BSD_BLACKHOLE == RTF_BLACKHOLE && BSD_LOCAL == RTF_LOCAL &&
		  BSD_BROADCAST == RTF_BROADCAST && BSD_MULTICAST == RTF_MULTICAST,
    "flags");
static_assert(BSD_KEEP == (RTF_STATIC | RTF_PROTO1 | RTF_PROTO2 | RTF_PROTO3 | RTF_BLACKHOLE |
			      RTF_REJECT),
    "flags");
static_assert(
    BSD_FAMILY_INET == AF_INET && BSD_FAMILY_LINK == AF_LINK && BSD_FAMILY_IN6 == AF_INET6,
    "families");

#define DUMP_TRIES 5

/* ------------------------------------------------------------------------ lists */

/* All routes of a family; memory of the caller's, or NULL with errno. */
static void *dump(int family, size_t *len)
{
	int mib[] = {CTL_NET, PF_ROUTE, 0, family, NET_RT_DUMP, 0};

	/* It may grow between asking how long it is and asking for it. */
	for (int i = 0; i < DUMP_TRIES; i++) {
		auto_free char *bytes = NULL;

		if (sysctl(mib, ARRAY_LEN(mib), NULL, len, NULL, 0) < 0)
			return NULL;
		*len += *len / 8 + 4096;
		bytes = malloc(*len);
		if (bytes == NULL)
			return NULL;
		if (sysctl(mib, ARRAY_LEN(mib), bytes, len, NULL, 0) == 0) {
			void *taken = bytes;

			bytes = NULL;
			return taken;
		}
		if (errno != ENOMEM)
			return NULL;
	}
	return NULL;
}

static int for_routes(
    int family, int (*fn)(void *arg, const struct bsd_route *r), void *arg, struct err *e)
{
	size_t len;
	auto_free void *bytes = dump(family, &len);

	/* A kernel without IPv6 has no such table. */
	if (bytes == NULL && errno == EAFNOSUPPORT)
		return 0;
	if (bytes == NULL)
		return err_set(e, errno, "list this host's routes");
	return bsd_routes(bytes, len, fn, arg, e);
}

struct defaults {
	struct bsd_route *routes;
	size_t count, max;
};

static int take_default(void *arg, const struct bsd_route *r)
{
	struct defaults *d = arg;

	if (r->to.prefix != 0 || r->to.address != 0)
		return 0;
	if (d->count == d->max)
		return 1;
	d->routes[d->count++] = *r;
	return 0;
}

static ssize_t defaults(struct bsd_route *routes, size_t max, struct err *e)
{
	struct defaults d = {.routes = routes, .max = max};
	int r = for_routes(AF_INET, take_default, &d, e);

	if (r > 0)
		return err_set(e, 0, "this host has more than %zu default routes", max);
	return r < 0 ? -1 : (ssize_t)d.count;
}

struct uplinks {
	char (*names)[HOSTNET_NAME];
	size_t count, max;
};

static int take_uplink(void *arg, const struct bsd_route *r)
{
	struct uplinks *u = arg;
	char name[IF_NAMESIZE];

	if (r->to.prefix != 0 || r->to.address != 0 ||
	    (r->flags & (BSD_REJECT | BSD_BLACKHOLE)) != 0)
		return 0;
	/* Gone by now: it carries nothing. */
	if (if_indextoname(r->index, name) == NULL)
		return 0;
	for (size_t i = 0; i < u->count; i++)
		if (strcmp(u->names[i], name) == 0)
			return 0;
	if (u->count == u->max)
		return 1;
	str_copy(u->names[u->count++], HOSTNET_NAME, name);
	return 0;
}

ssize_t freebsd_uplinks(char names[][HOSTNET_NAME], size_t max, struct err *e)
{
	struct uplinks u = {.names = names, .max = max};
	int r = for_routes(AF_INET, take_uplink, &u, e);

	if (r == 0)
		r = for_routes(AF_INET6, take_uplink, &u, e);
	if (r > 0)
		return err_set(
		    e, 0, "more than %zu interfaces have a default route of this host", max);
	return r < 0 ? -1 : (ssize_t)u.count;
}

/* --------------------------------------------------------------------- networks */

struct networks {
	struct hostnet_networks all;
	const struct ifaddrs *interfaces;
	const char *except;
};

static uint32_t ipv4(const struct sockaddr *sa)
{
	struct sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

static uint8_t prefix_of(uint32_t mask)
{
	uint8_t n = 0;

	while (n < 32 && (mask & 1U << (31 - n)) != 0)
		n++;
	return n;
}

/* Is a route's interface the loopback, where a host's own addresses lead, or excepted? */
static bool is_passed_over(const struct networks *n, unsigned index)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name) == NULL)
		return true;
	if (n->except != NULL && strcmp(name, n->except) == 0)
		return true;
	for (const struct ifaddrs *a = n->interfaces; a != NULL; a = a->ifa_next)
		if (strcmp(a->ifa_name, name) == 0)
			return (a->ifa_flags & IFF_LOOPBACK) != 0;
	return false;
}

static int take_route(void *arg, const struct bsd_route *r)
{
	struct networks *n = arg;

	if ((r->flags & (BSD_LOCAL | BSD_BROADCAST | BSD_MULTICAST)) != 0 ||
	    is_passed_over(n, r->index))
		return 0;
	return hostnet_networks_add(&n->all, r->to.address, r->to.prefix) < 0;
}

static int take_addresses(struct networks *n)
{
	for (const struct ifaddrs *a = n->interfaces; a != NULL; a = a->ifa_next) {
		uint8_t prefix;

		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET ||
		    a->ifa_netmask == NULL || (a->ifa_flags & IFF_LOOPBACK) != 0 ||
		    (n->except != NULL && strcmp(a->ifa_name, n->except) == 0))
			continue;
		prefix = prefix_of(ipv4(a->ifa_netmask));
		if (hostnet_networks_add(&n->all, ipv4(a->ifa_addr), prefix) < 0)
			return 1;
		/* The far end. */
		if ((a->ifa_flags & IFF_POINTOPOINT) != 0 && a->ifa_dstaddr != NULL &&
		    hostnet_networks_add(&n->all, ipv4(a->ifa_dstaddr), prefix) < 0)
			return 1;
	}
	return 0;
}

ssize_t freebsd_networks(
    const char *except, struct hostnet_net *nets, size_t max, struct err *e)
{
	struct networks n = {.all = {.nets = nets, .max = max}, .except = except};
	struct ifaddrs *all;
	int r;

	if (getifaddrs(&all) < 0)
		return err_set(e, errno, "list this host's addresses");
	n.interfaces = all;
	r = take_addresses(&n);
	if (r == 0)
		r = for_routes(AF_INET, take_route, &n, e);
	freeifaddrs(all);
	if (r > 0)
		return hostnet_networks_full(&n.all, e);
	return r < 0 ? -1 : (ssize_t)n.all.count;
}

/* ---------------------------------------------------------------------- changes */

static int tell(uint8_t type, const struct bsd_route *r)
{
	static int seq;
	uint8_t message[BSD_MESSAGE_MAX];
	size_t len = bsd_message(message, type, ++seq, r);
	auto_fd s = socket(PF_ROUTE, SOCK_RAW | SOCK_CLOEXEC, AF_INET);

	if (s < 0 || shutdown(s, SHUT_RD) < 0)
		return -1;
	return write(s, message, len) < 0 ? -1 : 0;
}

static int add(const struct bsd_route *r, struct err *e)
{
	char ip[HOSTNET_IP_TEXT];

	if (tell(BSD_ADD, r) < 0 && errno != EEXIST)
		return err_set(e, errno, "route add default %s", hostnet_ip(ip, r->gateway));
	return 0;
}

static int take_away(const struct bsd_route *r, struct err *e)
{
	char ip[HOSTNET_IP_TEXT];

	if (tell(BSD_DELETE, r) < 0 && errno != ESRCH)
		return err_set(e, errno, "route delete default %s", hostnet_ip(ip, r->gateway));
	return 0;
}

static unsigned index_of(const char *name)
{
	return if_nametoindex(name);
}

static bool name_of(unsigned index, char name[HOSTNET_NAME])
{
	static_assert(IF_NAMESIZE == HOSTNET_NAME, "names of interfaces");
	return if_indextoname(index, name) != NULL;
}

const struct bsd_kernel freebsd_kernel = {
    .defaults = defaults,
    .add = add,
    .remove = take_away,
    .index = index_of,
    .name = name_of,
};

int freebsd_watch(struct err *e)
{
	int fd = socket(PF_ROUTE, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, AF_INET);

	return fd < 0 ? err_set(e, errno, "watch the routes of this host") : fd;
}
