/* keep: the keeper of a hypervisor that runs as root, within the privileged process. */
#ifndef DAEMON_KEEP_H
#define DAEMON_KEEP_H

#include "daemon/priv.h"
#include "vm/keeper.h"

/* A keeper's spec(): the machine of this struct priv, as it is to be now. */
int keep_spec(void *arg, struct vm_spec *spec, struct err *e);

/*
 * Serve the machine process at `sock`, which becomes the keeper's.
 *
 * @tools of the host, or a test's
 */
void keep_open(struct keeper *k, struct priv *p, const struct keeper_tools *tools,
    struct loop *l, int sock);

/*
 * Destroy what a killed run left of its guest.
 * 1 when there was something, 0, or -1 with *e.
 */
int keep_sweep(const struct conf *conf, const struct keeper_tools *tools, struct err *e);

#endif
