/* prepare: the daemon as one process, before and after it is several. */
#ifndef DAEMON_PREPARE_H
#define DAEMON_PREPARE_H

#include "daemon/machine.h"
#include "daemon/priv.h"
#include "daemon/process.h"

struct daemon {
	struct conf conf;
	char conf_path[512];
	char ident[CONF_IDENT];
	bool background, conf_given;
	struct process_user user;
	int lock, listener;
	struct priv priv;
	struct logto logto;
	struct early early[MACHINE_EARLY];
	struct loop *loop;
	struct loop_io request;
	struct loop_child machine, control, relay;
	struct loop_timer relay_late;
	int result;
};

/*
 * Check, lock, clean up after a killed run, open the control socket: fills lock,
 * listener, user and priv.  0, or -1 with *e.
 */
int daemon_prepare(struct daemon *d, struct err *e);

/* Remove what only a running daemon needs; the host's end was undone before. */
void daemon_tidy(const struct daemon *d);

#endif
