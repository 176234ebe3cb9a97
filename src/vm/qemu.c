/*
 * qemu: machines by QEMU.
 *
 * QEMU is a child that runs as a user of its own, with a cleared environment
 * and no descriptors but those named on its command line: one half of a socket
 * pair each for its monitor, the console and every port, the taps, the disks.
 * So nothing of a running machine has a name in the file system, and nothing
 * is left there however it ends.
 *
 * What QEMU says on the monitor goes through monitor.c, what it says on
 * standard error is kept by tail.c, and when it has ended end.c says why.  One
 * deadline covers what QEMU has to do by itself: to answer at the start, and
 * to be gone after it closed the monitor or announced the end.
 *
 * Every event is said from a callback of the loop.  Its receiver may free the
 * machine: vm->busy holds the memory until the callback returns.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm/qemu.h"
#include "vm/qmp.h"

#define ANSWER_KVM_MS 10000
#define ANSWER_TCG_MS 20000
#define ENDING_MS     10000
#define CHUNK_BYTES   4096
#define DRAIN_CHUNKS  64

struct qemu {
	struct vm vm; /* first: what the table's functions are given */
	struct monitor monitor;
	struct tail tail;
	struct vm_line line; /* of standard error, so far */
	enum vm_accel accel;
	pid_t pid; /* 0 when it has been reaped */
	bool killed;
	char given_up[256]; /* why the driver killed it, or "" */
	struct qemu_streams streams;
	struct loop_io qmp_io, errors_io;
	struct loop_timer deadline, grace;
	struct loop_child child;
};

static struct qemu *of(struct vm *vm)
{
	return (struct qemu *)vm;
}

/* ------------------------------------------------------------ end of life */

static void unwatch(struct qemu *q)
{
	struct loop *l = q->vm.loop;

	loop_io_del(l, &q->qmp_io);
	loop_io_del(l, &q->errors_io);
	loop_timer_del(l, &q->deadline);
	loop_timer_del(l, &q->grace);
	loop_child_del(l, &q->child);
}

static void release(struct qemu *q)
{
	monitor_fini(&q->monitor);
	free(q);
}

static void qemu_free(struct vm *vm)
{
	struct qemu *q = of(vm);

	if (vm == NULL || vm->freed)
		return;
	unwatch(q);
	if (q->pid > 0) {
		kill(q->pid, SIGKILL);
		while (waitpid(q->pid, NULL, 0) < 0 && errno == EINTR)
			;
		q->pid = 0;
	}
	qemu_streams_close(&q->streams);
	vm->freed = true;
	if (vm->busy == 0)
		release(q);
}

static void enter(struct qemu *q)
{
	q->vm.busy++;
}

static void leave(struct qemu *q)
{
	if (--q->vm.busy == 0 && q->vm.freed)
		release(q);
}

static void qemu_kill(struct vm *vm)
{
	struct qemu *q = of(vm);

	if (q->pid <= 0)
		return;
	q->killed = true;
	kill(q->pid, SIGKILL);
}

static void give_up(struct qemu *q, const char *why)
{
	if (q->pid <= 0)
		return;
	str_copy(q->given_up, sizeof(q->given_up), why);
	kill(q->pid, SIGKILL);
}

/* ----------------------------------------------------------------- events */

/* Say an event; one that is a failure gets QEMU's last words. */
static void say(struct qemu *q, enum vm_event_kind kind, enum vm_exit exit, const char *words)
{
	vm_say(&q->vm, &q->tail, kind, exit, words);
}

static void on_monitor(void *arg, enum vm_event_kind kind, const char *text)
{
	say(arg, kind, VM_EXIT_CRASHED, text);
}

