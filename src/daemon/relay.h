/* relay: the process that faces the clients of the relayed sockets. */
#ifndef DAEMON_RELAY_H
#define DAEMON_RELAY_H

#include "base/base.h"

/*
 * Allow itself few system calls and serve until the machine's end is closed.
 * Comes after the change of user.
 *
 * @machine a stream of frames, as the channel's, with SOCKET both ways: with
 *          present 1 the next descriptor of `handed` is that socket
 * @handed  a SOCK_SEQPACKET socket that brings bound sockets
 * 0, or -1 with *e.
 */
int relay_main(int machine, int handed, struct err *e);

#endif
