/*
 * vm_bhyve_life: everything that can happen to a machine under bhyve.
 *
 * Driver and keeper are the real ones, in two processes as in the daemon; bhyve, bhyvectl
 * and the loader are doubles (test/freebsd/double.c) that play what a case wants.  What
 * they were called with is compared, and that nothing is left after each case.
 */
#include <poll.h>
#include <sys/un.h>

#include "bhyve_bench.h"

#define WAIT_MS 10000

struct bench {
	struct bench_keeper keeper;
	struct loop *loop;
	struct vm *vm;
	struct loop_timer timer;
	bool ran, ended, waits_for_ran;
	unsigned said;
	enum vm_exit exit;
	char text[4096], line[512];
};

static char kernel[96];

static struct vm_spec small(void)
{
	struct vm_spec s = {.name = "test",
	    .cpus = 1,
	    .memory_mib = 96,
	    .command_line = "quiet",
	    .ports = {"airlock", "airlock.sim"},
	    .port_count = 2};

	str_copy(s.kernel, sizeof(s.kernel), kernel);
	return s;
}

static void on_event(void *arg, const struct vm_event *event)
{
	struct bench *b = arg;

	if (event->kind == VM_EVENT_RUNNING)
		b->ran = true;
	if (event->kind == VM_EVENT_SAID) {
		b->said++;
		str_copy(b->line, sizeof(b->line), event->text);
	}
	if (event->kind == VM_EVENT_EXITED) {
		b->ended = true;
		b->exit = event->exit;
		str_copy(b->text, sizeof(b->text), event->text);
	}
	if (b->ended || (b->ran && b->waits_for_ran))
		loop_stop(b->loop, 0);
}

static void on_timeout(void *arg)
{
	loop_stop(((struct bench *)arg)->loop, 1);
}

static int try_start(struct bench *b, const struct vm_spec *spec, struct err *e)
{
	struct vm_spec s = *spec;

	*b = (struct bench){.timer = {.fn = on_timeout, .arg = b}};
	b->keeper = bench_keeper_start(spec);
	s.keeper = b->keeper.sock;
	b->loop = loop_new(e);
	b->vm = vm_bhyve.start(b->loop, &s, on_event, b, e);
	return b->vm != NULL ? 0 : -1;
}

static void start(struct bench *b, const struct vm_spec *spec)
{
	struct err e = {0};

	if (try_start(b, spec, &e) < 0)
		CHECK_FAIL("start: %s", e.text);
}

static bool turn(struct bench *b, uint64_t ms)
{
	struct err e = {0};
	int rc;

	loop_timer_set(b->loop, &b->timer, ms);
	rc = loop_run(b->loop, &e);
	loop_timer_del(b->loop, &b->timer);
	return rc == 0;
}

static void await_ran(struct bench *b)
{
	b->waits_for_ran = true;
	CHECK(b->ran || turn(b, WAIT_MS));
	b->waits_for_ran = false;
	CHECK(b->ran && !b->ended);
}

static void await_end(struct bench *b, enum vm_exit exit, const char *words)
{
	CHECK(b->ended || turn(b, WAIT_MS));
	CHECK_INT(b->exit, exit);
	CHECK_HAS(b->text, words);
}

static void type(struct bench *b, const char *keys)
{
	CHECK_INT(write(vm_bhyve.console_fd(b->vm), keys, strlen(keys)), strlen(keys));
}

static bool any_left(void)
{
	return world_has("vmm/test") || world_has("run/bhyve.conf") || world_has("run/port0") ||
	       world_has("run/port1");
}

static void stop(struct bench *b)
{
	vm_bhyve.free(b->vm);
	loop_free(b->loop);
	bench_keeper_stop(&b->keeper);
	CHECK(!any_left());
	CHECK(bhyve_find("test") == 0);
	world_play(NULL);
}

/* ------------------------------------------------------------------ ends */

