/*
 * generic: generic netlink's families, and what nl80211 tells of the radio.
 *
 * The supplicant says at which rate it sends, but not at which it is sent to.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <string.h>

#include "guest/netlink.h"

int generic_family(struct netlink *n, const char *name, struct err *e)
{
	struct genlmsghdr h = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
	struct netlink_request r;
	const uint8_t *found = NULL;
	uint8_t reply[4096];
	size_t size = 0;
	ssize_t len;
	uint16_t id;

	request_begin(&r, GENL_ID_CTRL, 0, &h, sizeof(h));
	request_add(&r, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	len = netlink_ask(n, &r, reply, sizeof(reply), e);
	if (len < 0)
		return err_ctx(e, "%s", name);
	if (len > (ssize_t)GENL_HDRLEN)
		found = attribute_find(
		    reply + GENL_HDRLEN, (size_t)len - GENL_HDRLEN, CTRL_ATTR_FAMILY_ID, &size);
	if (found == NULL || size < sizeof(id))
		return err_set(e, EPROTO, "%s", name);
	memcpy(&id, found, sizeof(id));
	return id;
}

/* The station's information holds its rate as an attribute of an attribute. */
static uint32_t rate_of(const uint8_t *reply, size_t len)
{
	const uint8_t *info, *rate, *value;
	uint32_t hundred_kbit;
	size_t size;

	info = attribute_find(reply, len, NL80211_ATTR_STA_INFO, &size);
	rate = info != NULL ? attribute_find(info, size, NL80211_STA_INFO_RX_BITRATE, &size)
			    : NULL;
	value = rate != NULL ? attribute_find(rate, size, NL80211_RATE_INFO_BITRATE32, &size)
			     : NULL;
	if (value == NULL || size < sizeof(hundred_kbit))
		return 0;
	memcpy(&hundred_kbit, value, sizeof(hundred_kbit));
	return hundred_kbit * 100;
}

uint32_t radio_rx_kbit(unsigned index, const uint8_t bssid[6])
{
	struct genlmsghdr h = {.cmd = NL80211_CMD_GET_STATION};
	struct netlink n = {.fd = -1};
	struct netlink_request r;
	struct err ignored = {0};
	uint8_t reply[4096];
	uint32_t kbit = 0;
	ssize_t len = -1;
	int family = -1;

	if (netlink_open(&n, NETLINK_GENERIC, &ignored) == 0)
		family = generic_family(&n, "nl80211", &ignored);
	if (family >= 0) {
		request_begin(&r, (uint16_t)family, 0, &h, sizeof(h));
		request_add_u32(&r, NL80211_ATTR_IFINDEX, index);
		request_add(&r, NL80211_ATTR_MAC, bssid, 6);
		len = netlink_ask(&n, &r, reply, sizeof(reply), &ignored);
	}
	if (len > (ssize_t)GENL_HDRLEN)
		kbit = rate_of(reply + GENL_HDRLEN, (size_t)len - GENL_HDRLEN);
	netlink_close(&n);
	return kbit;
}
