/* life: the table of the guest's life, and its budget of restarts. */
#include "check.h"
#include "daemon/life.h"
#include "daemon/wake.h"

static enum life_state feed(const enum life_event *events, size_t count, enum life_action *last)
{
	enum life_state state = LIFE_IDLE;

	*last = LIFE_IGNORE;
	for (size_t i = 0; i < count; i++) {
		struct life_cell cell = life_on(state, events[i]);

		state = cell.next;
		*last = cell.action;
	}
	return state;
}

#define FEED(last, ...)                              \
	feed((const enum life_event[]){__VA_ARGS__}, \
	    sizeof((const enum life_event[]){__VA_ARGS__}) / sizeof(enum life_event), last)

static void crash_is_restarted(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_CRASHED), LIFE_WAITING);
	CHECK_INT(last, LIFE_SCHEDULE);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_CRASHED, LIFE_RETRY), LIFE_BOOTING);
	CHECK_INT(last, LIFE_LAUNCH);
}

static void powered_off_guest_stays_off(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_POWERED_OFF), LIFE_DOWN);
	CHECK_INT(last, LIFE_FINISH);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_POWERED_OFF, LIFE_RETRY), LIFE_DOWN);
	CHECK_INT(last, LIFE_IGNORE);
}

static void stop_asks_then_kills(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_STOP), LIFE_STOPPING);
	CHECK_INT(last, LIFE_POWER_OFF);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_STOP, LIFE_TIMEOUT), LIFE_STOPPING);
	CHECK_INT(last, LIFE_KILL);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_STOP, LIFE_CRASHED), LIFE_DOWN);
}

static void stop_while_booting_kills_at_once(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_STOP), LIFE_STOPPING);
	CHECK_INT(last, LIFE_KILL);
}

static void stop_while_waiting_ends(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_CRASHED, LIFE_STOP), LIFE_DOWN);
	CHECK_INT(last, LIFE_FINISH);
}

static void violation_kills_and_restarts(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_VIOLATION), LIFE_CRASHING);
	CHECK_INT(last, LIFE_KILL);
	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_VIOLATION, LIFE_CRASHED), LIFE_WAITING);
	CHECK_INT(last, LIFE_SCHEDULE);
}

static void first_start_that_is_refused_fails(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_REFUSED), LIFE_FAILED);
	CHECK_INT(last, LIFE_FINISH);
}

static void restart_starts_again_at_once(void)
{
	enum life_action last;

	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_RESTART, LIFE_POWERED_OFF), LIFE_BOOTING);
	CHECK_INT(last, LIFE_LAUNCH);
}

/* ------------------------------------------------------------------ sleep */

static void suspend_asks_then_kills(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND), LIFE_SUSPENDING);
	CHECK_INT(last, LIFE_HURRY);
	FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_TIMEOUT);
	CHECK_INT(last, LIFE_KILL);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_POWERED_OFF),
	    LIFE_SUSPENDED);
	CHECK_INT(last, LIFE_SLEEP);
}

static void a_crash_on_the_way_to_sleep_is_as_good_as_off(void)
{
	enum life_action last;

	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_CRASHED), LIFE_SUSPENDED);
	CHECK_INT(last, LIFE_SLEEP);
	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_REFUSED), LIFE_SUSPENDED);
}

static void suspend_while_booting_kills_at_once(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_SUSPEND), LIFE_SUSPENDING);
	CHECK_INT(last, LIFE_KILL);
}

/* Nothing runs then, and the backoff's end must not launch it. */
static void suspend_during_the_backoff_sleeps_at_once(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_CRASHED, LIFE_SUSPEND), LIFE_SUSPENDED);
	CHECK_INT(last, LIFE_SLEEP);
	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_CRASHED, LIFE_SUSPEND, LIFE_RETRY), LIFE_SUSPENDED);
	CHECK_INT(last, LIFE_IGNORE);
}

static void suspend_takes_a_restart_over(void)
{
	enum life_action last;

	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_RESTART, LIFE_SUSPEND), LIFE_SUSPENDING);
	CHECK_INT(last, LIFE_HURRY);
}

