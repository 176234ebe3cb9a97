/* logto: where the log goes besides `airlock log`. */
#ifndef DAEMON_LOGTO_H
#define DAEMON_LOGTO_H

#include "conf/conf.h"

#define LOGTO_JOURNAL "/run/systemd/journal/socket"

/* Zeroed except `to` is ready for use; for syslog, openlog(3) comes before. */
struct logto {
	enum conf_log_to to;
	const char *journal; /* the journal's socket; NULL: LOGTO_JOURNAL */
	int fd;              /* to the journal plus 1; 0: none yet */
	const char *machine; /* NULL: "airlock" */
};

/*
 * Pass a line on.  Never fails and never waits: a line that the journal does
 * not take goes to syslog; one that it has no room for is lost there.
 */
void logto_send(struct logto *l, enum log_level level, const char *source, const char *text);
void logto_fini(struct logto *l);

/*
 * One entry in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL):
 * MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, AIRLOCK_MACHINE and AIRLOCK_SOURCE.  What a text holds,
 * newlines included, stays within its field.
 */
void logto_entry(struct buf *out, const char *machine, enum log_level level, const char *source,
    const char *text);

#endif
