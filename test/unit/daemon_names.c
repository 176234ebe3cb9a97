/*
 * names: the name server is applied again after another program, not too often, and
 * never because of ourselves.  The privileged process is functions of the test, with
 * a real file and a real watch; what is ours begins with "ours".
 */
#include <unistd.h>

#include "check.h"
#include "daemon/machine.h"
#include "daemon/priv.h"
#include "daemon/watch.h"

static struct machine m;
static char path[64];
static unsigned applies, looks, told;
static unsigned rivals; /* how often another program answers an apply at once */
static bool by_file;

static void write_file(const char *text)
{
	struct err e = {0};

	CHECK_INT(file_replace(path, text, strlen(text), 0600, &e), 0);
}

static bool is_ours(void)
{
	struct err e = {0};
	size_t len;
	auto_free char *text = file_read(path, 4096, &len, &e);

	return text != NULL && strncmp(text, "ours", 4) == 0;
}

int priv_ask(int sock, enum priv_verb verb, const struct hostnet_op *op, int *fd, struct err *e)
{
	CHECK_INT(verb, PRIV_APPLY);
	CHECK_INT(op->kind, HOSTNET_RESOLVER);
	applies++;
	write_file("ours");
	if (rivals > 0) {
		rivals--;
		write_file("theirs");
	}
	return 0;
}

int priv_holds(int sock, const struct hostnet_op *op, int *fd, struct err *e)
{
	looks++;
	*fd = by_file ? watch_open(path, e) : -1;
	return !by_file || is_ours();
}

void clients_state(struct machine *machine)
{
	told++;
}

static void on_over(void *arg)
{
	loop_stop(m.loop, 0);
}

static void run_ms(uint64_t ms)
{
	struct loop_timer over = {.fn = on_over};
	struct err e = {0};

	loop_timer_set(m.loop, &over, ms);
	CHECK_INT(loop_run(m.loop, &e), 0);
}

static void begin(void)
{
	struct err e = {0};

	memset(&m, 0, sizeof(m));
	applies = looks = told = rivals = 0;
	by_file = true;
	str_copy(path, sizeof(path), "/tmp/airlock-names-XXXXXX");
	CHECK(mkdtemp(path) != NULL);
	str_copy(path + strlen(path), 16, "/resolv.conf");
	write_file("ours");
	m.loop = loop_new(&e);
	m.plan.ops[0].kind = HOSTNET_UP;
	m.plan.ops[1].kind = HOSTNET_RESOLVER;
	m.plan.count = 2;
	names_follow(&m);
}

static void end(void)
{
	m.plan.count = 0;
	names_follow(&m);
	CHECK_INT(m.names.watch.fd, -1);
	loop_free(m.loop);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static void what_another_writes_is_answered_once(void)
{
	begin();
	CHECK_INT(looks, 1);
	write_file("theirs");
	run_ms(400);
	CHECK_INT(applies, 0); /* it may not be done writing */
	run_ms(2000);
	CHECK_INT(applies, 1);
	CHECK(is_ours());
	CHECK_INT(m.names.budget.used, 1);
	CHECK_INT(told, 0);
	/* Our own writing was looked at, and no more. */
	looks = 0;
	run_ms(1500);
	CHECK_INT(looks, 0);
	CHECK_INT(applies, 1);
	end();
}

static void pauses_grow(void)
{
	begin();
	rivals = 2;
	write_file("theirs");
	/* 0.5 s of quiet and of pause, then 1 s of pause, then 2 s. */
	run_ms(3000);
	CHECK_INT(applies, 2);
	run_ms(2000);
	CHECK_INT(applies, 3);
	CHECK(is_ours());
	CHECK_STR(m.names.notice, "");
	end();
}

static void a_fight_is_left_with_words(void)
{
	begin();
	m.names.budget = (struct life_budget){.window_start_ms = now_ms(), .used = 6};
	write_file("theirs");
	run_ms(1500);
	CHECK_INT(applies, 0);
	CHECK_HAS(m.names.notice, "/etc/resolv.conf");
	CHECK_HAS(m.names.notice, "airlock reload");
	CHECK(strlen(m.names.notice) + 1 < sizeof(m.names.notice));
	CHECK_INT(told, 1);
	/* Whatever is written now changes nothing of that. */
	write_file("theirs, too");
	run_ms(1500);
	CHECK_INT(applies, 0);
	CHECK_INT(told, 1);
	names_retry(&m);
	run_ms(1000);
	CHECK_INT(applies, 1);
	CHECK(is_ours());
	CHECK_STR(m.names.notice, "");
	CHECK_INT(told, 2);
	end();
}

static void the_other_may_give_back_what_is_ours(void)
{
	begin();
	m.names.budget = (struct life_budget){.window_start_ms = now_ms(), .used = 6};
	write_file("theirs");
	run_ms(1000);
	CHECK(m.names.notice[0] != '\0');
	write_file("ours");
	run_ms(1000);
	CHECK_STR(m.names.notice, "");
	CHECK(!m.names.again.armed);
	CHECK_INT(applies, 0);
	end();
}

/* Two machines wake at once: one of them brings both back. */
static void another_machine_may_be_faster(void)
{
	begin();
	write_file("theirs");
	run_ms(700);
	CHECK(m.names.again.armed);
	write_file("ours and another's");
	run_ms(1300);
	CHECK_INT(applies, 0);
	CHECK(!m.names.again.armed);
	end();
}

static void nothing_is_done_while_offline(void)
{
	begin();
	write_file("theirs");
	run_ms(700);
	CHECK(m.names.again.armed);
	m.plan.count = 1;
	names_follow(&m);
	CHECK(!m.names.again.armed && !m.names.settle.armed);
	write_file("theirs, too");
	run_ms(1500);
	CHECK_INT(applies, 0);
	end();
}

static void another_way_is_not_watched(void)
{
	begin();
	by_file = false;
	names_follow(&m);
	CHECK_INT(m.names.watch.fd, -1);
	write_file("theirs");
	run_ms(1200);
	CHECK_INT(applies, 0);
	end();
}

int main(void)
{
	log_level_set(LEVEL_NONE);
	RUN(what_another_writes_is_answered_once);
	RUN(pauses_grow);
	RUN(a_fight_is_left_with_words);
	RUN(the_other_may_give_back_what_is_ours);
	RUN(another_machine_may_be_faster);
	RUN(nothing_is_done_while_offline);
	RUN(another_way_is_not_watched);
	return check_done();
}
