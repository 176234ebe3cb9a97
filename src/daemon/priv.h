/*
 * priv: what is left of root.
 *
 * The privileged process parses nothing but the administrator's own configuration.  It
 * takes fixed-size requests from the machine process over a SOCK_SEQPACKET pair, allows
 * only operations of the plan on this machine's own interfaces, and opens for reading only
 * the two files that were named when the daemon started and the files of the image.
 */
#ifndef DAEMON_PRIV_H
#define DAEMON_PRIV_H

#include "conf/conf.h"
#include "daemon/bound.h"
#include "daemon/card.h"
#include "daemon/modules.h"
#include "hostnet/hostnet.h"
#include "image/image.h"

enum priv_verb {
	PRIV_APPLY = 1, /* do `op`; a tap's descriptor comes back */
	PRIV_UNDO,      /* undo `op` */
	PRIV_UNDO_ALL,
	PRIV_HOLDS,            /* is `op` still as it was done?  a watch on that comes back */
	PRIV_NETWORKS,         /* this host's networks, but those of our own interface */
	PRIV_WATCH_ROUTES,     /* a descriptor that tells of a change of them */
	PRIV_OPEN_SUPPLICANT,  /* a read-only descriptor of the supplicant's file */
	PRIV_WATCH_SUPPLICANT, /* a descriptor that watches it: watch.h */
	PRIV_OPEN_CONF,        /* the same of airlock.conf */
	PRIV_OPEN_IMAGE,       /* the same of a file of an image; the reply says which image */
	PRIV_SOCKET_OPEN,      /* bind a control socket of the guest; it comes back */
	PRIV_SOCKET_CLOSE,     /* remove it */
	PRIV_CARD_TAKE,        /* hand over the card that the configuration means */
	PRIV_CARD_GIVE,        /* give it back to the host */
	PRIV_CARD_OPEN,        /* a descriptor of one of its functions */
	PRIV_CARD_PRESENT,     /* is it still there? */
	PRIV_MODULES_OUT,      /* unload the modules under the guest: modules.h */
	PRIV_MODULES_BACK,     /* load them again */
};

/* A generation of the image ("": the current one) and a file of it. */
enum priv_file { PRIV_KERNEL, PRIV_INITRD, PRIV_ROOT, PRIV_SIM, PRIV_BOOT, PRIV_FILES };
struct priv_image {
	char id[16];
	uint32_t file; /* enum priv_file */
};

/* A control socket of the guest. */
struct priv_socket {
	uint32_t directory; /* enum wire_directory */
	char name[RELAY_NAME];
};

/* Of the card; which card it is, is not the machine's to say. */
struct priv_card {
	uint32_t descriptors; /* TAKE: the hypervisor takes such, 0 or 1 */
	uint32_t index;       /* OPEN */
};

/* Which modules; names are not the machine's to say. */
struct priv_modules {
	uint32_t kvm, vfio; /* 0 or 1 */
};

struct priv_request {
	uint32_t verb;
	struct hostnet_op op;
	struct priv_image image;
	struct priv_socket socket;
	struct priv_card card;
	struct priv_modules modules;
};

struct priv_reply {
	int32_t rc;
	uint32_t holds;   /* 0 or 1 */
	uint32_t present; /* 0 or 1 */
	struct err e;
	char image_id[16];
	uint32_t net_count;
	struct hostnet_net nets[HOSTNET_ROUTES_MAX];
	struct card_info card;
};

/* What the privileged process may touch. */
struct priv {
	const struct conf *conf;
	const char *conf_path;
	char air[HOSTNET_NAME]; /* the simulated radio's tap, or "" */
	struct hostnet_journal journal;
	struct bound bound; /* the sockets */
	struct card card;
	struct modules modules;
	char image_id[16]; /* of the image whose files were opened last, or "" */
};

/*
 * Serve one request from `sock`.
 * Returns 1, 0 when the other end is gone, or -1 with *e.
 */
int priv_serve(struct priv *p, int sock, struct err *e);

/*
 * The machine's side: ask and wait for the answer.
 * For a request that yields a descriptor *fd is it (the caller's), else fd may
 * be NULL.  0, or -1 with *e as the privileged process filled it.
 */
int priv_ask(
    int sock, enum priv_verb verb, const struct hostnet_op *op, int *fd, struct err *e);

/*
 * Does what `op` did, a RESOLVER, still hold?  See holds() in hostnet.h.  *fd becomes a watch
 * (watch.h; the caller's), made before the look, or -1 where nobody overwrites it.
 * 1, 0, or -1 with *e.
 */
int priv_holds(int sock, const struct hostnet_op *op, int *fd, struct err *e);

/*
 * networks() and watch() of struct hostnet_driver, as the privileged process hears it: the
 * machine process may be where it can ask no kernel (capability mode).
 */
ssize_t priv_networks(int sock, struct hostnet_net *nets, size_t max, struct err *e);
int priv_watch_routes(int sock, struct err *e);

/*
 * Ask for a file of an image; image->id "" becomes that of the current one.
 * Returns a descriptor (the caller's), or -1 with *e.
 */
int priv_open_image(int sock, struct priv_image *image, struct err *e);

/*
 * Ask for a control socket to be bound (*fd is it, the caller's) or removed.
 * 0, or -1 with *e.
 */
int priv_socket(int sock, enum priv_verb verb, unsigned directory, const char *name, int *fd,
    struct err *e);

/* As card_take(), card_descriptor() and card_present(); the last: 1, 0, or -1 with *e. */
int priv_card_take(int sock, bool descriptors, struct card_info *info, struct err *e);
int priv_card_open(int sock, uint32_t index, struct err *e);
int priv_card_present(int sock, struct err *e);

/* As modules_out(). */
int priv_modules_out(int sock, bool kvm, bool vfio, struct err *e);

#endif