/* After the monitor has changed: send what it wants sent, mind its timers. */
static void sync_monitor(struct qemu *q)
{
	struct monitor *m = &q->monitor;
	struct loop *l = q->vm.loop;
	ssize_t n;

	if (q->vm.freed || q->streams.qmp < 0)
		return;
	while (m->out.len > 0) {
		n = send(q->streams.qmp, m->out.data, m->out.len, MSG_NOSIGNAL);
		if (n <= 0)
			break; /* later, or never: reading will say */
		buf_drop(&m->out, (size_t)n);
	}
	q->qmp_io.events = POLLIN | (m->out.len > 0 ? POLLOUT : 0);
	if (m->answered)
		loop_timer_del(l, &q->deadline);
	if (m->reason != END_UNSEEN)
		loop_timer_set(l, &q->deadline, ENDING_MS);
	if (!m->grace)
		loop_timer_del(l, &q->grace);
	else if (!q->grace.armed)
		loop_timer_set(l, &q->grace, MONITOR_GRACE_MS);
}

/* Read once.  False when there is nothing more now, or nothing more at all. */
static bool read_qmp(struct qemu *q)
{
	char chunk[CHUNK_BYTES];
	struct err e = {0};
	ssize_t n = q->streams.qmp < 0 ? 0 : recv(q->streams.qmp, chunk, sizeof(chunk), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0 && monitor_feed(&q->monitor, chunk, (size_t)n, &e) == 0)
		return true;
	if (n > 0)
		give_up(q, e.text);
	loop_io_del(q->vm.loop, &q->qmp_io);
	if (!q->vm.freed && q->pid > 0)
		loop_timer_set(q->vm.loop, &q->deadline, ENDING_MS);
	fd_close(&q->streams.qmp);
	return false;
}

static bool read_errors(struct qemu *q)
{
	char chunk[CHUNK_BYTES];
	ssize_t n = q->streams.errors < 0 ? 0 : read(q->streams.errors, chunk, sizeof(chunk));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0) {
		vm_say_lines(&q->vm, &q->tail, &q->line, chunk, (size_t)n);
		return true;
	}
	loop_io_del(q->vm.loop, &q->errors_io);
	fd_close(&q->streams.errors);
	return false;
}

static void on_qmp(void *arg, short revents)
{
	struct qemu *q = arg;

	enter(q);
	if (revents & (POLLIN | POLLHUP | POLLERR))
		read_qmp(q);
	sync_monitor(q);
	leave(q);
}

static void on_errors(void *arg, short revents)
{
	struct qemu *q = arg;

	enter(q);
	read_errors(q);
	leave(q);
}

static void on_grace(void *arg)
{
	struct qemu *q = arg;

	enter(q);
	monitor_grace_over(&q->monitor);
	sync_monitor(q);
	leave(q);
}

static void on_deadline(void *arg)
{
	struct qemu *q = arg;

	if (q->monitor.reason != END_UNSEEN)
		kill(q->pid, SIGKILL); /* why it ends is known */
	else if (q->monitor.answered)
		give_up(q, "the hypervisor closed its monitor and did not end");
	else
		give_up(q, "the hypervisor did not answer in time");
}

static void on_child(void *arg, int status)
{
	struct qemu *q = arg;
	struct end end;
	enum vm_exit exit;
	char words[256];

	enter(q);
	q->pid = 0;
	/* Its last words may still lie in the sockets. */
	for (int i = 0; i < DRAIN_CHUNKS && read_qmp(q); i++)
		;
	for (int i = 0; i < DRAIN_CHUNKS && read_errors(q); i++)
		;
	unwatch(q);
	end = (struct end){.killed = q->killed,
	    .ran = q->monitor.ran,
	    .panicked = q->monitor.panicked,
	    .given_up = q->given_up[0] != '\0' ? q->given_up : NULL,
	    .reason = q->monitor.reason,
	    .status = status};
	exit = end_classify(&end, words, sizeof(words));
	say(q, VM_EVENT_EXITED, exit, words);
	leave(q);
}

/* --------------------------------------------------------------- the table */

