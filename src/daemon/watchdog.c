/*
 * watchdog: the host's half of reviving a radio that is dead.
 *
 * The guest sees that its radio is dead, starts the driver anew and then resets the
 * card; here that is logged and shown.  When both were in vain the guest is started
 * afresh, with pauses that grow.  A card that no fresh start revives is left alone
 * after some: the guest stays, in the state `no-radio`, with words.
 *
 * The guest may lie.  All it gains is to be restarted a few times an hour.
 */
#include <string.h>

#include "daemon/machine.h"

#define NOTICE_MS UINT64_C(3600000) /* a revived radio is of interest for so long */

static const char *const did[] = {
    [WIRE_WATCHDOG_DRIVER] = "its driver was started anew",
    [WIRE_WATCHDOG_RESET] = "the card was reset",
    [WIRE_WATCHDOG_RESTART] = "the guest was started afresh",
};

static void note(struct machine *m, const char *reason, const char *words)
{
	struct watchdog *w = &m->watchdog;

	str_format(
	    w->notice, sizeof(w->notice), "the radio was dead (%.110s): %s", reason, words);
	w->at_ms = now_ms();
	clients_state(m);
}

static void restart(struct machine *m, const char *reason)
{
	struct watchdog *w = &m->watchdog;
	struct err why = {0};

	w->pause_ms = life_budget_use(&w->budget, &life_dead_radios, now_ms());
	err_set(&why, 0,
	    "the radio is dead (%s), and neither its driver nor a reset revives it", reason);
	if (w->pause_ms < 0) {
		w->gave_up = true;
		log_error("%s; %u fresh starts of the guest did not, either", why.text,
		    life_dead_radios.count);
		note(m, reason, "nothing brought it back");
		machine_show(m);
		return;
	}
	w->restarts = true;
	note(m, reason, did[WIRE_WATCHDOG_RESTART]);
	machine_failed(m, &why);
	machine_event(m, LIFE_VIOLATION);
}

bool watchdog_said(struct machine *m, const struct wire_msg *msg)
{
	char reason[sizeof(msg->watchdog.reason)];
	unsigned step = msg->watchdog.step;

	str_clean(reason, sizeof(reason), msg->watchdog.reason, strlen(msg->watchdog.reason));
	if (step >= ARRAY_LEN(did) || did[step] == NULL)
		return false;
	if (!m->conf.guest.watchdog || m->life != LIFE_UP || m->watchdog.gave_up) {
		log_debug("the guest's watchdog, step %u: %s", step, reason);
	} else if (step == WIRE_WATCHDOG_RESTART) {
		restart(m, reason);
	} else {
		log_warn("the radio is dead: %s; %s", reason, did[step]);
		note(m, reason, did[step]);
	}
	return true;
}

void watchdog_online(struct machine *m)
{
	m->watchdog.gave_up = false;
}

void watchdog_reset(struct machine *m)
{
	m->watchdog = (struct watchdog){0};
}

const char *watchdog_notice(const struct machine *m)
{
	return now_ms() - m->watchdog.at_ms < NOTICE_MS ? m->watchdog.notice : "";
}

const char *watchdog_verdict(const struct machine *m)
{
	/* Who associates has a radio. */
	if (!m->watchdog.gave_up || m->guest_state > WIRE_SCANNING)
		return NULL;
	return "the radio stays dead: switch this computer off and on; to try once more: "
	       "airlock restart";
}
