/*
 * vm_qmp: QEMU's monitor, decoded and followed, by transcripts as recorded
 * from QEMU 7.2 and by what no QEMU would say.
 */
#include "check.h"
#include "vm/qmp.h"

#define GREETING                                                                           \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, " \
	"\"package\": \"Debian 1:7.2+dfsg-7+deb12u18+b3\"}, \"capabilities\": [\"oob\"]}}\r\n"
#define TIME    "{\"timestamp\": {\"seconds\": 1795293815, \"microseconds\": 199131}, "
#define CAPS_OK "{\"return\": {}, \"id\": 1}\r\n"
#define CONT_OK "{\"return\": {}, \"id\": 2}\r\n"
#define RESUME  TIME "\"event\": \"RESUME\"}\r\n"
#define STOP    TIME "\"event\": \"STOP\"}\r\n"
#define STATUS(s, r)                                                                  \
	"{\"return\": {\"status\": \"" s "\", \"singlestep\": false, \"running\": " r \
	"}, \"id\": 3}\r\n"
#define RUNS    STATUS("running", "true")
#define STARTED GREETING CAPS_OK RESUME CONT_OK RUNS
#define SHUTDOWN(reason)                                                                  \
	TIME "\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"" reason \
	     "\"}}\r\n"
#define PANICKED(action) \
	TIME "\"event\": \"GUEST_PANICKED\", \"data\": {\"action\": \"" action "\"}}\r\n"

/* What the monitor said, one letter an event. */
static char said[32];
static char said_text[128];

static void on_event(void *arg, enum vm_event_kind kind, const char *text)
{
	static const char letters[] = {[VM_EVENT_RUNNING] = 'R',
	    [VM_EVENT_PAUSED] = 'P',
	    [VM_EVENT_PANICKED] = 'X',
	    [VM_EVENT_UNPLUGGED] = 'U',
	    [VM_EVENT_EXITED] = '?'};
	size_t len = strlen(said);

	CHECK(arg == said);
	if (len < sizeof(said) - 1)
		said[len] = letters[kind];
	str_copy(said_text, sizeof(said_text), text);
}

static struct monitor fresh(void)
{
	memset(said, 0, sizeof(said));
	return (struct monitor){.fn = on_event, .arg = said};
}

static void feed(struct monitor *m, const char *text)
{
	struct err e = {0};

	if (monitor_feed(m, text, strlen(text), &e) < 0)
		CHECK_FAIL("%s", e.text);
}

/* What is to be sent, taken as a driver would. */
static void sent(struct monitor *m, const char *want)
{
	CHECK_STR(m->out.len > 0 ? m->out.data : "", want);
	buf_drop(&m->out, m->out.len);
}

static void handshake(void)
{
	struct monitor m = fresh();

	feed(&m, GREETING);
	sent(&m,
	    "{\"execute\":\"qmp_capabilities\",\"id\":1}\n{\"execute\":\"cont\",\"id\":2}\n"
	    "{\"execute\":\"query-status\",\"id\":3}\n");
	CHECK(!m.answered);
	feed(&m, CAPS_OK);
	CHECK_STR(said, "");
	feed(&m, RESUME CONT_OK);
	CHECK_STR(said, "R");
	feed(&m, RUNS);
	CHECK(m.answered && m.ran && !m.grace);
	CHECK_STR(said, "R");
	sent(&m, "");
	monitor_fini(&m);
}

static void any_cut_is_the_same(void)
{
	const char *all = STARTED PANICKED("pause") STOP SHUTDOWN("guest-panic");

	for (size_t step = 1; step < 70; step++) {
		struct monitor m = fresh();
		struct err e = {0};

		for (size_t at = 0; at < strlen(all); at += step)
			CHECK_INT(
			    monitor_feed(&m, all + at, MIN(step, strlen(all) - at), &e), 0);
		CHECK_STR(said, "RX");
		CHECK_INT(m.reason, END_GUEST_PANIC);
		monitor_fini(&m);
	}
}

