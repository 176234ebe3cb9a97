/*
 * clients: what the command line asks, and what it is told.
 *
 * Requests arrive from the control process with the number of their client.
 * Most are answered at once; those that follow something (state, log,
 * console) stay in a table until their client goes.  Every request ends with
 * exactly one WIRE_REPLY.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "daemon/machine.h"

#define CONTROL_QUEUE     (8u << 20)
#define STATUS_TIMEOUT_MS 2000

static struct request *find_request(struct machine *m, uint16_t stream, uint8_t verb)
{
	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		struct request *r = &m->requests[i];

		if (r->verb != 0 && (stream == 0 || r->stream == stream) &&
		    (verb == 0 || r->verb == verb))
			return r;
	}
	return NULL;
}

void clients_reply(struct machine *m, struct request *r, const struct err *e, const char *text)
{
	struct wire_msg msg = {.type = WIRE_REPLY, .stream = r->stream};

	if (e != NULL) {
		msg.reply.status = e->kind != 0 ? e->kind : ERR_FAILED;
		str_copy(msg.reply.hint, sizeof(msg.reply.hint), e->hint);
		text = e->text;
	}
	str_clean(msg.reply.text, sizeof(msg.reply.text), text, strlen(text));
	conn_send(&m->control, &msg);
	*r = (struct request){0};
}

/* ----------------------------------------------------------------- state */

static void send_state(struct machine *m, const struct request *r)
{
	struct wire_msg msg = {.type = WIRE_STATE, .stream = r->stream};

	msg.state.state = (uint8_t)m->state;
	msg.state.at_ms = m->state_since_ms;
	msg.state.since_unix = m->state_since_unix;
	str_copy(msg.state.reason, sizeof(msg.state.reason), m->reason);
	conn_send(&m->control, &msg);
}

static void send_report(struct machine *m, const struct request *r)
{
	struct wire_msg msg = {.type = WIRE_REPORT, .stream = r->stream};
	struct wire_report *p = &msg.report;

	p->state = (uint8_t)m->state;
	p->state_since_unix = m->state_since_unix;
	str_copy(p->reason, sizeof(p->reason), m->reason);
	str_copy(p->name, sizeof(p->name), "airlock");
	str_copy(p->interface, sizeof(p->interface), m->conf.host.interface);
	p->host = m->net.address;
	p->prefix = m->net.prefix;
	p->router = m->router;
	str_copy(p->hypervisor, sizeof(p->hypervisor), m->hypervisor);
	if (m->vm != NULL)
		str_copy(p->accelerator, sizeof(p->accelerator),
		    vm_accel_name(m->driver->accel(m->vm)));
	str_copy(p->image, sizeof(p->image), m->image_id);
	p->memory_mib = m->conf.guest.memory_mib;
	p->hypervisor_pid = m->vm != NULL ? (uint32_t)m->driver->pid(m->vm) : 0;
	p->starts = m->starts;
	memcpy(p->stage_ms, m->stage_ms, sizeof(p->stage_ms));
	p->stage_ms[m->state] += (uint32_t)(now_ms() - m->state_since_ms);
	str_copy(p->notice, sizeof(p->notice), m->supplicant.notice);
	p->guest = m->status;
	conn_send(&m->control, &msg);
}

/* Whether waiting for `online` is over, and how. */
static void end_waiting(struct machine *m, struct request *r)
{
	if (m->state == WIRE_ONLINE) {
		clients_reply(m, r, NULL, "online");
	} else if (m->life == LIFE_FAILED) {
		clients_reply(m, r, &m->failure, "");
		m->told = true;
		machine_finish(m);
	}
}

void clients_state(struct machine *m)
{
	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		struct request *r = &m->requests[i];

		switch ((enum wire_verb)r->verb) {
		case WIRE_VERB_WAIT_ONLINE:
			send_state(m, r);
			end_waiting(m, r);
			break;
		case WIRE_VERB_STOP:
		case WIRE_VERB_RESTART:
			send_state(m, r);
			break;
		case WIRE_VERB_STATUS:
			if (r->follow)
				send_report(m, r);
			break;
		case WIRE_VERB_RELOAD:
		case WIRE_VERB_LOG:
		case WIRE_VERB_CONSOLE:
		case WIRE_VERB_RESUME:
		case WIRE_VERB_AIR:
		case WIRE_VERB_ADOPT:
			break;
		}
	}
}

