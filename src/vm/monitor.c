/*
 * monitor: the life of a machine as QMP tells it.
 *
 * Bytes are cut into lines, lines decoded, and each becomes one input of the
 * table below: state x input -> next state and act.
 *
 * QEMU sends no events before qmp_capabilities, so a guest that ended by then
 * would have ended without a reason: QEMU is started with its processors
 * stopped, and the handshake lets them go: greeting, qmp_capabilities, cont,
 * query-status.  The event RESUME or the status "running" is the proof that
 * they run.
 *
 * A stop may be innocent (QEMU stops for a moment on its way to a shutdown) or
 * the end (KVM's emulation failure, a disk error), so it gets a moment of
 * grace; then the status is asked for once more, and a guest that still stands
 * is reported as paused.  Nothing polls: a machine that runs costs no wake-up.
 *
 * What does not fit a state is ignored, as QMP demands of its clients, but a
 * line that is too long or no message is an error.
 */
#include <string.h>

#include "vm/qmp.h"

enum state {
	GREETING, /* waits for QEMU's first word */
	ASKING,   /* told to go, and asked whether it does */
	RUNNING,
	HALTED,   /* stopped, within its grace */
	CHECKING, /* stopped, and asked why; the answer has its grace, too */
	PAUSED,   /* stopped, and reported */
	ENDING,   /* a shutdown or panic is on its way */
	STATES
};

enum input {
	IN_GREETING,
	IN_RUNS,   /* query-status: it runs */
	IN_STANDS, /* query-status: it does not */
	IN_STOP,
	IN_RESUME,
	IN_GRACE_OVER,
	IN_PANIC,
	IN_SHUTDOWN,
	INPUTS
};

enum act {
	NOTHING,
	NEGOTIATE,
	WAIT,     /* begin the grace */
	ASK,      /* the status, with a grace for the answer */
	SAY_RUNS, /* RUNNING, when it was not the last word already */
	SAY_PAUSED,
	SAY_PANICKED,
};

struct step {
	bool valid;
	enum state next;
	enum act act;
};

#define TO(state, act)           \
	{                        \
		true, state, act \
	}
#define ENDS [IN_PANIC] = TO(ENDING, SAY_PANICKED), [IN_SHUTDOWN] = TO(ENDING, NOTHING)

static const struct step steps[STATES][INPUTS] = {
    [GREETING] = {[IN_GREETING] = TO(ASKING, NEGOTIATE), ENDS},
    [ASKING] = {[IN_RUNS] = TO(RUNNING, SAY_RUNS),
	[IN_RESUME] = TO(RUNNING, SAY_RUNS),
	[IN_STANDS] = TO(HALTED, WAIT),
	ENDS},
    [RUNNING] = {[IN_STOP] = TO(HALTED, WAIT), [IN_STANDS] = TO(HALTED, WAIT), ENDS},
    [HALTED] = {[IN_RESUME] = TO(RUNNING, SAY_RUNS), [IN_GRACE_OVER] = TO(CHECKING, ASK), ENDS},
    [CHECKING] = {[IN_RUNS] = TO(RUNNING, SAY_RUNS),
	[IN_RESUME] = TO(RUNNING, SAY_RUNS),
	[IN_STANDS] = TO(PAUSED, SAY_PAUSED),
	[IN_GRACE_OVER] = TO(PAUSED, SAY_PAUSED),
	ENDS},
    [PAUSED] = {[IN_RESUME] = TO(RUNNING, SAY_RUNS), ENDS},
    [ENDING] = {[IN_PANIC] = TO(ENDING, SAY_PANICKED)},
};

static const char *const commands[] = {
    [QMP_CAPABILITIES] = "qmp_capabilities",
    [QMP_CONT] = "cont",
    [QMP_STATUS] = "query-status",
    [QMP_POWER_DOWN] = "system_powerdown",
};

static void send_command(struct monitor *m, enum qmp_command c)
{
	buf_addf(&m->out, "{\"execute\":\"%s\",\"id\":%d}\n", commands[c], (int)c);
}

static void say_paused(struct monitor *m)
{
	char text[128];

	str_format(text, sizeof(text), "the hypervisor stopped the guest: its status is \"%s\"",
	    m->status[0] != '\0' ? m->status : "unknown");
	m->fn(m->arg, VM_EVENT_PAUSED, text);
}

