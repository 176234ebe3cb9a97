/*
 * supplicant: when the file is sent, what is made of the guest's answer, and
 * what `reload` hears.  The guest is the test's end of a socket, the privileged
 * process a function that opens and watches a real file.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "daemon/machine.h"
#include "daemon/priv.h"
#include "daemon/watch.h"

static struct machine m;
static char path[64];
static int guest;
static unsigned sent_settings, told_state;
static struct {
	unsigned count;
	int status;
	char text[700];
} reply;

int priv_ask(int sock, enum priv_verb verb, const struct hostnet_op *op, int *fd, struct err *e)
{
	*fd = verb == PRIV_WATCH_SUPPLICANT ? watch_open(path, e) : open(path, O_RDONLY);
	return *fd < 0 && e->kind == 0 ? err_set(e, 2, "open") : *fd < 0 ? -1 : 0;
}

void channel_settings(struct machine *machine)
{
	sent_settings++;
	supplicant_send(machine);
	loop_stop(m.loop, 0);
}

void clients_state(struct machine *machine)
{
	told_state++;
}

void clients_reply(
    struct machine *machine, struct request *r, const struct err *e, const char *text)
{
	reply.count++;
	reply.status = e != NULL ? (int)e->kind : 0;
	str_copy(reply.text, sizeof(reply.text), e != NULL ? e->text : text);
	*r = (struct request){0};
	loop_stop(m.loop, 0);
}

static void on_message(void *arg, struct wire_msg *msg)
{
}

static void on_gone(void *arg, const struct err *why)
{
}

static const struct conn_ops ops = {on_message, on_gone};

static void write_file(const char *text)
{
	struct err e = {0};

	CHECK_INT(file_replace(path, text, strlen(text), 0600, &e), 0);
}

static void begin(const char *text)
{
	struct err e = {0};
	int s[2];

	memset(&m, 0, sizeof(m));
	memset(&reply, 0, sizeof(reply));
	sent_settings = told_state = 0;
	str_copy(path, sizeof(path), "/tmp/airlock-supplicant-XXXXXX");
	CHECK(mkdtemp(path) != NULL);
	str_copy(path + strlen(path), 8, "/a.conf");
	str_copy(m.conf.supplicant, sizeof(m.conf.supplicant), path);
	m.loop = loop_new(&e);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	conn_open(&m.channel, m.loop, s[0], 1 << 20, &ops, &m);
	guest = s[1];
	m.greeted = true;
	if (text != NULL)
		write_file(text);
}

static void end(void)
{
	char *slash = strrchr(path, '/');

	close(guest);
	if (m.supplicant.watch.fn != NULL)
		close(m.supplicant.watch.fd);
	conn_close(&m.channel);
	loop_free(m.loop);
	unlink(path);
	*slash = '\0';
	rmdir(path);
}

/* What the guest got of the file: text, with the last `adopt`. */
static uint8_t received(char *text, size_t size)
{
	static struct wire_reader r;
	struct err e = {0};
	struct wire_msg got;
	uint8_t adopt = 0, *to;
	size_t room;
	ssize_t n;

	memset(&r, 0, sizeof(r));
	text[0] = '\0';
	to = wire_room(&r, &room);
	while ((n = recv(guest, to, room, MSG_DONTWAIT)) > 0) {
		wire_filled(&r, (size_t)n);
		while (wire_next(&r, &got, &e) == 1) {
			CHECK_INT(got.type, WIRE_FILE);
			CHECK(got.file.data.len < size);
			memcpy(text, got.file.data.data, got.file.data.len);
			text[got.file.data.len] = '\0';
			adopt = got.file.adopt;
		}
		to = wire_room(&r, &room);
	}
	return adopt;
}

static void answer(bool refused, const char *reason)
{
	struct wire_msg a = {.type = WIRE_APPLIED};

	a.applied.which = WIRE_FILE_SUPPLICANT;
	a.applied.refused = refused;
	str_copy(a.applied.reason, sizeof(a.applied.reason), reason);
	supplicant_applied(&m, &a);
}

static void give_up(void *arg)
{
	loop_stop(m.loop, 1);
}

/* Let the loop run until settings are sent or a reply is given; 0 in time. */
static int run_for(unsigned ms)
{
	struct loop_timer t = {.fn = give_up};
	struct err e = {0};
	int rc;

	loop_timer_set(m.loop, &t, ms);
	rc = loop_run(m.loop, &e);
	loop_timer_del(m.loop, &t);
	return rc;
}

static void an_edit_is_sent_within_two_seconds(void)
{
	char text[64];

	begin("one");
	supplicant_watch(&m);
	supplicant_send(&m);
	received(text, sizeof(text));
	CHECK_STR(text, "one");
	write_file("two");
	CHECK_INT(run_for(2000), 0);
	received(text, sizeof(text));
	CHECK_STR(text, "two");
	CHECK(m.supplicant.awaited);
	write_file("two"); /* again the same: nothing is sent */
	CHECK_INT(run_for(700), 1);
	CHECK_INT(sent_settings, 1);
	unlink(path); /* away for a moment, as some editors write */
	CHECK_INT(run_for(600), 1);
	write_file("three");
	CHECK_INT(run_for(2000), 0);
	received(text, sizeof(text));
	CHECK_STR(text, "three");
	CHECK_INT(sent_settings, 2);
	end();
}