static int qemu_command_line(const struct vm_spec *spec, struct buf *out, struct err *e)
{
	struct accel_facts facts;
	struct accel_choice choice;
	struct qemu_fds fds;
	size_t start = out->len;

	if (spec->accel == VM_ACCEL_AUTO)
		host_accel_facts(&facts);
	else
		facts = (struct accel_facts){.device = true, .opens = true, .mode = 0666};
	if (accel_choose(spec->accel, &facts, spec->uid, spec->gid, &choice, e) < 0)
		return -1;
	qemu_fds_nominal(&fds);
	qemu_args(spec, "qemu-system-x86_64", choice.accel, &fds, out);
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == '\0')
			out->data[i] = '\n';
	return 0;
}

static void watch(struct qemu *q, struct loop *l, unsigned answer_ms)
{
	unsigned usual = q->accel == VM_ACCEL_KVM ? ANSWER_KVM_MS : ANSWER_TCG_MS;

	q->qmp_io = (struct loop_io){q->streams.qmp, POLLIN, on_qmp, q, NULL};
	q->errors_io = (struct loop_io){q->streams.errors, POLLIN, on_errors, q, NULL};
	q->child = (struct loop_child){q->pid, on_child, q, NULL};
	loop_io_add(l, &q->qmp_io);
	loop_io_add(l, &q->errors_io);
	loop_child_add(l, &q->child);
	loop_timer_set(l, &q->deadline, answer_ms != 0 ? answer_ms : usual);
}

static struct vm *qemu_start(
    struct loop *l, const struct vm_spec *spec, vm_event_fn *fn, void *arg, struct err *e)
{
	struct accel_facts facts;
	struct accel_choice choice;
	struct qemu *q;

	host_accel_facts(&facts);
	if (vm_spec_check(spec, e) < 0 || host_limits_check(spec, e) < 0 ||
	    accel_choose(spec->accel, &facts, spec->uid, spec->gid, &choice, e) < 0)
		return NULL;
	q = calloc(1, sizeof(*q));
	if (q == NULL) {
		err_set(e, ENOMEM, "start a machine");
		return NULL;
	}
	q->vm = (struct vm){.loop = l, .fn = fn, .arg = arg};
	q->monitor.fn = on_monitor;
	q->monitor.arg = q;
	q->deadline = (struct loop_timer){.fn = on_deadline, .arg = q};
	q->grace = (struct loop_timer){.fn = on_grace, .arg = q};
	q->accel = choice.accel;
	qemu_streams_init(&q->streams);
	q->pid = qemu_spawn(spec, &choice, &q->streams, e);
	if (q->pid < 0) {
		qemu_free(&q->vm);
		return NULL;
	}
	log_debug("QEMU is process %d, accelerator %s: %s", (int)q->pid,
	    vm_accel_name(choice.accel), choice.why);
	watch(q, l, spec->answer_ms);
	return &q->vm;
}

static void qemu_power_off(struct vm *vm)
{
	monitor_power_off(&of(vm)->monitor);
	sync_monitor(of(vm));
}

static int qemu_port_fd(struct vm *vm, size_t index)
{
	return index < VM_PORTS_MAX ? of(vm)->streams.ports[index] : -1;
}

static int qemu_console_fd(struct vm *vm)
{
	return of(vm)->streams.console;
}

static pid_t qemu_pid(struct vm *vm)
{
	return of(vm)->pid;
}

static enum vm_accel qemu_accel(struct vm *vm)
{
	return of(vm)->accel;
}

const struct vm_driver vm_qemu = {
    .name = "qemu",
    .check = qemu_check,
    .takes_vfio_fds = qemu_takes_vfio_fds,
    .command_line = qemu_command_line,
    .start = qemu_start,
    .power_off = qemu_power_off,
    .kill = qemu_kill,
    .port_fd = qemu_port_fd,
    .console_fd = qemu_console_fd,
    .pid = qemu_pid,
    .accel = qemu_accel,
    .free = qemu_free,
};
