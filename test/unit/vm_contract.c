/*
 * vm_contract: what vm.h promises, kept by every driver.
 *
 * The same cases run against the fake, against bhyve with doubles of its programs
 * (test/freebsd/double.c), and against real QEMU, which boots the guest of vm_guest.h.
 * A subject says how its driver is made to do what a
 * case needs; what only a process can show is tried on QEMU alone.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bhyve_bench.h"
#include "check.h"
#include "vm/qemu.h"
#include "vm_guest.h"

#define WAIT_MS   20000
#define EVENTS    8
#define TEXT_SIZE 4096

static char guest_path[64];
static char junk_path[64];

/* ------------------------------------------------- one machine under test */

struct bench {
	struct loop *loop;
	struct vm *vm;
	unsigned count;
	enum vm_event_kind kinds[EVENTS], wanted;
	enum vm_exit exit;
	char text[TEXT_SIZE]; /* of the last event */
	bool free_at_event, found, starting;
	struct loop_timer timer;
	int fds_before;
	struct bench_keeper keeper; /* bhyve's */
};

static const struct vm_driver *driver;

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void on_event(void *arg, const struct vm_event *event)
{
	struct bench *b = arg;

	if (b->starting)
		CHECK_FAIL("an event from inside a call");
	if (b->count > 0 && b->kinds[b->count - 1] == VM_EVENT_EXITED)
		CHECK_FAIL("an event after EXITED");
	if (b->count < EVENTS)
		b->kinds[b->count++] = event->kind;
	str_copy(b->text, sizeof(b->text), event->text);
	if (event->kind == VM_EVENT_EXITED)
		b->exit = event->exit;
	if (event->kind == b->wanted && !b->found) {
		b->found = true;
		loop_stop(b->loop, 0);
	}
	if (b->free_at_event) {
		driver->free(b->vm);
		b->vm = NULL;
	}
}

static void on_timeout(void *arg)
{
	struct bench *b = arg;

	loop_stop(b->loop, 1);
}

static struct vm_spec small(void)
{
	struct vm_spec s = {.name = "test",
	    .cpus = 1,
	    .memory_mib = 16,
	    .accel = VM_ACCEL_TCG,
	    .ports = {"one", "two.x"},
	    .port_count = 2};

	str_copy(s.kernel, sizeof(s.kernel), guest_path);
	return s;
}

static void setup(struct bench *b, const struct vm_spec *spec)
{
	struct vm_spec with_keeper = *spec;
	struct err e = {0};

	*b = (struct bench){.timer = {.fn = on_timeout, .arg = b}};
	b->fds_before = count_fds();
	if (driver->keeper)
		b->keeper = bench_keeper_start(spec);
	with_keeper.keeper = b->keeper.sock;
	b->loop = loop_new(&e);
	b->starting = true;
	b->vm = driver->start(b->loop, &with_keeper, on_event, b, &e);
	b->starting = false;
	if (b->vm == NULL)
		CHECK_FAIL("start: %s", e.text);
}

