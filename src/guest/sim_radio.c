/*
 * sim_radio: into a network namespace, with the access points' radios.
 *
 * Sockets belong to the namespace in which they were opened, so those that
 * hand things over are opened before unshare(2) and the targets named by a
 * descriptor of the new namespace.  A radio can only be moved as a whole, by
 * nl80211; its interface comes along.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest/sim.h"

#define WAIT_MS 3000

static int move_radio(struct netlink *n, int family, unsigned phy, int netns, struct err *e)
{
	struct genlmsghdr h = {.cmd = NL80211_CMD_SET_WIPHY_NETNS};
	struct netlink_request r;

	request_begin(&r, (uint16_t)family, 0, &h, sizeof(h));
	request_add_u32(&r, NL80211_ATTR_WIPHY, phy);
	request_add_u32(&r, NL80211_ATTR_NETNS_FD, (uint32_t)netns);
	return netlink_ask(n, &r, NULL, 0, e) < 0 ? err_ctx(e, "move radio %u", phy) : 0;
}

static int find_phy(unsigned i, struct err *e)
{
	auto_free char *text = NULL;
	char path[64];
	size_t len;

	str_format(path, sizeof(path), "/sys/class/net/wlan%u/phy80211/index", i);
	text = file_read(path, 4096, &len, e);
	return text != NULL ? atoi(text) : -1;
}

/* The driver of the way out may still be at work. */
static unsigned wait_for_link(const uint8_t mac[6], char name[16], struct err *e)
{
	uint64_t until = now_ms() + WAIT_MS;
	struct timespec pause = {.tv_nsec = 20000000};
	unsigned index;

	while ((index = link_find(mac, name)) == 0 && now_ms() < until)
		nanosleep(&pause, NULL);
	if (index == 0)
		err_set(e, 0, "the second network card is missing");
	return index;
}

static int enter(struct netlink *route, struct netlink *generic, const uint8_t way_out[6],
    char name[16], struct err *e)
{
	int family = generic_family(generic, "nl80211", e), phys[SIM_APS];
	unsigned index = wait_for_link(way_out, name, e);
	auto_fd netns = -1;

	if (family < 0 || index == 0)
		return -1;
	for (unsigned i = 0; i < SIM_APS; i++) {
		phys[i] = find_phy(i + 1, e);
		if (phys[i] < 0)
			return err_ctx(e, "the radio of an access point");
	}
	if (unshare(CLONE_NEWNET) < 0)
		return err_set(e, errno, "make a network namespace");
	netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return err_set(e, errno, "open the network namespace");
	for (unsigned i = 0; i < SIM_APS; i++)
		if (move_radio(generic, family, (unsigned)phys[i], netns, e) < 0)
			return -1;
	return link_move(route, index, netns, e);
}

int sim_enter(const uint8_t way_out[6], char name[16], struct err *e)
{
	struct netlink route = {.fd = -1}, generic = {.fd = -1};
	int r = -1;

	if (netlink_open(&route, NETLINK_ROUTE, e) == 0 &&
	    netlink_open(&generic, NETLINK_GENERIC, e) == 0)
		r = enter(&route, &generic, way_out, name, e);
	netlink_close(&route);
	netlink_close(&generic);
	return r;
}
