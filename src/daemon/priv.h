/*
 * priv: what is left of root.
 *
 * The privileged process parses nothing.  It takes fixed-size requests from
 * the machine process over a SOCK_SEQPACKET pair, allows only operations of
 * the plan on this machine's own interfaces, and opens only the two files that
 * were named when the daemon started.
 */
#ifndef DAEMON_PRIV_H
#define DAEMON_PRIV_H

#include "conf/conf.h"
#include "hostnet/hostnet.h"

enum priv_verb {
	PRIV_APPLY = 1, /* do `op`; a tap's descriptor comes back */
	PRIV_UNDO,      /* undo `op` */
	PRIV_UNDO_ALL,
	PRIV_OPEN_SUPPLICANT, /* a read-only descriptor of the supplicant's file */
	PRIV_OPEN_CONF,       /* the same of airlock.conf */
};

struct priv_request {
	uint32_t verb;
	struct hostnet_op op;
};

struct priv_reply {
	int32_t rc;
	struct err e;
};

/* What the privileged process may touch. */
struct priv {
	const struct conf *conf;
	const char *conf_path;
	char air[HOSTNET_NAME]; /* the simulated radio's tap, or "" */
	struct hostnet_journal journal;
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

#endif