static void each_status_of_a_guest_that_ran(void)
{
	static const struct {
		const char *keys;
		enum vm_exit exit;
		const char *words;
	} rows[] = {
	    {"r", VM_EXIT_RESET, "reboot"},
	    {"p", VM_EXIT_POWERED_OFF, "powered off"},
	    {"h", VM_EXIT_CRASHED, "halted"},
	    {"t", VM_EXIT_RESET, "triple fault"},
	    {"e", VM_EXIT_CRASHED, "after an error"},
	    {"S", VM_EXIT_CRASHED, "saved"},
	    {"u", VM_EXIT_CRASHED, "does not know"},
	    {"A", VM_EXIT_CRASHED, "cannot emulate"},
	    {"x", VM_EXIT_RESET, "reboot"},
	    {"i", VM_EXIT_CRASHED, "interrupts: bhyve: vm_setup_pptdev_msi: Input/output"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vm_spec s = small();
		struct bench b;

		start(&b, &s);
		await_ran(&b);
		CHECK(vm_bhyve.pid(b.vm) > 0);
		type(&b, rows[i].keys);
		await_end(&b, rows[i].exit, rows[i].words);
		stop(&b);
	}
}

static void each_refusal(void)
{
	static const struct {
		const char *play, *words;
	} rows[] = {
	    {"bhyve=1", "does not take its configuration: bhyve: it was told to fail"},
	    {"bhyve=4", "could not set the machine up: bhyve: it was told to fail"},
	    {"bhyve=64", "does not take its configuration"},
	    {"bhyve=71", "the system refused bhyve something"},
	    {"loader=64", "not loaded: exit status 64: airlock-load: it was told to fail"},
	    {"loader=71", "not loaded: exit status 71"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vm_spec s = small();
		struct bench b;

		world_play(rows[i].play);
		start(&b, &s);
		await_end(&b, VM_EXIT_REFUSED, rows[i].words);
		CHECK(!b.ran);
		stop(&b);
	}
}

/* A power-off right at the start is none of the guest's unless its processor ran. */
static void quick_ends_are_told_apart(void)
{
	struct vm_spec s = small();
	struct bench b;

	start(&b, &s);
	/* Typed before anybody looks: it ends before the keeper has looked once. */
	type(&b, "p");
	await_end(&b, VM_EXIT_POWERED_OFF, "powered off");
	stop(&b);
}

static void killed_by_a_signal(void)
{
	static const struct {
		int signo;
		const char *play, *words;
	} rows[] = {{SIGKILL, NULL, "SIGKILL"}, {SIGTERM, "no-acpi", "SIGTERM from outside"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vm_spec s = small();
		struct bench b;

		world_play(rows[i].play);
		start(&b, &s);
		await_ran(&b);
		CHECK_INT(kill(vm_bhyve.pid(b.vm), rows[i].signo), 0);
		await_end(&b, VM_EXIT_CRASHED, rows[i].words);
		stop(&b);
	}
}

static void destroyed_from_outside(void)
{
	struct vm_spec s = small();
	const char *argv[] = {world.bhyvectl, "--vm=test", "--destroy", NULL};
	struct bench b;

	start(&b, &s);
	await_ran(&b);
	CHECK_INT(child_run(argv, NULL, NULL, NULL), 0);
	await_end(&b, VM_EXIT_CRASHED, "destroyed from outside");
	stop(&b);
}

/* ------------------------------------------------------------ how it is run */

static void what_is_called(void)
{
	struct vm_spec s = small();
	auto_free char *calls = NULL;
	char want[512];
	struct bench b;
	char *at;

	world_forget();
	start(&b, &s);
	await_ran(&b);
	type(&b, "p");
	await_end(&b, VM_EXIT_POWERED_OFF, "powered off");
	stop(&b);
	calls = world_calls();
	str_format(want, sizeof(want),
	    "airlock-load -n test -m 96 -k %s -c quiet\n"
	    "bhyve -k %s/bhyve.conf\n"
	    "bhyvectl --vm=test --get-stats\n",
	    kernel, world.run);
	CHECK(calls != NULL && strncmp(calls, want, strlen(want)) == 0);
	/* The last is the end of it, and there is one. */
	at = strstr(calls, "bhyvectl --vm=test --destroy\n");
	CHECK(at != NULL && at[strlen("bhyvectl --vm=test --destroy\n")] == '\0');
}

static void uefi_needs_no_loader(void)
{
	struct vm_spec s = small();
	auto_free char *calls = NULL;
	struct bench b;

	s.boot = VM_BOOT_UEFI;
	str_copy(s.disks[0].path, sizeof(s.disks[0].path), kernel);
	str_copy(s.disks[0].serial, sizeof(s.disks[0].serial), "airlock-boot");
	s.disks[0].read_only = true;
	s.disk_count = 1;
	world_file("rom.fd", "rom");
	world_forget();
	start(&b, &s);
	await_ran(&b);
	type(&b, "r");
	await_end(&b, VM_EXIT_RESET, "reboot");
	stop(&b);
	world_file("rom.fd", NULL);
	calls = world_calls();
	CHECK(strstr(calls, "airlock-load") == NULL);
	CHECK_HAS(calls, "bhyve -k ");
}

static void a_reboot_loads_anew(void)
{
	auto_free char *calls = NULL;
	unsigned loads = 0;

	world_forget();
	for (int i = 0; i < 5; i++) {
		struct vm_spec s = small();
		struct bench b;

		start(&b, &s);
		await_ran(&b);
		type(&b, "r");
		await_end(&b, VM_EXIT_RESET, "reboot");
		stop(&b);
	}
	calls = world_calls();
	for (char *at = calls; (at = strstr(at, "airlock-load ")) != NULL; at++)
		loads++;
	CHECK_INT(loads, 5);
}

/* One keeper serves one machine after another, as in the daemon. */
static void one_keeper_serves_many(void)
{
	struct vm_spec s = small();
	struct err e = {0};
	struct bench b;

	start(&b, &s);
	s.keeper = b.keeper.sock;
	for (int i = 0; i < 4; i++) {
		await_ran(&b);
		type(&b, i % 2 ? "r" : "e");
		await_end(&b, i % 2 ? VM_EXIT_RESET : VM_EXIT_CRASHED, "");
		vm_bhyve.free(b.vm);
		b.ran = b.ended = false;
		b.vm = vm_bhyve.start(b.loop, &s, on_event, &b, &e);
		CHECK(b.vm != NULL);
	}
	/* A second one beside it is none. */
	CHECK(vm_bhyve.start(b.loop, &s, on_event, &b, &e) == NULL);
	CHECK_HAS(e.text, "a machine runs already");
	await_ran(&b);
	stop(&b);
}

/* -------------------------------------------------------------- stop it */

static void the_button_waits_for_acpi(void)
{
	struct vm_spec s = small();
	struct bench b;

	world_play("no-acpi");
	start(&b, &s);
	await_ran(&b);
	vm_bhyve.power_off(b.vm);
	CHECK(!turn(&b, 300));
	CHECK(!b.ended);
	vm_bhyve.kill(b.vm);
	await_end(&b, VM_EXIT_KILLED, "killed as asked");
	stop(&b);
}

static void stopped_during_the_boot(void)
{
	struct vm_spec s = small();
	struct bench b;

	world_play("still");
	start(&b, &s);
	vm_bhyve.power_off(b.vm);
	CHECK(!turn(&b, 300));
	vm_bhyve.power_off(b.vm);
	vm_bhyve.kill(b.vm);
	await_end(&b, VM_EXIT_KILLED, "killed as asked");
	CHECK(!b.ran);
	stop(&b);
}

static void what_is_stuck_is_killed(void)
{
	struct vm_spec s = small();
	struct bench b;

	world_play("stuck");
	start(&b, &s);
	await_ran(&b);
	vm_bhyve.kill(b.vm);
	CHECK(!turn(&b, 500));
	await_end(&b, VM_EXIT_KILLED, "killed as asked");
	stop(&b);
}

static void a_guest_that_never_runs(void)
{
	struct vm_spec s = small();
	struct bench b;

	s.answer_ms = 700;
	world_play("still stuck");
	start(&b, &s);
	await_end(&b, VM_EXIT_REFUSED, "did not run the guest in time");
	stop(&b);
}

/* ------------------------------------------------------------ left-overs */

static void what_a_killed_run_left(void)
{
	struct vm_spec s = small();
	struct err e = {0};
	struct bench b;

	start(&b, &s);
	await_ran(&b);
	CHECK_INT(kill(b.keeper.pid, SIGKILL), 0);
	await_end(&b, VM_EXIT_CRASHED, "the privileged process is gone");
	vm_bhyve.free(b.vm);
	loop_free(b.loop);
	fd_close(&b.keeper.sock);
	child_wait(b.keeper.pid);
	/* bhyve has died with it; the object and the sockets are there. */
	for (int i = 0; i < 100 && bhyve_find("test") != 0; i++)
		usleep(10000);
	CHECK(world_has("vmm/test") && world_has("run/port0"));
	CHECK_INT(keeper_sweep(&world.tools, "test", world.run, &e), 1);
	CHECK(!any_left());
	CHECK_INT(keeper_sweep(&world.tools, "test", world.run, &e), 0);
	world_file("test.pid", NULL);
}

static void the_next_start_clears_up(void)
{
	struct vm_spec s = small();
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct bench b;

	world_file("vmm/test", "1812\n");
	str_format(at.sun_path, sizeof(at.sun_path), "%s/port0", world.run);
	CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	start(&b, &s);
	await_ran(&b);
	stop(&b);
}

static void somebody_elses_is_left_alone(void)
{
	struct vm_spec s = small();
	struct err e = {0};
	struct bench b;
	char path[160];
	pid_t other;

	str_format(path, sizeof(path), "%s/other", world.dir);
	mkdir(path, 0755);
	str_format(path, sizeof(path), "%s/other/bhyve", world.dir);
	CHECK_INT(symlink("/bin/sh", path), 0);
	world_file("vmm/test", "1812\n");
	other = fork();
	if (other == 0) {
		execl(path, "bhyve", "-c", "sleep 20; :", "test", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 100 && bhyve_find("test") != other; i++)
		usleep(10000);
	CHECK_INT(try_start(&b, &s, &e), -1);
	CHECK_HAS(e.text, "a bhyve that airlock did not start runs a machine \"test\"");
	CHECK_INT(e.kind, ERR_HOST);
	loop_free(b.loop);
	bench_keeper_stop(&b.keeper);
	CHECK(world_has("vmm/test"));
	kill(other, SIGKILL);
	child_wait(other);
	world_file("vmm/test", NULL);
}

static void what_cannot_be_destroyed(void)
{
	struct vm_spec s = small();
	struct err e = {0};
	struct bench b;

	world_file("vmm/test", "1812\n");
	world_play("stays");
	CHECK_INT(try_start(&b, &s, &e), -1);
	CHECK_HAS(e.text, "the machine test cannot be destroyed");
	CHECK_HAS(e.hint, "bhyvectl --vm=test --destroy");
	loop_free(b.loop);
	bench_keeper_stop(&b.keeper);
	world_file("vmm/test", NULL);
	world_play(NULL);
}

static void the_drivers_process_is_gone(void)
{
	struct vm_spec s = small();
	struct bench b;
	pid_t bhyve;

	start(&b, &s);
	await_ran(&b);
	bhyve = vm_bhyve.pid(b.vm);
	/* As its end would: nothing is asked any more. */
	bench_keeper_stop(&b.keeper);
	CHECK(kill(bhyve, 0) < 0 && errno == ESRCH);
	CHECK(!any_left());
	b.keeper.sock = -1;
	turn(&b, 100);
	CHECK(b.ended);
	vm_bhyve.free(b.vm);
	loop_free(b.loop);
}

/* ----------------------------------------------------------------- ports */

/* Everything that `fd` gives until there are `want` bytes. */
static size_t collect(struct bench *b, int fd, uint8_t *bytes, size_t want)
{
	uint64_t until = now_ms() + WAIT_MS;
	size_t len = 0;

	while (len < want && now_ms() < until) {
		ssize_t n = read(fd, bytes + len, want - len);

		if (n > 0)
			len += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			break;
		else
			turn(b, 20);
	}
	return len;
}

static void bursts_are_paced(void)
{
	enum { BYTES = 200000 };
	static uint8_t sent[BYTES], got[BYTES];
	struct vm_spec s = small();
	uint64_t began;
	size_t at = 0, len = 0;
	struct bench b;
	int fd;

	for (size_t i = 0; i < BYTES; i++)
		sent[i] = (uint8_t)(i * 2654435761u >> 13);
	start(&b, &s);
	fd = vm_bhyve.port_fd(b.vm, 0);
	/* Before there is a bhyve: it waits. */
	CHECK_INT(write(fd, sent, 1000), 1000);
	at = 1000;
	await_ran(&b);
	began = now_ms();
	while (len < BYTES && now_ms() < began + WAIT_MS) {
		ssize_t n = at < BYTES ? write(fd, sent + at, BYTES - at) : 0;

		at += n > 0 ? (size_t)n : 0;
		len += collect(&b, fd, got + len, MIN((size_t)4096, at - len));
	}
	CHECK_INT(len, BYTES);
	CHECK(memcmp(sent, got, BYTES) == 0);
	/* 48 chunks and a rest, 16 of them in a tenth of a second. */
	CHECK(now_ms() - began >= 200);
	stop(&b);
}

static void a_lost_port_is_a_crash(void)
{
	struct vm_spec s = small();
	struct bench b;

	start(&b, &s);
	await_ran(&b);
	type(&b, "l");
	await_end(&b, VM_EXIT_CRASHED, "bytes between host and guest were lost");
	stop(&b);
}

static void what_was_said_last_can_be_read(void)
{
	struct vm_spec s = small();
	uint8_t got[8];
	struct bench b;

	start(&b, &s);
	await_ran(&b);
	CHECK_INT(write(vm_bhyve.port_fd(b.vm, 1), "echo", 4), 4);
	CHECK_INT(collect(&b, vm_bhyve.port_fd(b.vm, 1), got, 4), 4);
	type(&b, "sp");
	await_end(&b, VM_EXIT_POWERED_OFF, "powered off");
	CHECK_INT(b.said, 1);
	CHECK_STR(b.line, "a line of bhyve");
	CHECK_INT(read(vm_bhyve.port_fd(b.vm, 1), got, 1), 0);
	stop(&b);
}

/* ---------------------------------------------------------- what is missing */

static void refused(const char *file, enum vm_boot boot, const char *words, const char *hint)
{
	struct vm_spec s = small();
	char away[160], path[160];
	struct err e = {0};
	struct bench b;

	str_format(path, sizeof(path), "%s/%s", world.dir, file);
	str_format(away, sizeof(away), "%s/away", world.dir);
	rename(path, away);
	s.boot = boot;
	str_copy(s.disks[0].path, sizeof(s.disks[0].path), kernel);
	str_copy(s.disks[0].serial, sizeof(s.disks[0].serial), "airlock-boot");
	s.disk_count = boot == VM_BOOT_UEFI;
	CHECK_INT(try_start(&b, &s, &e), -1);
	CHECK_HAS(e.text, words);
	CHECK_HAS(e.hint, hint);
	CHECK_INT(e.kind, ERR_HOST);
	loop_free(b.loop);
	bench_keeper_stop(&b.keeper);
	rename(away, path);
	CHECK(!any_left());
}

static void what_a_host_lacks(void)
{
	refused("bhyve", VM_BOOT_DIRECT, "there is no bhyve", "pkg install");
	refused("bhyvectl", VM_BOOT_DIRECT, "there is no bhyvectl", "pkg install");
	refused(
	    "airlock-load", VM_BOOT_DIRECT, "the loader of guests is missing", "pkg install");
	refused("vmmctl", VM_BOOT_DIRECT, "vmm", "kldload vmm");
	refused("rom.fd", VM_BOOT_UEFI, "needs a firmware", "pkg install bhyve-firmware");
}

int main(void)
{
	world_open();
	str_format(kernel, sizeof(kernel), "%s/vmlinux", world.dir);
	world_file("vmlinux", "a kernel");
	RUN(each_status_of_a_guest_that_ran);
	RUN(each_refusal);
	RUN(quick_ends_are_told_apart);
	RUN(killed_by_a_signal);
	RUN(destroyed_from_outside);
	RUN(what_is_called);
	RUN(uefi_needs_no_loader);
	RUN(a_reboot_loads_anew);
	RUN(one_keeper_serves_many);
	RUN(the_button_waits_for_acpi);
	RUN(stopped_during_the_boot);
	RUN(what_is_stuck_is_killed);
	RUN(a_guest_that_never_runs);
	RUN(what_a_killed_run_left);
	RUN(the_next_start_clears_up);
	RUN(somebody_elses_is_left_alone);
	RUN(what_cannot_be_destroyed);
	RUN(the_drivers_process_is_gone);
	RUN(bursts_are_paced);
	RUN(a_lost_port_is_a_crash);
	RUN(what_was_said_last_can_be_read);
	RUN(what_a_host_lacks);
	world_close();
	return check_done();
}
