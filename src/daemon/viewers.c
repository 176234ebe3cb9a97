/*
 * viewers: several terminals on the one console of the guest.
 *
 * All see everything: what the ring holds when they come, then what is said.  One
 * has the pen, and only its keys reach the guest: the first who came, or whoever
 * took it by force.  When the writer leaves, the viewer who has been there
 * longest gets the pen.  Each is told what changes for him, by a WIRE_LOG of
 * level info when he writes and of level warn when he does not; the first of these
 * also says that the past is over.
 */
#include <string.h>

#include "daemon/machine.h"

static void tell(struct machine *m, const struct request *r, const char *text)
{
	struct wire_msg msg = {.type = WIRE_LOG, .stream = r->stream};

	msg.log.level = r->writes ? LEVEL_INFO : LEVEL_WARN;
	str_copy(msg.log.source, sizeof(msg.log.source), "console");
	str_copy(msg.log.text, sizeof(msg.log.text), text);
	conn_send(&m->control, &msg);
}

static struct request *find_writer(struct machine *m)
{
	for (size_t i = 0; i < MACHINE_CLIENTS; i++)
		if (m->requests[i].verb == WIRE_VERB_CONSOLE && m->requests[i].writes)
			return &m->requests[i];
	return NULL;
}

static void send_past(struct machine *m, const struct request *r)
{
	struct wire_msg msg = {.type = WIRE_BYTES, .stream = r->stream};
	const uint8_t *part[2];
	size_t len[2];

	ring_parts(&m->console, part, len);
	for (int i = 0; i < 2; i++) {
		msg.bytes = (struct wire_bytes){part[i], (uint32_t)len[i]};
		if (len[i] > 0)
			conn_send(&m->control, &msg);
	}
}

void viewers_join(struct machine *m, struct request *r, const char *arg)
{
	struct request *writer = find_writer(m);
	struct err e = {0};

	if (!m->conf.guest.console) {
		err_set(&e, 0, "the guest has no shell on its console");
		err_hint(&e, "set `guest { console = true; }` in %s, then: airlock restart",
		    m->conf_path);
		clients_reply(m, r, &e, "");
		return;
	}
	r->order = ++m->viewers;
	send_past(m, r);
	r->writes = writer == NULL || strcmp(arg, "force") == 0;
	if (writer != NULL && r->writes) {
		writer->writes = false;
		tell(m, writer, "another terminal took over; airlock console -f takes it back");
	}
	tell(m, r,
	    r->writes ? "you write"
		      : "another terminal is writing; airlock console -f takes over");
}

void viewers_left(struct machine *m)
{
	struct request *heir = NULL;

	if (find_writer(m) != NULL)
		return;
	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		struct request *r = &m->requests[i];

		if (r->verb == WIRE_VERB_CONSOLE && (heir == NULL || r->order < heir->order))
			heir = r;
	}
	if (heir == NULL)
		return;
	heir->writes = true;
	tell(m, heir, "the terminal that was writing is gone; you write now");
}

void viewers_show(struct machine *m, const void *data, size_t len)
{
	struct wire_msg msg = {.type = WIRE_BYTES, .bytes = {data, (uint32_t)len}};

	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		msg.stream = m->requests[i].stream;
		if (m->requests[i].verb == WIRE_VERB_CONSOLE)
			conn_send(&m->control, &msg);
	}
}

void viewers_keys(struct machine *m, const struct request *r, const void *data, size_t len)
{
	if (r->verb == WIRE_VERB_CONSOLE && r->writes)
		console_write(m, data, len);
}
