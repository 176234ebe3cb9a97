/* control: the process that faces the command line. */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "base/base.h"

#define CONTROL_CLIENTS 48

/*
 * Serve clients of the listening socket until the machine process is gone.
 *
 * @listener the control socket
 * @machine  a stream pair to the machine process
 * Returns 0, or -1 with *e.
 */
int control_main(int listener, int machine, struct err *e);

#endif
