/* life: the table of the guest's life, and its budget of restarts. */
#include "check.h"
#include "daemon/life.h"

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
	struct life_budget b = {0};
	int64_t want = LIFE_FIRST_MS;

	for (int i = 0; i < LIFE_BUDGET; i++, want *= 2)
		CHECK_INT(life_budget_use(&b, 1000), MIN(want, LIFE_LONGEST_MS));
	CHECK_INT(life_budget_use(&b, 1000 + LIFE_WINDOW_MS - 1), -1);
	CHECK_INT(life_budget_use(&b, 1000 + LIFE_WINDOW_MS), LIFE_FIRST_MS);
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
	RUN(stop_always_ends);
	RUN(final_states_are_final);
	RUN(budget_doubles_and_ends);
	return check_done();
}