static void reasons_of_shutdown(void)
{
	struct monitor m = fresh();

	feed(&m, STARTED);
	CHECK_INT(m.reason, END_UNSEEN);
	feed(&m, TIME "\"event\": \"POWERDOWN\"}\r\n" SHUTDOWN("guest-shutdown"));
	CHECK_INT(m.reason, END_GUEST_SHUTDOWN);
	CHECK_STR(said, "R");
	monitor_fini(&m);
	m = fresh();
	feed(&m, STARTED SHUTDOWN("guest-reset"));
	CHECK_INT(m.reason, END_GUEST_RESET);
	monitor_fini(&m);
	m = fresh();
	feed(&m, STARTED TIME "\"event\": \"SHUTDOWN\"}\n");
	CHECK_INT(m.reason, END_OTHER);
	monitor_fini(&m);
}

static void a_panic_is_said_once(void)
{
	struct monitor m = fresh();

	feed(&m, STARTED PANICKED("pause") STOP PANICKED("poweroff") SHUTDOWN("guest-panic"));
	CHECK_STR(said, "RX");
	CHECK(m.panicked && !m.grace);
	monitor_fini(&m);
}

static void an_emulation_failure_is_a_pause(void)
{
	struct monitor m = fresh();

	feed(&m, STARTED);
	buf_drop(&m.out, m.out.len);
	feed(&m, STOP);
	CHECK(m.grace);
	CHECK_STR(said, "R");
	monitor_grace_over(&m);
	sent(&m, "{\"execute\":\"query-status\",\"id\":3}\n");
	CHECK(m.grace);
	feed(&m, STATUS("internal-error", "false"));
	CHECK_STR(said, "RP");
	CHECK_HAS(said_text, "\"internal-error\"");
	CHECK(!m.grace);
	feed(&m, RESUME);
	CHECK_STR(said, "RPR");
	monitor_fini(&m);
}

static void a_short_stop_is_nothing(void)
{
	struct monitor m = fresh();

	feed(&m, STARTED STOP RESUME);
	CHECK_STR(said, "R");
	CHECK(!m.grace);
	/* Resumed while it was asked: the answer may be older than the resume. */
	feed(&m, STOP);
	monitor_grace_over(&m);
	feed(&m, RESUME RUNS);
	CHECK_STR(said, "R");
	monitor_fini(&m);
}

static void a_guest_that_never_starts_is_a_pause(void)
{
	struct monitor m = fresh();

	feed(&m, GREETING CAPS_OK CONT_OK STATUS("io-error", "false"));
	CHECK(m.answered && m.grace && !m.ran);
	monitor_grace_over(&m);
	/* And QEMU has ceased to answer. */
	monitor_grace_over(&m);
	CHECK_STR(said, "P");
	CHECK_HAS(said_text, "\"io-error\"");
	CHECK(!m.grace);
	monitor_fini(&m);
}

static void a_stop_on_the_way_out_is_nothing(void)
{
	struct monitor m = fresh();

	feed(&m, STARTED STOP SHUTDOWN("guest-shutdown"));
	CHECK(!m.grace);
	monitor_grace_over(&m);
	CHECK_STR(said, "R");
	monitor_fini(&m);
}

static void the_power_button(void)
{
	struct monitor m = fresh();

	monitor_power_off(&m);
	sent(&m, "");
	feed(&m, GREETING);
	CHECK_HAS(m.out.data,
	    "query-status\",\"id\":3}\n{\"execute\":\"system_powerdown\",\"id\":4}\n");
	/* Pressed for ever while nothing can be sent: nothing piles up. */
	for (int i = 0; i < 1000; i++)
		monitor_power_off(&m);
	CHECK(m.out.len < 256);
	buf_drop(&m.out, m.out.len);
	feed(&m, CAPS_OK RESUME CONT_OK RUNS);
	monitor_power_off(&m);
	sent(&m, "{\"execute\":\"system_powerdown\",\"id\":4}\n");
	/* A refusal is no failure. */
	feed(&m, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": 4}\n");
	monitor_fini(&m);
}

static void refused(const char *text, size_t len, const char *why)
{
	struct monitor m = fresh();
	struct err e = {0};

	CHECK_INT(monitor_feed(&m, text, len, &e), -1);
	CHECK_HAS(e.text, why);
	monitor_fini(&m);
}

