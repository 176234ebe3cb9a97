/*
 * logto: lines on their way to syslog or to the journal.
 *
 * The journal takes an entry a datagram.  A field is "NAME=value\n", or, when the
 * value has a newline, "NAME\n", its length as 64 bits little-endian, the value
 * and "\n".  When the journal was restarted the socket is connected again, once a
 * line.  Nothing here waits, because the loop that calls it must not.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/logto.h"

static int priority(enum log_level level)
{
	switch (level) {
	case LEVEL_ERROR:
		return LOG_ERR;
	case LEVEL_WARN:
		return LOG_WARNING;
	case LEVEL_INFO:
		return LOG_INFO;
	case LEVEL_NONE:
	case LEVEL_DEBUG:
		break;
	}
	return LOG_DEBUG;
}

static void add_field(struct buf *out, const char *name, const char *value)
{
	size_t len = strlen(value);
	uint8_t le[8];

	if (strchr(value, '\n') == NULL) {
		buf_addf(out, "%s=%s\n", name, value);
		return;
	}
	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)((uint64_t)len >> 8 * i);
	buf_addf(out, "%s\n", name);
	buf_add(out, le, sizeof(le));
	buf_add(out, value, len);
	buf_add(out, "\n", 1);
}

void logto_entry(struct buf *out, const char *machine, enum log_level level, const char *source,
    const char *text)
{
	char ident[CONF_IDENT];

	buf_addf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n", priority(level),
	    conf_machine_ident(ident, machine));
	add_field(out, "AIRLOCK_MACHINE", machine);
	add_field(out, "AIRLOCK_SOURCE", source);
	add_field(out, "MESSAGE", text);
}

static bool connect_journal(struct logto *l)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !str_copy(to.sun_path, sizeof(to.sun_path),
			  l->journal != NULL ? l->journal : LOGTO_JOURNAL))
		return false;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return false;
	l->fd = fd_take(&fd) + 1;
	return true;
}

static bool to_journal(
    struct logto *l, enum log_level level, const char *source, const char *text)
{
	struct buf entry = {0};
	bool done = false;

	logto_entry(
	    &entry, l->machine != NULL ? l->machine : CONF_MACHINE, level, source, text);
	for (int attempt = 0; attempt < 2 && !done; attempt++) {
		if (l->fd == 0 && !connect_journal(l))
			break;
		done = send(l->fd - 1, entry.data, entry.len, MSG_NOSIGNAL) >= 0 ||
		       errno == EAGAIN;
		if (!done)
			logto_fini(l);
	}
	buf_fini(&entry);
	return done;
}

void logto_send(struct logto *l, enum log_level level, const char *source, const char *text)
{
	if (l->to == CONF_LOG_NONE ||
	    (l->to == CONF_LOG_JOURNAL && to_journal(l, level, source, text)))
		return;
	syslog(priority(level), "%s: %s", source, text);
}

void logto_fini(struct logto *l)
{
	if (l->fd != 0)
		close(l->fd - 1);
	l->fd = 0;
}
