/* prepare: the daemon as one process, before and after it is several. */
#ifndef DAEMON_PREPARE_H
#define DAEMON_PREPARE_H

#include "daemon/keep.h"
#include "daemon/machine.h"
#include "daemon/priv.h"
#include "daemon/process.h"

struct daemon {
	struct conf conf;
	char conf_path[512];
	char ident[CONF_IDENT];
	bool background, conf_given;
	bool yes; /* the host may lose its default route */
	struct process_user user;
	int lock, listener;
	struct priv priv;
	struct logto logto;
	int notify; /* notify.h */
	struct early early[MACHINE_EARLY];
	struct loop *loop;
	struct loop_io request;
	struct keeper keeper;
	struct loop_child machine, control, relay;
	struct loop_timer relay_late;
	int result;
};

/*
 * Check, lock, clean up after a killed run, look whether card and image go together, open
 * the control socket: fills lock, listener, user and priv.  0, or -1 with *e.
 */
int daemon_prepare(struct daemon *d, struct err *e);

/*
 * In place of a run: lock, undo what a killed run left, print what that was.
 * 0, or -1 with *e (ERR_NOT_RUNNING when there was nothing).
 */
int daemon_undo(struct daemon *d, struct err *e);

/* Remove what only a running daemon needs; the host's end was undone before. */
void daemon_tidy(const struct daemon *d);

#endif