void clients_status(struct machine *m)
{
	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		struct request *r = &m->requests[i];

		if (r->verb != WIRE_VERB_STATUS || !r->waits_for_status)
			continue;
		send_report(m, r);
		r->waits_for_status = false;
		if (!r->follow)
			clients_reply(m, r, NULL, "");
	}
	loop_timer_del(m->loop, &m->status_timer);
}

static void on_status_timeout(void *arg)
{
	clients_status(arg); /* with what the guest said last */
}

/* -------------------------------------------------------- log and console */

static void send_line(struct machine *m, const struct request *r, const struct line *line)
{
	struct wire_msg msg = {.type = WIRE_LOG, .stream = r->stream};

	msg.log.level = (uint8_t)line->level;
	msg.log.time_ms = line->time_ms;
	str_copy(msg.log.source, sizeof(msg.log.source), line->source);
	str_copy(msg.log.text, sizeof(msg.log.text), line->text);
	conn_send(&m->control, &msg);
}

void clients_log(struct machine *m, const struct line *line)
{
	static const int priority[] = {LOG_DEBUG, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

	lines_add(&m->lines, line);
	if (line->level <= m->conf.log_level) {
		if (m->background)
			syslog(priority[line->level], "%s: %s", line->source, line->text);
		else
			dprintf(STDERR_FILENO, "%s: %s: %s\n", line->source,
			    log_level_name(line->level), line->text);
	}
	for (size_t i = 0; i < MACHINE_CLIENTS; i++)
		if (m->requests[i].verb == WIRE_VERB_LOG)
			send_line(m, &m->requests[i], line);
}

void clients_console(struct machine *m, const void *data, size_t len)
{
	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		struct wire_msg msg = {.type = WIRE_BYTES, .stream = m->requests[i].stream};

		msg.bytes = (struct wire_bytes){data, (uint32_t)len};
		if (m->requests[i].verb == WIRE_VERB_CONSOLE)
			conn_send(&m->control, &msg);
	}
}

/* --------------------------------------------------------------- requests */

static void do_status(struct machine *m, struct request *r)
{
	if (channel_send(m, WIRE_ASK_STATUS)) {
		r->waits_for_status = true;
		/* The first who waits sets it: those who come later must not put it off. */
		if (!m->status_timer.armed)
			loop_timer_set(m->loop, &m->status_timer, STATUS_TIMEOUT_MS);
		return;
	}
	send_report(m, r);
	if (!r->follow)
		clients_reply(m, r, NULL, "");
}

static void do_restart(struct machine *m, struct request *r, const char *what)
{
	static const char *const kinds[] = {"guest", "netif", "hypervisor", NULL};
	struct err e = {0};
	size_t i = 0;

	while (kinds[i] != NULL && strcmp(kinds[i], what) != 0)
		i++;
	if (kinds[i] == NULL) {
		err_set(&e, 0, "restart what? guest, netif or hypervisor");
		err_is(&e, ERR_USAGE);
		clients_reply(m, r, &e, "");
		return;
	}
	/* The hypervisor and the image are looked up at every launch anyway. */
	m->renew_network = i > 0;
	r->verb = WIRE_VERB_WAIT_ONLINE;
	m->budget = (struct life_budget){0};
	machine_event(m, LIFE_RESTART);
	clients_state(m);
}

static void do_log(struct machine *m, struct request *r)
{
	for (size_t i = 0; i < m->lines.count; i++)
		send_line(m, r, lines_at(&m->lines, i));
	if (!r->follow)
		clients_reply(m, r, NULL, "");
}

static void do_console(struct machine *m, struct request *r)
{
	struct wire_msg msg = {.type = WIRE_BYTES, .stream = r->stream};
	const uint8_t *part[2];
	struct err e = {0};
	size_t len[2];

	if (!m->conf.guest.console) {
		err_set(&e, 0, "the guest has no shell on its console");
		err_hint(&e, "set `guest { console = true; }` in %s, then: airlock restart",
		    m->conf_path);
		clients_reply(m, r, &e, "");
		return;
	}
	ring_parts(&m->console, part, len);
	for (int i = 0; i < 2; i++) {
		msg.bytes = (struct wire_bytes){part[i], (uint32_t)len[i]};
		if (len[i] > 0)
			conn_send(&m->control, &msg);
	}
}

