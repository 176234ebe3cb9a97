/*
 * revive: what is done about a radio that is dead.
 *
 * The watchdog decides; here its steps are taken.  Connection, address and rules
 * are given up first, as they begin afresh with the interface.  Taking a driver
 * off a card that does not answer may last, so a child does it, and when even that
 * hangs the next step is due.  The last step is the host's: it starts the guest
 * anew.  A radio that is no PCI function (the simulated one) has that step only.
 */
#include <string.h>
#include <sys/wait.h>

#include "guest/guest.h"

#define CHILD_MS 30000
#define CALM_MS  5000

static void check(struct guest *g);

/*
 * A driver that hangs may hold the lock of all interfaces, for which PID 1 must not
 * wait: after a failure the interface is not touched before the host had time to act.
 */
static void finish(struct guest *g, bool taken)
{
	loop_timer_del(g->loop, &g->revive.limit);
	watchdog_done(&g->revive.watchdog, now_ms(), taken);
	check(g);
	if (taken)
		router_go_on(g);
	else
		loop_timer_set(g->loop, &g->radio.timer, CALM_MS);
}

static void on_ended(void *arg, int status)
{
	struct guest *g = arg;
	const struct watchdog *w = &g->revive.watchdog;
	int result = WIFEXITED(status) ? WEXITSTATUS(status) : ERR_FAILED;

	/* What could not be tried at all was not done. */
	if (result != ERR_HOST)
		channel_watchdog(&g->channel, w->level, w->reason);
	finish(g, result == 0);
}

static void on_limit(void *arg)
{
	struct guest *g = arg;

	log_warn("the driver does not let go of the card");
	service_stop(&g->revive.child);
	finish(g, false);
}

static void start_child(struct guest *g, bool reset)
{
	const char *const argv[] = {
	    PATH_REVIVE, reset ? "reset" : "driver", g->radio.card.address, NULL};
	struct service *v = &g->revive.child;

	service_describe(v, "airlock-revive", argv);
	service_restart(&g->supervisor, v);
	loop_timer_set(g->loop, &g->revive.limit, CHILD_MS);
}

static void take_step(struct guest *g, enum wire_watchdog step)
{
	static const char *const doing[] = {
	    [WIRE_WATCHDOG_DRIVER] = "its driver is started anew",
	    [WIRE_WATCHDOG_RESET] = "it is reset",
	    [WIRE_WATCHDOG_RESTART] = "the guest has to be started afresh",
	};
	const char *reason = g->revive.watchdog.reason;
	char text[160];

	str_format(text, sizeof(text), "the radio is dead (%s): %s", reason, doing[step]);
	log_warn("%s", text);
	/* Whatever still works goes on until the host acts. */
	if (step == WIRE_WATCHDOG_RESTART) {
		channel_watchdog(&g->channel, step, reason);
		return;
	}
	router_drop_radio(g);
	router_event(g, LIFE_RADIO_MISSING, text);
	start_child(g, step == WIRE_WATCHDOG_RESET);
}

static void check(struct guest *g)
{
	struct watchdog *w = &g->revive.watchdog;
	uint64_t wait;
	unsigned step;

	if (!g->settings.watchdog || g->stopping)
		return;
	step = watchdog_decide(w, now_ms(), &wait);
	while (step != 0 && step != WIRE_WATCHDOG_RESTART && g->radio.card.address[0] == '\0') {
		watchdog_done(w, now_ms(), false);
		step = watchdog_decide(w, now_ms(), &wait);
	}
	loop_timer_del(g->loop, &g->revive.timer);
	if (wait != 0)
		loop_timer_set(g->loop, &g->revive.timer, wait);
	if (step != 0)
		take_step(g, (enum wire_watchdog)step);
}

static void on_timer(void *arg)
{
	check(arg);
}

void revive_init(struct guest *g)
{
	g->revive.timer.fn = on_timer;
	g->revive.timer.arg = g;
	g->revive.limit.fn = on_limit;
	g->revive.limit.arg = g;
	g->revive.child.once = true;
	g->revive.child.ended = on_ended;
	g->revive.child.arg = g;
}

void revive_see(struct guest *g, enum watchdog_sign sign, const char *words)
{
	if (sign == WATCHDOG_NOTHING)
		return;
	watchdog_see(&g->revive.watchdog, now_ms(), sign, words);
	check(g);
}

void revive_kernel_line(struct guest *g, const char *text)
{
	const char *said = strstr(text, ": ");

	revive_see(
	    g, watchdog_line(text, g->radio.card.address), said != NULL ? said + 2 : text);
}

bool revive_busy(const struct guest *g)
{
	return g->revive.watchdog.acting;
}

void revive_reset(struct guest *g)
{
	service_stop(&g->revive.child);
	loop_timer_del(g->loop, &g->revive.timer);
	loop_timer_del(g->loop, &g->revive.limit);
	g->revive.watchdog = (struct watchdog){0};
}
