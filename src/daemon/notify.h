/* notify: what the service manager is told (sd_notify(3)). */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include "daemon/life.h"

/*
 * Open the socket that the environment names, and forget the name: what is
 * started later has nothing to say there.
 * Returns its descriptor plus 1, or 0 when there is no manager that listens.
 */
int notify_open(void);

/* The daemon is there: its control socket answers. */
void notify_ready(int notify);

/* What the router does, in words. */
void notify_state(int notify, enum life_state life, const char *state, const char *reason);

/* The configuration is about to be read again; notify_ready() ends that. */
void notify_reloading(int notify);

/* What a line on standard error begins with: its priority when a manager reads it. */
const char *notify_priority(int notify, enum log_level level);

#endif