static void nonsense_is_refused(void)
{
	static char line[QMP_LINE_MAX + 2];
	size_t much = sizeof(line);

#define REFUSED(text, why) refused(text, strlen(text), why)
	REFUSED("hello\n", "monitor");
	REFUSED("{}\n", "none of the known kinds");
	REFUSED("[]\n", "none of the known kinds");
	REFUSED("{\"event\": 1}\n", "none of the known kinds");
	REFUSED("{\"event\": \"\xff\"}\n", "monitor");
	REFUSED(
	    GREETING "{\"error\": {\"desc\": \"a\\u001b[31mb\"}, \"id\": 1}\n", "a\\x1b[31mb");
	REFUSED(GREETING "{\"error\": 7}\n", "refuses");
	refused("{\"a\0b\": 1}\n", 11, "monitor");
	memset(line, ' ', much);
	refused(line, much, "more than");
	line[much - 1] = '\n';
	refused(line, much, "more than");
	memset(line, '[', much);
	line[much / 2] = '\n';
	refused(line, much, "monitor");
#undef REFUSED
}

#define DELETED(data) TIME "\"event\": \"DEVICE_DELETED\", \"data\": " data "}\r\n"

/* What the host took away, and nothing else that can go. */
static void a_card_that_goes_is_named(void)
{
	struct monitor m = fresh();

	feed(&m, STARTED);
	feed(&m, DELETED("{\"path\": \"/machine/peripheral-anon/device[3]\"}"));
	feed(&m, DELETED("{\"device\": \"net0\", \"path\": \"/machine\"}"));
	feed(&m, DELETED("{\"device\": 7}") DELETED("[]"));
	CHECK_STR(said, "R");
	feed(&m, DELETED("{\"device\": \"pci-0000.03.00.0\", \"path\": \"/machine\"}"));
	CHECK_STR(said, "RU");
	CHECK_STR(said_text, "0000:03:00.0");
	feed(&m, SHUTDOWN("host-qmp-quit") DELETED("{\"device\": \"pci-0000.03.00.0\"}"));
	CHECK_STR(said, "RU");
	monitor_fini(&m);
}

static void what_does_not_matter_is_ignored(void)
{
	struct monitor m = fresh();

	feed(&m, "\r\n\n" STARTED);
	feed(&m, GREETING);
	feed(&m,
	    "{\"return\": {}, \"id\": 99}\n{\"return\": [], \"id\": \"x\"}\n{\"return\": 1}\n");
	feed(&m, "{\"event\": \"NIC_RX_FILTER_CHANGED\", \"data\": [1, {\"a\": null}]}\n");
	feed(&m, "{\"event\": \"RESET\", \"data\": {\"guest\": true}}\n");
	CHECK_STR(said, "R");
	CHECK(!m.grace && m.reason == END_UNSEEN);
	monitor_fini(&m);
}

static void strings_are_bounded(void)
{
	char line[1024], many[600];
	struct qmp_message msg;
	struct err e = {0};

	memset(many, 'm', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	str_format(line, sizeof(line), "{\"return\":{\"status\":\"%s\"},\"id\":3}", many);
	CHECK_INT(qmp_decode(line, strlen(line), &msg, &e), 0);
	CHECK_INT(strlen(msg.status), sizeof(msg.status) - 1);
	CHECK_INT(msg.id, 3);
	CHECK(!msg.running);
	str_format(line, sizeof(line), "{\"error\":{\"desc\":\"%s\"}}", many);
	CHECK_INT(qmp_decode(line, strlen(line), &msg, &e), 0);
	CHECK_INT(strlen(msg.text), sizeof(msg.text) - 1);
	CHECK_INT(msg.id, 0);
}

int main(void)
{
	RUN(handshake);
	RUN(any_cut_is_the_same);
	RUN(reasons_of_shutdown);
	RUN(a_panic_is_said_once);
	RUN(an_emulation_failure_is_a_pause);
	RUN(a_short_stop_is_nothing);
	RUN(a_guest_that_never_starts_is_a_pause);
	RUN(a_stop_on_the_way_out_is_nothing);
	RUN(the_power_button);
	RUN(nonsense_is_refused);
	RUN(a_card_that_goes_is_named);
	RUN(what_does_not_matter_is_ignored);
	RUN(strings_are_bounded);
	return check_done();
}
