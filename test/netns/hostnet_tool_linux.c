/*
 * hostnet_tool on Linux: a tap is its descriptor, with a virtio_net_hdr before each frame.
 */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "hostnet_tool.h"

const struct hostnet_driver *const tool_driver = &hostnet_linux;
const size_t tool_head = 10;
const bool tool_opens = false;

int tool_tap(const char *interface, int *fd, struct err *e)
{
	return 0;
}

void tool_mac(int tap, const char *interface, uint8_t mac[6])
{
	struct ifreq ifr = {0};

	if (ioctl(tap, SIOCGIFHWADDR, &ifr) == 0)
		memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
}
