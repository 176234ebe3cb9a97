/*
 * netlink: build, send, take the acknowledgement.
 *
 * musl has no library for it and the kernel's format is simple: a header, a
 * fixed structure, and attributes that are aligned to four bytes.  Answers
 * come from the kernel alone (the socket is connected to port 0).
 */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "guest/netlink.h"

#define WAIT_S 2

int netlink_open(struct netlink *n, int protocol, struct err *e)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct timeval wait = {.tv_sec = WAIT_S};

	n->sequence = 0;
	n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (n->fd < 0 || connect(n->fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ||
	    setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0) {
		fd_close(&n->fd);
		return err_set(e, errno, "netlink");
	}
	return 0;
}

void netlink_close(struct netlink *n)
{
	fd_close(&n->fd);
}

static void append(struct netlink_request *r, const void *data, size_t len)
{
	if (r->len + NLMSG_ALIGN(len) > sizeof(r->data)) {
		r->overflow = true;
		return;
	}
	memset(r->data + r->len, 0, NLMSG_ALIGN(len));
	if (len > 0)
		memcpy(r->data + r->len, data, len);
	r->len += NLMSG_ALIGN(len);
}

void request_begin(
    struct netlink_request *r, uint16_t type, uint16_t flags, const void *head, size_t len)
{
	struct nlmsghdr h = {
	    .nlmsg_type = type, .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST | NLM_F_ACK)};

	r->len = 0;
	r->overflow = false;
	append(r, &h, sizeof(h));
	append(r, head, len);
}

void request_add(struct netlink_request *r, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = {.nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = type};

	append(r, &a, sizeof(a));
	append(r, data, len);
}

void request_add_u32(struct netlink_request *r, uint16_t type, uint32_t value)
{
	request_add(r, type, &value, sizeof(value));
}

/* One datagram of the answer: 1 when the acknowledgement was in it. */
static int take(const uint8_t *data, size_t len, uint32_t sequence, void *reply, size_t size,
    ssize_t *got, struct err *e)
{
	struct nlmsghdr h;

	for (size_t at = 0; at + sizeof(h) <= len; at += NLMSG_ALIGN(h.nlmsg_len)) {
		size_t body;

		memcpy(&h, data + at, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > len - at)
			return err_set(e, EPROTO, "netlink answer");
		body = h.nlmsg_len - sizeof(h);
		if (h.nlmsg_seq != sequence)
			continue;
		if (h.nlmsg_type == NLMSG_ERROR) {
			int32_t num = -EPROTO;

			if (body >= sizeof(num))
				memcpy(&num, data + at + sizeof(h), sizeof(num));
			return num == 0 ? 1 : err_set(e, -num, "netlink");
		}
		if (reply != NULL && *got == 0 && body <= size) {
			memcpy(reply, data + at + sizeof(h), body);
			*got = (ssize_t)body;
		}
	}
	return 0;
}

ssize_t netlink_ask(
    struct netlink *n, struct netlink_request *r, void *reply, size_t size, struct err *e)
{
	static uint8_t data[8192];
	struct nlmsghdr h;
	ssize_t got = 0;
	int done = 0;

	if (r->overflow)
		return err_set(e, EMSGSIZE, "netlink");
	memcpy(&h, r->data, sizeof(h));
	h.nlmsg_len = (uint32_t)r->len;
	h.nlmsg_seq = ++n->sequence;
	memcpy(r->data, &h, sizeof(h));
	if (send(n->fd, r->data, r->len, 0) < 0)
		return err_set(e, errno, "netlink: send");
	while (done == 0) {
		ssize_t len = recv(n->fd, data, sizeof(data), 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_set(e, errno, "netlink: receive");
		done = take(data, (size_t)len, n->sequence, reply, size, &got, e);
	}
	return done < 0 ? -1 : got;
}

const uint8_t *attribute_find(const uint8_t *list, size_t len, uint16_t type, size_t *size)
{
	for (size_t at = 0; at + NLA_HDRLEN <= len;) {
		struct nlattr a;

		memcpy(&a, list + at, sizeof(a));
		if (a.nla_len < NLA_HDRLEN || a.nla_len > len - at)
			return NULL;
		if ((a.nla_type & NLA_TYPE_MASK) == type) {
			*size = (size_t)a.nla_len - NLA_HDRLEN;
			return list + at + NLA_HDRLEN;
		}
		at += NLA_ALIGN(a.nla_len);
	}
	return NULL;
}