static void do_air(struct machine *m, struct request *r, const char *line)
{
	struct err e = {0};

	for (size_t i = 0; i < MACHINE_CLIENTS; i++) {
		if (&m->requests[i] == r || m->requests[i].verb != WIRE_VERB_AIR)
			continue;
		err_set(&e, 0, "the simulated air is still busy with another command");
		clients_reply(m, r, &e, "");
		return;
	}
	if (console_air(m, line, &e) < 0)
		clients_reply(m, r, &e, "");
}

static void do_reload(struct machine *m, struct request *r)
{
	struct err e = {0};
	char text[512];

	if (reload(m, text, sizeof(text), &e) < 0)
		clients_reply(m, r, &e, "");
	else
		supplicant_reloaded(m, text);
}

static void carry_out(struct machine *m, struct request *r, const char *arg)
{
	struct err e = {0};

	switch ((enum wire_verb)r->verb) {
	case WIRE_VERB_STATUS:
		do_status(m, r);
		return;
	case WIRE_VERB_STOP:
		send_state(m, r);
		machine_event(m, LIFE_STOP);
		return;
	case WIRE_VERB_RESTART:
		do_restart(m, r, arg);
		return;
	case WIRE_VERB_RELOAD:
		do_reload(m, r);
		return;
	case WIRE_VERB_LOG:
		do_log(m, r);
		return;
	case WIRE_VERB_CONSOLE:
		do_console(m, r);
		return;
	case WIRE_VERB_RESUME:
		channel_clock(m);
		clients_reply(m, r, NULL, "");
		return;
	case WIRE_VERB_AIR:
		do_air(m, r, arg);
		return;
	case WIRE_VERB_ADOPT:
		supplicant_adopt(m, arg);
		clients_reply(m, r, NULL, "");
		return;
	case WIRE_VERB_WAIT_ONLINE:
		send_state(m, r);
		end_waiting(m, r);
		return;
	}
	err_set(&e, 0, "this daemon does not know that request");
	err_hint(&e, "restart it: airlock stop && airlock start");
	clients_reply(m, r, &e, "");
}

static void on_message(void *arg, struct wire_msg *msg)
{
	struct machine *m = arg;
	struct request *r = find_request(m, msg->stream, 0);

	if (msg->type == WIRE_BYTES) {
		if (r != NULL && r->verb == WIRE_VERB_CONSOLE)
			console_write(m, msg->bytes.data, msg->bytes.len);
		return;
	}
	if (msg->type != WIRE_REQUEST)
		return;
	if (msg->request.verb == 0) { /* its client is gone */
		if (r != NULL)
			*r = (struct request){0};
		return;
	}
	for (size_t i = 0; r == NULL && i < MACHINE_CLIENTS; i++) {
		if (m->requests[i].verb != 0)
			continue;
		m->requests[i] = (struct request){.stream = msg->stream,
		    .verb = msg->request.verb,
		    .follow = msg->request.follow};
		carry_out(m, &m->requests[i], msg->request.arg);
		return;
	}
}

static void on_gone(void *arg, const struct err *why)
{
	struct machine *m = arg;

	/* All were told, or the control process died: either way it is over. */
	if (!m->finishing)
		log_error("the control process is gone");
	loop_stop(m->loop, m->finishing ? m->result : ERR_FAILED);
}

static const struct conn_ops ops = {on_message, on_gone};

void clients_open(struct machine *m, int fd)
{
	m->status_timer = (struct loop_timer){.fn = on_status_timeout, .arg = m};
	conn_open(&m->control, m->loop, fd, CONTROL_QUEUE, &ops, m);
}

void clients_end(struct machine *m, const struct err *e, const char *text)
{
	struct err down = {0};
	struct request *r;

	err_set(&down, 0, "the router was stopped");
	while ((r = find_request(m, 0, 0)) != NULL) {
		bool wanted = r->verb == WIRE_VERB_STOP || r->follow;

		clients_reply(m, r, e != NULL ? e : wanted ? NULL : &down, text);
	}
}