static void a_stop_that_meets_a_sleep_hurries_and_stays_a_stop(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_STOP, LIFE_SUSPEND), LIFE_STOPPING);
	CHECK_INT(last, LIFE_HURRY);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_STOP), LIFE_STOPPING);
	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_POWERED_OFF, LIFE_STOP),
	    LIFE_DOWN);
	CHECK_INT(last, LIFE_FINISH);
}

static void resume_launches_what_sleeps(void)
{
	enum life_action last;

	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_POWERED_OFF, LIFE_RESUME),
	    LIFE_BOOTING);
	CHECK_INT(last, LIFE_LAUNCH);
	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_POWERED_OFF, LIFE_RESTART),
	    LIFE_BOOTING);
	CHECK_INT(last, LIFE_LAUNCH);
}

static void resume_on_the_way_to_sleep_comes_back_after_it_is_off(void)
{
	enum life_action last;

	CHECK_INT(
	    FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_RESUME), LIFE_RESTARTING);
	CHECK_INT(last, LIFE_KILL);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_SUSPEND, LIFE_RESUME, LIFE_CRASHED),
	    LIFE_BOOTING);
	CHECK_INT(last, LIFE_LAUNCH);
}

static void a_guest_that_slept_unasked_is_started_afresh(void)
{
	enum life_action last;

	CHECK_INT(FEED(&last, LIFE_START, LIFE_HELLO, LIFE_RESUME), LIFE_RESTARTING);
	CHECK_INT(last, LIFE_KILL);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_RESUME), LIFE_RESTARTING);
	CHECK_INT(FEED(&last, LIFE_START, LIFE_CRASHED, LIFE_RESUME), LIFE_BOOTING);
	CHECK_INT(last, LIFE_LAUNCH);
}

/* Whatever it was doing: nothing launches a guest while the host is on its way to sleep. */
static void nothing_but_a_wish_ends_a_sleep(void)
{
	for (int state = 0; state < LIFE_DOWN; state++) {
		enum life_state s = life_on((enum life_state)state, LIFE_SUSPEND).next;

		CHECK(s == LIFE_SUSPENDING || s == LIFE_SUSPENDED || s == LIFE_STOPPING);
		for (int event = 0; event < LIFE_EVENTS; event++) {
			struct life_cell c = life_on(s, (enum life_event)event);
			bool wish = event == LIFE_RESTART || event == LIFE_RESUME;

			CHECK(wish || c.action != LIFE_LAUNCH);
			CHECK(wish || c.next == LIFE_SUSPENDING || c.next == LIFE_SUSPENDED ||
			      c.next == LIFE_STOPPING || c.next == LIFE_DOWN);
		}
	}
}

/* ------------------------------------------------- what a wake-up means */

static void one_wake_up_is_heard_twice_and_restarts_once(void)
{
	/* The clock says that the host slept, then the hook says it too. */
	CHECK(wake_restarts(CONF_RESUME_RESTART, LIFE_UP, false, true));
	CHECK(!wake_restarts(CONF_RESUME_RESTART, LIFE_BOOTING, true, false));
	/* The other way round. */
	CHECK(wake_restarts(CONF_RESUME_RESTART, LIFE_SUSPENDED, true, true));
	CHECK(!wake_restarts(CONF_RESUME_RESTART, LIFE_BOOTING, false, false));
}

static void a_clock_that_was_set_wakes_nobody(void)
{
	for (int state = 0; state < LIFE_STATES; state++)
		CHECK(
		    !wake_restarts(CONF_RESUME_RESTART, (enum life_state)state, false, false));
}

static void resume_wakes_who_sleeps_by_every_method(void)
{
	for (int method = CONF_RESUME_RESTART; method <= CONF_RESUME_NONE; method++) {
		enum conf_resume by = (enum conf_resume)method;

		CHECK(wake_restarts(by, LIFE_SUSPENDED, true, false));
		CHECK(wake_restarts(by, LIFE_SUSPENDING, true, false));
		CHECK(wake_restarts(by, LIFE_SUSPENDED, false, true));
		CHECK_INT(wake_restarts(by, LIFE_UP, true, true), by != CONF_RESUME_NONE);
		CHECK_INT(wake_restarts(by, LIFE_UP, false, true), by != CONF_RESUME_NONE);
		CHECK(!wake_restarts(by, LIFE_UP, true, false));
	}
}

