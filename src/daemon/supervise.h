/* supervise: the loop of the process that keeps root. */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include "daemon/prepare.h"

/*
 * Serve and wait until machine, control and relay have ended; all of the host is undone
 * by then.  The two sockets become this function's.
 *
 * @priv   where the machine process asks for what takes root
 * @keeper where it asks for a guest
 * Returns the machine's exit status, or -1 with *e.
 */
int supervise(struct daemon *d, int priv, int keeper, struct err *e);

#endif