static void negotiate(struct monitor *m)
{
	send_command(m, QMP_CAPABILITIES);
	send_command(m, QMP_CONT);
	send_command(m, QMP_STATUS);
	if (m->power_off)
		send_command(m, QMP_POWER_DOWN);
}

static void take(struct monitor *m, enum input in)
{
	const struct step *s = &steps[m->state][in];
	bool told = m->state == HALTED || m->state == CHECKING;

	if (!s->valid)
		return;
	m->state = s->next;
	m->grace = s->act == WAIT || s->act == ASK;
	switch (s->act) {
	case NOTHING:
	case WAIT:
		break;
	case NEGOTIATE:
		negotiate(m);
		break;
	case ASK:
		send_command(m, QMP_STATUS);
		break;
	case SAY_RUNS:
		told = told && m->ran;
		m->ran = true;
		if (!told)
			m->fn(m->arg, VM_EVENT_RUNNING, "the guest runs");
		break;
	case SAY_PAUSED:
		say_paused(m);
		break;
	case SAY_PANICKED:
		m->panicked = true;
		m->fn(m->arg, VM_EVENT_PANICKED, "the guest's kernel panicked");
		break;
	}
}

static void take_event(struct monitor *m, const struct qmp_message *msg)
{
	switch (msg->event) {
	case QMP_SHUTDOWN:
		m->reason = msg->reason;
		take(m, IN_SHUTDOWN);
		break;
	case QMP_PANICKED:
		/* It says so more than once: before it stops and before it ends. */
		if (!m->panicked)
			take(m, IN_PANIC);
		break;
	case QMP_STOP:
		take(m, IN_STOP);
		break;
	case QMP_RESUME:
		take(m, IN_RESUME);
		break;
	case QMP_DELETED:
		if (msg->address[0] != '\0' && m->state != ENDING)
			m->fn(m->arg, VM_EVENT_UNPLUGGED, msg->address);
		break;
	case QMP_OTHER:
		break;
	}
}

static void take_return(struct monitor *m, const struct qmp_message *msg)
{
	if (msg->id != QMP_STATUS)
		return;
	m->answered = true;
	memcpy(m->status, msg->status, sizeof(m->status));
	take(m, msg->running ? IN_RUNS : IN_STANDS);
}

static int take_line(struct monitor *m, const char *line, size_t len, struct err *e)
{
	struct qmp_message msg;

	while (len > 0 && line[len - 1] == '\r')
		len--;
	if (len == 0)
		return 0;
	if (qmp_decode(line, len, &msg, e) < 0)
		return -1;
	switch (msg.kind) {
	case QMP_GREETING:
		take(m, IN_GREETING);
		break;
	case QMP_RETURN:
		take_return(m, &msg);
		break;
	case QMP_ERROR:
		/* The power button has a second resort; the others are the handshake. */
		if (msg.id != QMP_POWER_DOWN)
			return err_set(e, 0, "QEMU's monitor refuses: %s", msg.text);
		log_debug("the power button: %s", msg.text);
		break;
	case QMP_EVENT:
		take_event(m, &msg);
		break;
	}
	return 0;
}

int monitor_feed(struct monitor *m, const void *data, size_t len, struct err *e)
{
	size_t done = 0;
	int result = 0;

	buf_add(&m->in, data, len);
	while (result == 0) {
		char *line = m->in.data + done;
		char *end = memchr(m->in.data + m->scanned, '\n', m->in.len - m->scanned);
		size_t stop = end != NULL ? (size_t)(end - m->in.data) : m->in.len;

		if (stop - done > QMP_LINE_MAX)
			result = err_set(e, 0, "message of QEMU's monitor: more than %d bytes",
			    QMP_LINE_MAX);
		else if (end != NULL)
			result = take_line(m, line, stop - done, e);
		if (end == NULL)
			break;
		done = m->scanned = stop + 1;
	}
	buf_drop(&m->in, done);
	m->scanned = m->in.len;
	return result;
}

void monitor_grace_over(struct monitor *m)
{
	m->grace = false;
	take(m, IN_GRACE_OVER);
}

void monitor_power_off(struct monitor *m)
{
	/* What was not even sent needs no repetition: `out` stays bounded. */
	if (m->state == GREETING)
		m->power_off = true;
	else if (m->out.len == 0)
		send_command(m, QMP_POWER_DOWN);
}

void monitor_fini(struct monitor *m)
{
	buf_fini(&m->in);
	buf_fini(&m->out);
}