static void two_clocks_read_in_turn_are_no_sleep(void)
{
	CHECK(!wake_slept(1000, 1000));
	CHECK(!wake_slept(1000, 1000 + WAKE_LEAST_MS - 1));
	CHECK(!wake_slept(1000, 990));
	CHECK(wake_slept(1000, 1000 + WAKE_LEAST_MS));
	CHECK(wake_slept(-5, INT64_C(1) << 40));
}

/* A stop that was asked for is never forgotten, whatever comes after it. */
static void stop_always_ends(void)
{
	for (int state = 0; state < LIFE_DOWN; state++) {
		enum life_state s = life_on((enum life_state)state, LIFE_STOP).next;

		for (int event = 0; event < LIFE_EVENTS; event++) {
			enum life_state next = life_on(s, (enum life_event)event).next;

			CHECK(next == LIFE_STOPPING || next == LIFE_DOWN);
		}
		CHECK_INT(life_on(s, LIFE_CRASHED).next, LIFE_DOWN);
	}
}

static void final_states_are_final(void)
{
	for (int event = 0; event < LIFE_EVENTS; event++) {
		CHECK_INT(life_on(LIFE_DOWN, (enum life_event)event).next, LIFE_DOWN);
		CHECK_INT(life_on(LIFE_FAILED, (enum life_event)event).next, LIFE_FAILED);
		CHECK_INT(life_on(LIFE_FAILED, (enum life_event)event).action, LIFE_IGNORE);
	}
}

static void budget_doubles_and_ends(void)
{
	static const struct life_limits *const all[] = {&life_crashes, &life_dead_radios};

	for (size_t n = 0; n < ARRAY_LEN(all); n++) {
		const struct life_limits *l = all[n];
		struct life_budget b = {0};
		int64_t want = l->first_ms;

		for (unsigned i = 0; i < l->count; i++, want *= 2)
			CHECK_INT(life_budget_use(&b, l, 1000), MIN(want, l->longest_ms));
		CHECK_INT(life_budget_use(&b, l, 1000 + l->window_ms - 1), -1);
		CHECK_INT(life_budget_use(&b, l, 1000 + l->window_ms), l->first_ms);
	}
}

int main(void)
{
	RUN(crash_is_restarted);
	RUN(powered_off_guest_stays_off);
	RUN(stop_asks_then_kills);
	RUN(stop_while_booting_kills_at_once);
	RUN(stop_while_waiting_ends);
	RUN(violation_kills_and_restarts);
	RUN(first_start_that_is_refused_fails);
	RUN(restart_starts_again_at_once);
	RUN(suspend_asks_then_kills);
	RUN(a_crash_on_the_way_to_sleep_is_as_good_as_off);
	RUN(suspend_while_booting_kills_at_once);
	RUN(suspend_during_the_backoff_sleeps_at_once);
	RUN(suspend_takes_a_restart_over);
	RUN(a_stop_that_meets_a_sleep_hurries_and_stays_a_stop);
	RUN(resume_launches_what_sleeps);
	RUN(resume_on_the_way_to_sleep_comes_back_after_it_is_off);
	RUN(a_guest_that_slept_unasked_is_started_afresh);
	RUN(nothing_but_a_wish_ends_a_sleep);
	RUN(one_wake_up_is_heard_twice_and_restarts_once);
	RUN(a_clock_that_was_set_wakes_nobody);
	RUN(resume_wakes_who_sleeps_by_every_method);
	RUN(two_clocks_read_in_turn_are_no_sleep);
	RUN(stop_always_ends);
	RUN(final_states_are_final);
	RUN(budget_doubles_and_ends);
	return check_done();
}
