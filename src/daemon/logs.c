/*
 * logs: one log of daemon, hypervisor, guest kernel and guest services.
 *
 * Lines are kept in the order in which they were said, as far as is known: a line
 * of the guest by its own clock mapped to ours (guestclock.c), every other by
 * its arrival.  Whoever reads the log gets them in that order.  Whoever follows it
 * gets what comes as it comes; a line that was said before the one he got last
 * carries the time of that one, so that his times never run backwards.
 *
 * Every line passes here and loses what looks like a passphrase, before it is
 * kept, shown or passed on.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/machine.h"
#include "daemon/notify.h"

#define SAID_A_SECOND 200  /* lines of the hypervisor */
#define CLOCK_SET_MS  1000 /* less than that nobody sets a clock back */

/* The wall clock, `ago` milliseconds before now. */
static uint64_t wall_ms(uint64_t ago)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 - ago;
}

static void send_line(struct machine *m, struct request *r, const struct line *line)
{
	struct wire_msg msg = {.type = WIRE_LOG, .stream = r->stream};
	uint64_t time_ms;

	r->last_line_ms = MAX(r->last_line_ms, line->at_ms);
	time_ms = line->time_ms + (r->last_line_ms - line->at_ms);
	/* Two clocks round differently; a clock that was set back is shown as it is. */
	if (time_ms < r->last_time_ms && r->last_time_ms - time_ms < CLOCK_SET_MS)
		time_ms = r->last_time_ms;
	r->last_time_ms = time_ms;
	msg.log.level = (uint8_t)line->level;
	msg.log.time_ms = time_ms;
	str_copy(msg.log.source, sizeof(msg.log.source), line->source);
	str_copy(msg.log.text, sizeof(msg.log.text), line->text);
	conn_send(&m->control, &msg);
}

static void add(struct machine *m, const struct line *line, bool said)
{
	lines_add(&m->lines, line);
	if (line->level <= m->conf.log_level) {
		if (m->background)
			logto_send(&m->logto, line->level, line->source, line->text);
		else if (!said)
			dprintf(STDERR_FILENO, "%s%s: %s: %s\n",
			    notify_priority(m->notify, line->level), line->source,
			    log_level_name(line->level), line->text);
	}
	for (size_t i = 0; i < MACHINE_CLIENTS; i++)
		if (m->requests[i].verb == WIRE_VERB_LOG)
			send_line(m, &m->requests[i], line);
}

/* A line said at at_ms of CLOCK_MONOTONIC, perhaps on standard error already. */
static void add_text(struct machine *m, enum log_level level, const char *source,
    const char *text, uint64_t at_ms, bool said)
{
	char clean[sizeof(((struct wire_msg *)0)->log.text)];
	struct line line = {.level = level, .text = clean, .at_ms = at_ms};

	line.time_ms = wall_ms(now_ms() - at_ms);
	str_copy(line.source, sizeof(line.source), source);
	str_clean(clean, sizeof(clean), text, strlen(text));
	str_hide_secrets(clean);
	add(m, &line, said);
}

void logs_own(struct machine *m, enum log_level level, const char *text)
{
	char named[sizeof(((struct wire_msg *)0)->log.text)];

	conf_machine_text(named, sizeof(named), m->conf.machine, text);
	add_text(m, level, "airlock", named, now_ms(), false);
}

void logs_early(struct machine *m)
{
	for (size_t i = 0; i < MACHINE_EARLY && m->early[i].text[0] != '\0'; i++)
		add_text(m, m->early[i].level, "airlock", m->early[i].text, now_ms(), true);
}

void logs_guest(struct machine *m, const struct wire_msg *msg)
{
	char source[sizeof(msg->log.source)], name[sizeof(msg->log.source)];

	if (msg->log.level == LEVEL_NONE)
		return;
	str_clean(source, sizeof(source), msg->log.source, strlen(msg->log.source));
	str_format(name, sizeof(name), "guest/%.25s", source);
	add_text(m, msg->log.level, name, msg->log.text,
	    guestclock_map(&m->guestclock,
		strcmp(source, "kernel") == 0 ? GUESTCLOCK_KERNEL : GUESTCLOCK_SERVICE,
		msg->log.time_ms, now_ms()),
	    false);
}

void logs_hypervisor(struct machine *m, const char *text)
{
	uint64_t second = now_ms() / 1000;

	if (m->said.second != second)
		m->said = (struct rate){.second = second};
	if (++m->said.frames == SAID_A_SECOND)
		text = "it says too much: the rest of this second is lost";
	if (m->said.frames <= SAID_A_SECOND)
		add_text(m, LEVEL_INFO, m->driver->name, text, now_ms(), false);
}

void logs_ask(struct machine *m, struct request *r, const char *since)
{
	uint64_t from = 0;
	struct err e = {0};

	if (since[0] != '\0' && !str_u64(since, 0, UINT64_MAX, &from)) {
		err_set(&e, 0, "\"%s\" is no time in milliseconds", since);
		err_is(&e, ERR_USAGE);
		clients_reply(m, r, &e, "");
		return;
	}
	for (size_t i = 0; i < m->lines.count; i++)
		if (lines_at(&m->lines, i)->time_ms >= from)
			send_line(m, r, lines_at(&m->lines, i));
	if (!r->follow)
		clients_reply(m, r, NULL, "");
}
