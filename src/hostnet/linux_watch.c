/*
 * linux_watch: hear of new addresses and routes of this host.
 *
 * A rtnetlink(7) socket in the groups of IPv4 addresses and routes.  What
 * comes is not decoded: whoever hears of a change asks networks() again.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostnet/internal.h"

int linux_watch(struct err *e)
{
	auto_fd fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	struct sockaddr_nl sa = {
	    .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE};

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_set(e, errno, "watch the routes of this host");
	return fd_take(&fd);
}
