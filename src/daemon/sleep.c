/*
 * sleep: the host sleeps and wakes up.
 *
 * `airlock suspend` puts the guest off within the little time that a host on its way
 * to sleep has, and takes away what would point into nothing meanwhile: the default
 * route and the name server, which come back when the router is online.  The taps
 * and the host's address stay, and so does this process.  Where KVM or vfio-pci does
 * not survive a sleep (resume = "reload-hypervisor") the card is given back and their
 * modules are unloaded, too.
 *
 * `airlock resume`, or a jump of the clock that was a sleep, launches the guest
 * again; wake.c decides.  A launch after a sleep may meet a host that is not all
 * there yet, so what is refused then is tried again within the budget of restarts.
 */
#include "daemon/machine.h"
#include "daemon/priv.h"
#include "daemon/wake.h"

bool sleep_is(const struct machine *m)
{
	return m->life == LIFE_SUSPENDING || m->life == LIFE_SUSPENDED;
}

void sleep_begin(struct machine *m)
{
	log_info("the host is about to sleep");
	m->slept_before_ms = wake_asleep_ms();
	machine_event(m, LIFE_SUSPEND);
}

void sleep_entered(struct machine *m)
{
	struct err e = {0};

	network_offline(m);
	if (m->conf.resume != CONF_RESUME_RELOAD_HYPERVISOR)
		return;
	if (handover_give(m, &e) < 0)
		log_error("%s", e.text);
	m->modules_out = true;
	if (priv_modules_out(m->priv, m->on_kvm, conf_has_card(&m->conf), &e) < 0)
		log_warn("%s", e.text);
}

void sleep_over(struct machine *m)
{
	struct err e = {0};

	m->slept_before_ms = wake_asleep_ms();
	if (m->modules_out && priv_ask(m->priv, PRIV_MODULES_BACK, NULL, NULL, &e) < 0)
		log_warn("%s", e.text);
	m->modules_out = false;
}

void sleep_end(struct machine *m, bool asked)
{
	int64_t now = wake_asleep_ms();
	bool slept = (asked || wake_clock_tells) && wake_slept(m->slept_before_ms, now);

	if (!wake_restarts(m->conf.resume, m->life, asked, slept)) {
		log_info("%s: setting the guest's clock", slept   ? "the host slept"
							  : asked ? "resume"
								  : "the wall clock jumped");
		channel_clock(m);
	} else {
		log_info("the host is awake%s", asked ? "" : ", as its clock tells");
		m->budget = (struct life_budget){0};
		watchdog_reset(m);
		m->woken = true;
		m->restarting = "restarting: the host is awake";
		machine_event(m, LIFE_RESUME);
	}
	m->slept_before_ms = now;
}

static void on_clock(void *arg, short revents)
{
	struct machine *m = arg;

	if (clock_jumped(m->clock.fd))
		sleep_end(m, false);
}

int sleep_watch(struct machine *m, struct err *e)
{
	m->slept_before_ms = wake_asleep_ms();
	m->clock = (struct loop_io){.fd = clock_watch(e), .events = POLLIN, .fn = on_clock};
	m->clock.arg = m;
	if (m->clock.fd < 0)
		return -1;
	loop_io_add(m->loop, &m->clock);
	return 0;
}