static void a_file_that_is_gone_is_sent_as_none(void)
{
	char text[64];

	begin("one");
	supplicant_watch(&m);
	supplicant_send(&m);
	unlink(path);
	CHECK_INT(run_for(2000), 0);
	CHECK_STR(m.supplicant.mark, "");
	received(text, sizeof(text));
	CHECK_STR(text, "");
	end();
}

static void reload_waits_for_the_guest(void)
{
	begin("one");
	supplicant_send(&m);
	m.requests[3] = (struct request){.stream = 1, .verb = WIRE_VERB_RELOAD};
	supplicant_reloaded(&m, "reloaded");
	CHECK_INT(reply.count, 0);
	answer(false, "");
	CHECK_INT(reply.count, 1);
	CHECK_INT(reply.status, 0);
	CHECK_STR(reply.text, "reloaded");
	/* Nothing was sent, for there is no guest: at once. */
	m.requests[0] = (struct request){.stream = 2, .verb = WIRE_VERB_RELOAD};
	supplicant_reloaded(&m, "reloaded");
	CHECK_INT(reply.count, 2);
	end();
}

static void a_refusal_is_said_until_a_good_file(void)
{
	begin("one");
	supplicant_send(&m);
	m.requests[0] = (struct request){.stream = 1, .verb = WIRE_VERB_RELOAD};
	supplicant_reloaded(&m, "reloaded");
	answer(true, "Line 3: no end of network\x1b[2J");
	CHECK_INT(reply.status, ERR_CONF);
	CHECK_STR(reply.text,
	    "a.conf is refused: Line 3: no end of network\\x1b[2J; the one before stays in "
	    "use");
	CHECK_STR(m.supplicant.notice, reply.text);
	CHECK_INT(told_state, 1);
	/* A second reload of the same file has the same answer. */
	supplicant_send(&m);
	m.requests[0] = (struct request){.stream = 2, .verb = WIRE_VERB_RELOAD};
	supplicant_reloaded(&m, "reloaded");
	answer(true, "Line 3: no end of network\x1b[2J");
	CHECK_INT(reply.count, 2);
	CHECK_INT(told_state, 1);
	CHECK_INT(reply.status, ERR_CONF);
	answer(false, "");
	CHECK_STR(m.supplicant.notice, "");
	CHECK_INT(told_state, 2);
	end();
}

static void a_refusal_holds_no_passphrase(void)
{
	begin("one");
	answer(true, "Line 5: Invalid passphrase length 7 (expected: 8..63) 'hunter2'.");
	CHECK_HAS(m.supplicant.notice, "Line 5: Invalid passphrase length 7");
	CHECK(strstr(m.supplicant.notice, "hunter2") == NULL);
	end();
}

static void a_guest_that_does_not_answer_is_said(void)
{
	begin("one");
	supplicant_send(&m);
	m.requests[0] = (struct request){.stream = 1, .verb = WIRE_VERB_RELOAD};
	supplicant_reloaded(&m, "reloaded");
	CHECK_INT(run_for(6000), 0);
	CHECK_INT(reply.status, ERR_FAILED);
	CHECK_HAS(reply.text, "did not say within 5 s");
	end();
}

static void what_was_adopted_is_told_once(void)
{
	char text[64], mark[WIRE_FILE_MARK];

	begin("one");
	supplicant_send(&m);
	CHECK_INT(received(text, sizeof(text)), 0);
	supplicant_adopt(&m, wire_file_mark(mark, "two", 3));
	supplicant_send(&m); /* for another reason: nothing is used up */
	CHECK_INT(received(text, sizeof(text)), 0);
	write_file("two");
	supplicant_send(&m);
	CHECK_INT(received(text, sizeof(text)), 1);
	CHECK_STR(text, "two");
	CHECK_STR(m.supplicant.adopted, "");
	write_file("three");
	supplicant_send(&m);
	CHECK_INT(received(text, sizeof(text)), 0);
	write_file("two");
	supplicant_send(&m);
	CHECK_INT(received(text, sizeof(text)), 0);
	/* Another content made the supplicant forget what it was told. */
	supplicant_adopt(&m, wire_file_mark(mark, "five", 4));
	write_file("four");
	supplicant_send(&m);
	write_file("five");
	supplicant_send(&m);
	CHECK_INT(received(text, sizeof(text)), 0);
	end();
}

static void a_wired_guest_gets_no_passphrases(void)
{
	char text[64];

	begin("network={psk=secret}");
	m.card.wired = 1;
	supplicant_send(&m);
	received(text, sizeof(text));
	CHECK_STR(text, "");
	/* And nobody waits for its verdict. */
	m.requests[0].verb = WIRE_VERB_RELOAD;
	supplicant_reloaded(&m, "reloaded");
	CHECK_INT(reply.count, 1);
	CHECK_INT(reply.status, 0);
	end();
}

int main(void)
{
	log_level_set(LEVEL_NONE);
	RUN(an_edit_is_sent_within_two_seconds);
	RUN(a_file_that_is_gone_is_sent_as_none);
	RUN(reload_waits_for_the_guest);
	RUN(a_refusal_is_said_until_a_good_file);
	RUN(a_refusal_holds_no_passphrase);
	RUN(a_guest_that_does_not_answer_is_said);
	RUN(what_was_adopted_is_told_once);
	RUN(a_wired_guest_gets_no_passphrases);
	return check_done();
}