/* Nothing is left: no descriptor, no child. */
static void teardown(struct bench *b)
{
	if (b->vm != NULL)
		driver->free(b->vm);
	loop_free(b->loop);
	if (driver->keeper)
		CHECK(!world_has("vmm/test"));
	bench_keeper_stop(&b->keeper);
	CHECK_INT(count_fds(), b->fds_before);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static bool wait_event(struct bench *b, enum vm_event_kind kind, uint64_t ms)
{
	struct err e = {0};
	int result;

	for (unsigned i = 0; i < b->count; i++)
		if (b->kinds[i] == kind)
			return true;
	b->wanted = kind;
	b->found = false;
	loop_timer_set(b->loop, &b->timer, ms);
	result = loop_run(b->loop, &e);
	loop_timer_del(b->loop, &b->timer);
	return result == 0;
}

static bool read_until(int fd, char last, char *text, size_t size)
{
	struct pollfd p = {fd, POLLIN, 0};
	size_t len = 0;

	while (len < size - 1 && poll(&p, 1, WAIT_MS) > 0) {
		if (read(fd, text + len, 1) != 1)
			break;
		text[++len] = '\0';
		if (text[len - 1] == last)
			return true;
	}
	text[len] = '\0';
	return false;
}

/* Let the machine run, until its guest listens. */
static void run_guest(struct bench *b)
{
	char text[64];

	if (driver == &vm_fake)
		vm_fake_act(b->vm, VM_FAKE_RUN);
	CHECK(wait_event(b, VM_EVENT_RUNNING, WAIT_MS));
	if (driver != &vm_fake)
		CHECK(read_until(driver->console_fd(b->vm), GUEST_BANNER, text, sizeof(text)));
}

/* p, r, t, x as in vm_guest.h. */
static void guest_does(struct bench *b, char what)
{
	static const struct {
		char what;
		enum vm_fake_act act;
	} acts[] = {{'p', VM_FAKE_POWER_OFF}, {'r', VM_FAKE_RESET}, {'t', VM_FAKE_RESET},
	    {'x', VM_FAKE_PANIC}};

	if (driver != &vm_fake) {
		CHECK_INT(write(driver->console_fd(b->vm), &what, 1), 1);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (acts[i].what == what)
			vm_fake_act(b->vm, acts[i].act);
}

static void ends(struct bench *b, enum vm_exit exit, const char *words)
{
	CHECK(wait_event(b, VM_EVENT_EXITED, WAIT_MS));
	CHECK_INT(b->exit, exit);
	CHECK_HAS(b->text, words);
	CHECK_INT(driver->pid(b->vm), 0);
}

static void ends_after(char what, enum vm_exit exit, const char *words)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	run_guest(&b);
	guest_does(&b, what);
	ends(&b, exit, words);
	CHECK_INT(b.kinds[0], VM_EVENT_RUNNING);
	if (what == 'x')
		CHECK_INT(b.kinds[1], VM_EVENT_PANICKED);
	CHECK_INT(b.count, what == 'x' ? 3 : 2);
	teardown(&b);
}

/* ---------------------------------------------------- cases of all drivers */

static void guest_powers_off(void)
{
	ends_after('p', VM_EXIT_POWERED_OFF, "powered off");
}

static void guest_resets(void)
{
	ends_after('r', VM_EXIT_RESET, "reboot");
}

static void guest_triple_faults(void)
{
	ends_after('t', VM_EXIT_RESET, "reboot");
}

static void guest_panics(void)
{
	ends_after('x', VM_EXIT_CRASHED, "panicked");
}

static void power_button_is_pressed(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	run_guest(&b);
	b.starting = true;
	driver->power_off(b.vm);
	driver->power_off(b.vm);
	b.starting = false;
	ends(&b, VM_EXIT_POWERED_OFF, "powered off");
	driver->power_off(b.vm);
	driver->kill(b.vm);
	CHECK(!wait_event(&b, VM_EVENT_PAUSED, 50));
	teardown(&b);
}

static void power_button_before_it_runs(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	driver->power_off(b.vm);
	run_guest(&b);
	driver->kill(b.vm);
	ends(&b, VM_EXIT_KILLED, "killed");
	teardown(&b);
}

static void killed_while_it_runs(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	run_guest(&b);
	b.starting = true;
	driver->kill(b.vm);
	driver->kill(b.vm);
	b.starting = false;
	ends(&b, VM_EXIT_KILLED, "killed");
	driver->kill(b.vm);
	CHECK_INT(b.count, 2);
	teardown(&b);
}

static void killed_before_it_runs(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	driver->kill(b.vm);
	ends(&b, VM_EXIT_KILLED, "killed");
	CHECK_INT(b.count, 1);
	teardown(&b);
}

static void freed_while_it_starts(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	teardown(&b);
}

static void freed_while_it_runs(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	run_guest(&b);
	teardown(&b);
	CHECK_INT(b.count, 1);
}

static void freed_by_its_event(void)
{
	static const enum vm_event_kind when[] = {VM_EVENT_RUNNING, VM_EVENT_EXITED};

	for (size_t i = 0; i < ARRAY_LEN(when); i++) {
		struct vm_spec spec = small();
		struct bench b;

		setup(&b, &spec);
		if (when[i] == VM_EVENT_EXITED)
			driver->kill(b.vm);
		else if (driver == &vm_fake)
			vm_fake_act(b.vm, VM_FAKE_RUN);
		b.free_at_event = true;
		CHECK(wait_event(&b, when[i], WAIT_MS));
		CHECK(b.vm == NULL);
		CHECK(!wait_event(&b, VM_EVENT_PAUSED, 50));
		CHECK_INT(b.count, 1);
		teardown(&b);
	}
}

static void freeing_nothing(void)
{
	driver->free(NULL);
}

static void starts_again(void)
{
	for (int i = 0; i < 3; i++)
		ends_after('r', VM_EXIT_RESET, "reboot");
}

static void streams_stay_open_after_the_end(void)
{
	struct vm_spec spec = small();
	struct bench b;
	char c;

	setup(&b, &spec);
	CHECK(driver->port_fd(b.vm, 0) >= 0 && driver->port_fd(b.vm, 1) >= 0);
	CHECK(driver->port_fd(b.vm, 0) != driver->port_fd(b.vm, 1));
	CHECK_INT(driver->port_fd(b.vm, 2), -1);
	CHECK_INT(driver->port_fd(b.vm, 1000), -1);
	run_guest(&b);
	/* Non-blocking: nothing to read is no wait. */
	CHECK(read(driver->port_fd(b.vm, 0), &c, 1) < 0 && errno == EAGAIN);
	if (driver != &vm_fake)
		CHECK_INT(write(driver->console_fd(b.vm), "abcp", 4), 4);
	else
		CHECK_INT(write(vm_fake_guest_console_fd(b.vm), "abc", 3), 3);
	if (driver == &vm_fake)
		vm_fake_act(b.vm, VM_FAKE_POWER_OFF);
	ends(&b, VM_EXIT_POWERED_OFF, "powered off");
	for (const char *want = "abc"; *want != '\0'; want++)
		CHECK(read(driver->console_fd(b.vm), &c, 1) == 1 && c == *want);
	teardown(&b);
}

static void refused_at_once(struct vm_spec *spec, const char *words)
{
	int fds = count_fds();
	struct err e = {0};
	struct bench_keeper keeper = {0};
	struct loop *l;
	struct vm *vm;

	if (driver->keeper)
		keeper = bench_keeper_start(spec);
	spec->keeper = keeper.sock;
	l = loop_new(&e);
	vm = driver->start(l, spec, on_event, NULL, &e);
	if (vm != NULL)
		CHECK_FAIL("it was started: %s", words);
	driver->free(vm);
	CHECK_HAS(e.text, words);
	loop_free(l);
	bench_keeper_stop(&keeper);
	CHECK_INT(count_fds(), fds);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void wrong_values_are_refused(void)
{
	struct vm_spec s = small();

	str_copy(s.kernel, sizeof(s.kernel), "/nonexistent/vmlinux");
	refused_at_once(&s, "kernel /nonexistent/vmlinux: No such file");
	s = small();
	str_copy(s.initrd, sizeof(s.initrd), "/nonexistent/initrd");
	refused_at_once(&s, "initrd /nonexistent/initrd: No such file");
	s = small();
	s.disks[0] = (struct vm_disk){"/nonexistent/root", "airlock-root", true};
	s.disk_count = 1;
	refused_at_once(&s, "disk /nonexistent/root: No such file");
	s.disks[0] = (struct vm_disk){"/dev/null", "", true};
	refused_at_once(&s, "serial of a disk \"\": 1 to 19");
	s.disks[0] = (struct vm_disk){"/dev/null", "a,b", true};
	refused_at_once(&s, "letters, digits");
	s = small();
	s.cpus = 0;
	refused_at_once(&s, "0 processors");
	s = small();
	s.memory_mib = 0;
	refused_at_once(&s, "no memory");
	s = small();
	s.port_count = VM_PORTS_MAX + 1;
	refused_at_once(&s, "too many");
	s = small();
	str_copy(s.ports[1], sizeof(s.ports[1]), "a=b");
	refused_at_once(&s, "port \"a=b\"");
	s = small();
	s.pci_count = 1;
	s.pci[0] = (struct vm_pci){"0000:03:00.0,x", -1};
	refused_at_once(&s, "PCI function \"0000:03:00.0,x");
	s.pci[0] = (struct vm_pci){"03:00.0", -1};
	refused_at_once(&s, "PCI function \"03:00.0\"");
	s.pci_count = VM_PCI_MAX + 1;
	refused_at_once(&s, "17 PCI functions");
	s = small();
	s.name[0] = '\0';
	refused_at_once(&s, "name of a machine");
}

static void check_says_what_it_is(void)
{
	enum vm_accel accel = VM_ACCEL_AUTO;
	char version[64] = "";
	struct err e = {0};

	/* There is none here, but what there is, it says. */
	if (driver == &vm_bhyve) {
		CHECK_INT(driver->check(&accel, version, sizeof(version), &e), -1);
		CHECK_INT(e.kind, ERR_HOST);
	} else {
		CHECK_INT(driver->check(&accel, version, sizeof(version), &e), 0);
	}
	CHECK(accel != VM_ACCEL_AUTO);
	CHECK_HAS(version, driver == &vm_qemu ? "QEMU " : driver->name);
}

/* -------------------------------------------------------- the fake's alone */

static void fake_pauses_and_goes_on(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	run_guest(&b);
	vm_fake_act(b.vm, VM_FAKE_PAUSE);
	CHECK(wait_event(&b, VM_EVENT_PAUSED, WAIT_MS));
	vm_fake_act(b.vm, VM_FAKE_RUN);
	vm_fake_act(b.vm, VM_FAKE_DEAF);
	driver->power_off(b.vm);
	CHECK(!wait_event(&b, VM_EVENT_EXITED, 50));
	vm_fake_act(b.vm, VM_FAKE_CRASH);
	ends(&b, VM_EXIT_CRASHED, "SIGKILL");
	CHECK_INT(b.count, 4);
	teardown(&b);
}

static void fake_loses_a_card(void)
{
	struct vm_spec spec = small();
	struct bench b;

	spec.pci[0] = (struct vm_pci){"0000:03:00.0", -1};
	spec.pci_count = 1;
	setup(&b, &spec);
	run_guest(&b);
	vm_fake_act(b.vm, VM_FAKE_UNPLUG);
	CHECK(wait_event(&b, VM_EVENT_UNPLUGGED, WAIT_MS));
	CHECK_STR(b.text, "0000:03:00.0");
	driver->power_off(b.vm);
	ends(&b, VM_EXIT_POWERED_OFF, "powered off");
	teardown(&b);
}

static void fake_refuses(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	vm_fake_act(b.vm, VM_FAKE_CRASH);
	ends(&b, VM_EXIT_REFUSED, "never ran");
	teardown(&b);
}

static void fake_ports_carry_both_ways(void)
{
	struct vm_spec spec = small();
	struct bench b;
	char text[8];

	setup(&b, &spec);
	CHECK_INT(write(driver->port_fd(b.vm, 1), "down.", 5), 5);
	CHECK_INT(write(vm_fake_guest_fd(b.vm, 1), "up.", 3), 3);
	CHECK(read_until(vm_fake_guest_fd(b.vm, 1), '.', text, sizeof(text)));
	CHECK_STR(text, "down.");
	CHECK(read_until(driver->port_fd(b.vm, 1), '.', text, sizeof(text)));
	CHECK_STR(text, "up.");
	CHECK_INT(vm_fake_guest_fd(b.vm, 2), -1);
	teardown(&b);
}

/* -------------------------------------------------------- real QEMU's alone */

static void qemu_killed_from_outside(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	run_guest(&b);
	CHECK_INT(kill(driver->pid(b.vm), SIGKILL), 0);
	ends(&b, VM_EXIT_CRASHED, "killed by SIGKILL");
	teardown(&b);
}

static void qemu_terminated_from_outside(void)
{
	struct vm_spec spec = small();
	struct bench b;

	setup(&b, &spec);
	run_guest(&b);
	CHECK_INT(kill(driver->pid(b.vm), SIGTERM), 0);
	ends(&b, VM_EXIT_CRASHED, "signal from outside");
	teardown(&b);
}

static void qemu_refuses(struct vm_spec *spec, const char *words)
{
	struct bench b;

	setup(&b, spec);
	ends(&b, VM_EXIT_REFUSED, words);
	CHECK_HAS(b.text, "never ran the guest: it ended by itself with exit status 1: ");
	/* A line of its own, and then the end with the same words. */
	CHECK_INT(b.count, 2);
	CHECK_INT(b.kinds[0], VM_EVENT_SAID);
	teardown(&b);
}

static void qemu_says_why_it_refuses(void)
{
	struct vm_spec s = small();

	str_copy(s.kernel, sizeof(s.kernel), junk_path);
	qemu_refuses(&s, "invalid kernel");
	s = small();
	s.memory_mib = 1u << 31;
	qemu_refuses(&s, "memory");
	s = small();
	s.nics[0] = (struct vm_nic){STDERR_FILENO, {2, 0, 0, 0, 0, 1}};
	s.nic_count = 1;
	qemu_refuses(&s, "net0");
}

static void qemu_takes_disks_and_two_processors(void)
{
	struct vm_spec s = small();
	struct bench b;

	s.cpus = 2;
	s.disks[0] = (struct vm_disk){"", "airlock-root", true};
	str_copy(s.disks[0].path, sizeof(s.disks[0].path), junk_path);
	s.disk_count = 1;
	setup(&b, &s);
	run_guest(&b);
	CHECK_INT(driver->accel(b.vm), VM_ACCEL_TCG);
	guest_does(&b, 'p');
	ends(&b, VM_EXIT_POWERED_OFF, "powered off");
	teardown(&b);
}

/* The text of a file below /proc/PID. */
static char *proc(pid_t pid, const char *name)
{
	char path[64];
	struct err e = {0};
	size_t len;

	str_format(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return file_read(path, 1 << 16, &len, &e);
}

static void qemu_has_no_privileges(void)
{
	struct vm_spec s = small();
	auto_free char *status = NULL, *limits = NULL;
	struct bench b;

	s.uid = 65534;
	s.gid = 65534;
	setup(&b, &s);
	run_guest(&b);
	status = proc(driver->pid(b.vm), "status");
	CHECK_HAS(status, "Uid:\t65534\t65534\t65534\t65534");
	CHECK_HAS(status, "Gid:\t65534\t65534\t65534\t65534");
	CHECK_HAS(status, "CapEff:\t0000000000000000");
	CHECK_HAS(status, "NoNewPrivs:\t1");
	CHECK_HAS(status, "Seccomp:\t2");
	limits = proc(driver->pid(b.vm), "limits");
	CHECK_HAS(limits, "Max core file size        0 ");
	CHECK_HAS(limits, "Max locked memory         0 ");
	CHECK_HAS(limits, "Max file size             0 ");
	guest_does(&b, 'p');
	ends(&b, VM_EXIT_POWERED_OFF, "powered off");
	teardown(&b);
}

static void qemu_inherits_only_what_is_its_own(void)
{
	struct vm_spec s = small();
	auto_fd extra = open("/dev/null", O_RDONLY);
	char path[64], target[256];
	struct bench b;

	/* Without close-on-exec, as a careless library would. */
	CHECK_INT(dup2(extra, 40), 40);
	setup(&b, &s);
	run_guest(&b);
	str_format(path, sizeof(path), "/proc/%d/fd/40", (int)driver->pid(b.vm));
	CHECK(readlink(path, target, sizeof(target)) < 0 && errno == ENOENT);
	str_format(path, sizeof(path), "/proc/%d/fd/%d", (int)driver->pid(b.vm), QEMU_FD_QMP);
	CHECK(readlink(path, target, sizeof(target)) > 0);
	CHECK(strncmp(target, "socket:", 7) == 0);
	teardown(&b);
	close(40);
}

static void all_drivers(void)
{
	RUN(check_says_what_it_is);
	RUN(wrong_values_are_refused);
	RUN(guest_powers_off);
	RUN(guest_resets);
	RUN(guest_triple_faults);
	if (driver != &vm_bhyve) /* which is not told */
		RUN(guest_panics);
	RUN(power_button_is_pressed);
	RUN(power_button_before_it_runs);
	RUN(killed_while_it_runs);
	RUN(killed_before_it_runs);
	RUN(freed_while_it_starts);
	RUN(freed_while_it_runs);
	RUN(freed_by_its_event);
	RUN(freeing_nothing);
	RUN(starts_again);
	RUN(streams_stay_open_after_the_end);
}

static void qemu_alone(void)
{
	RUN(qemu_killed_from_outside);
	RUN(qemu_terminated_from_outside);
	RUN(qemu_says_why_it_refuses);
	RUN(qemu_takes_disks_and_two_processors);
	if (geteuid() == 0)
		RUN(qemu_has_no_privileges);
	else
		printf("ok - qemu_has_no_privileges # SKIP it takes root to give them up\n");
	RUN(qemu_inherits_only_what_is_its_own);
}

int main(void)
{
	char program[128];
	struct err e = {0};

	str_format(guest_path, sizeof(guest_path), "/tmp/vm-contract-%d.elf", (int)getpid());
	str_format(junk_path, sizeof(junk_path), "/tmp/vm-contract-%d.junk", (int)getpid());
	if (guest_write(guest_path, &e) < 0 ||
	    file_replace(junk_path, "no kernel\n", 10, 0644, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	driver = &vm_fake;
	all_drivers();
	RUN(fake_pauses_and_goes_on);
	RUN(fake_loses_a_card);
	RUN(fake_refuses);
	RUN(fake_ports_carry_both_ways);
	driver = &vm_bhyve;
	world_open();
	all_drivers();
	world_close();
	driver = &vm_qemu;
	if (qemu_find(program, sizeof(program), &e) < 0) {
		printf("ok - the contract by QEMU # SKIP %s\n", e.text);
	} else {
		all_drivers();
		qemu_alone();
	}
	unlink(guest_path);
	unlink(junk_path);
	return check_done();
}
