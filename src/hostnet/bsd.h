/*
 * bsd: what is FreeBSD's and yet plain C.
 *
 * Messages of its routing socket, who has its one default route, the rules of its
 * firewall: all of it is built and tested on any machine.  What calls FreeBSD's kernel
 * are the files freebsd*.c, and they are kept thin.
 */
#ifndef HOSTNET_BSD_H
#define HOSTNET_BSD_H

#include "hostnet/internal.h"

/* ------------------------------------------ bsd_message.c: route(4), 64-bit systems */

#define BSD_VERSION     5
#define BSD_ADD         1
#define BSD_DELETE      2
#define BSD_GET         4 /* also what a dump's messages are */
#define BSD_UP          0x1
#define BSD_GATEWAY     0x2
#define BSD_HOST        0x4
#define BSD_REJECT      0x8
#define BSD_STATIC      0x800
#define BSD_BLACKHOLE   0x1000
#define BSD_LOCAL       0x200000
#define BSD_BROADCAST   0x400000
#define BSD_MULTICAST   0x800000
#define BSD_FAMILY_INET 2
#define BSD_FAMILY_LINK 18
#define BSD_FAMILY_IN6  28

/* A message's head as FreeBSD lays it out where a long has 64 bits. */
struct bsd_head {
	uint16_t length;
	uint8_t version, type;
	uint16_t index, spare;
	int32_t flags, addresses, pid, seq, error, mask;
	uint64_t inits, metrics[14];
};

/* A route; numbers in host byte order. */
struct bsd_route {
	uint8_t family; /* BSD_FAMILY_INET or _IN6; of the latter only defaults are told */
	struct hostnet_net to; /* 0/0: a default route */
	uint32_t gateway;      /* 0: the interface itself, or no IPv4 */
	unsigned index;        /* of the interface */
	int flags;
};

/* Of a route's flags, those that matter when it is made again. */
#define BSD_KEEP 0x4d808 /* STATIC, PROTO1, PROTO2, PROTO3, BLACKHOLE, REJECT */

/*
 * Take a dump of routes apart (NET_RT_DUMP of AF_INET or AF_INET6) and hand each to fn,
 * which returns 0 to go on.  Other messages are passed over.  Nothing is read beyond
 * `len` and nothing of the bytes is believed.
 * 0, what fn returned, or -1 with *e when the bytes are no messages.
 */
int bsd_routes(const void *bytes, size_t len, int (*fn)(void *arg, const struct bsd_route *r),
    void *arg, struct err *e);

/*
 * A message that adds or deletes an IPv4 route (type BSD_ADD, BSD_DELETE).  A deletion
 * names the gateway, so that another route to the same place stays.
 * dst of BSD_MESSAGE_MAX bytes; returns the length.
 */
#define BSD_MESSAGE_MAX 512
size_t bsd_message(
    uint8_t dst[BSD_MESSAGE_MAX], uint8_t type, int seq, const struct bsd_route *r);

/* ------------------------------------------ bsd_route.c: the one default route */

/* What is asked of the kernel; tests have one of their own. */
struct bsd_kernel {
	/* The IPv4 default routes of this table.  Their number, or -1 with *e. */
	ssize_t (*defaults)(struct bsd_route *routes, size_t max, struct err *e);
	/* What is there, or gone, already is no error.  0, or -1 with *e and its num. */
	int (*add)(const struct bsd_route *r, struct err *e);
	int (*remove)(const struct bsd_route *r, struct err *e);
	/* An interface's number, or 0; a number's name, or false. */
	unsigned (*index)(const char *name);
	bool (*name)(unsigned index, char name[HOSTNET_NAME]);
};

/*
 * Make op's router the default route, behind other machines that are it already; note
 * before in the file `path`, which must not outlive a reboot, what was there.
 * give: take it back; the next machine's comes, or what was there.  A default route
 * that somebody else has set meanwhile is left alone.
 * The caller holds hostnet_lock().  0, or -1 with *e and all as it was.
 */
int bsd_route_take(
    const struct bsd_kernel *k, const char *path, const struct hostnet_op *op, struct err *e);
int bsd_route_give(
    const struct bsd_kernel *k, const char *path, const struct hostnet_op *op, struct err *e);

/* What is noted in such a file. */
#define BSD_PATHS    4
#define BSD_MACHINES 16
struct bsd_share {
	struct bsd_was {
		uint32_t gateway; /* 0: the interface itself */
		char interface[HOSTNET_NAME];
		int flags;
	} was[BSD_PATHS];
	size_t was_count;
	struct bsd_machine {
		char interface[HOSTNET_NAME];
		uint32_t router;
	} machine[BSD_MACHINES];
	size_t machine_count;
};

/* Its text.  Reading believes what would be written the same: else false, and *s empty. */
void bsd_share_write(const struct bsd_share *s, struct buf *b);
bool bsd_share_read(struct bsd_share *s, const char *text);

#endif
