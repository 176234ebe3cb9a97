/*
 * bhyve: machines by FreeBSD's hypervisor.
 *
 * bhyve takes root, and this half has none: it asks a keeper (keeper.h), over a socket
 * that the specification names, and gets back what it works with.  A terminal for the
 * guest's serial line, a pipe with what the programs say on standard error, a connection
 * for each port, and word of how it ends.  It opens no file and starts no process, so it
 * works in capability mode; whether this host can run bhyve at all, the keeper looks at
 * before each start.
 *
 * What bhyve cannot tell: that a guest is paused, that its kernel panicked, that a card
 * was pulled out.  A panic is a reboot here, with the panic's words on the console.
 *
 * A port whose connection ends while bhyve runs has lost bytes (see bhyve_port.c); there
 * is no other way back into step with the guest than a fresh one, so that is a crash.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "vm/bhyve.h"

#define CHUNK_BYTES  4096
#define DRAIN_CHUNKS 64
#define LOST_MS      1500  /* from a lost port to the end that explains it */
#define FREE_MS      10000 /* for the end that free() wants */

struct bhyve {
	struct vm vm; /* first: what the table's functions are given */
	struct loop_io keeper;
	uint32_t run;
	struct tail tail;
	struct vm_line line;
	int console, errors;
	struct loop_io errors_io;
	struct bhyve_port ports[VM_PORTS_MAX];
	size_t port_count;
	struct loop_timer lost;
	pid_t pid;
	bool killed, ran, ended;
	const char *given_up;
};

static struct bhyve *of(struct vm *vm)
{
	return (struct bhyve *)vm;
}

/* ------------------------------------------------------------ the keeper */

static void ask(struct bhyve *b, enum keeper_verb verb)
{
	struct keeper_request r = {.verb = verb, .run = b->run};
	struct err e = {0};

	if (unix_send(b->keeper.fd, &r, sizeof(r), -1, &e) < 0)
		log_debug("ask the keeper: %s", e.text);
}

/* 1 with a message of this run and its descriptor; 0: another's; -1: no more will come. */
static int hear(struct bhyve *b, struct keeper_message *m, int *fd, struct err *e)
{
	ssize_t n = unix_recv(b->keeper.fd, m, sizeof(*m), fd, e);

	if (n == (ssize_t)sizeof(*m) && m->run == b->run) {
		m->e.text[sizeof(m->e.text) - 1] = m->e.hint[sizeof(m->e.hint) - 1] = '\0';
		return 1;
	}
	fd_close(fd);
	if (n < 0)
		return err_ctx(e, "ask the privileged process");
	if (n == 0)
		return err_set(e, 0, "the privileged process is gone");
	return 0;
}

/* ----------------------------------------------------------- end of life */

static void unwatch(struct bhyve *b)
{
	struct loop *l = b->vm.loop;

	loop_io_del(l, &b->keeper);
	loop_io_del(l, &b->errors_io);
	loop_timer_del(l, &b->lost);
}

static void close_streams(struct bhyve *b)
{
	for (size_t i = 0; i < b->port_count; i++)
		bhyve_port_close(&b->ports[i]);
	b->port_count = 0;
	fd_close(&b->console);
	fd_close(&b->errors);
}

/* Wait for the keeper's word that nothing is left. */
static void await_end(struct bhyve *b)
{
	uint64_t until = now_ms() + FREE_MS;

	while (now_ms() < until) {
		struct pollfd p = {b->keeper.fd, POLLIN, 0};
		struct keeper_message m;
		struct err e = {0};
		int fd = -1, heard;

		if (poll(&p, 1, (int)(until - now_ms()) + 1) <= 0)
			continue;
		heard = hear(b, &m, &fd, &e);
		fd_close(&fd);
		if (heard < 0 || (heard == 1 && m.kind == KEEPER_ENDED))
			return;
	}
	log_error("bhyve does not end");
}

static void bhyve_free(struct vm *vm)
{
	struct bhyve *b = of(vm);

	if (vm == NULL || vm->freed)
		return;
	unwatch(b);
	/* First: a program that ends waits until its terminal's bytes are read. */
	close_streams(b);
	if (!b->ended) {
		ask(b, KEEPER_KILL);
		await_end(b);
	}
	vm->freed = true;
	if (vm->busy == 0)
		free(b);
}

static void enter(struct bhyve *b)
{
	b->vm.busy++;
}

static void leave(struct bhyve *b)
{
	if (--b->vm.busy == 0 && b->vm.freed)
		free(b);
}

static bool read_errors(struct bhyve *b)
{
	char chunk[CHUNK_BYTES];
	ssize_t n = b->errors < 0 ? 0 : read(b->errors, chunk, sizeof(chunk));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0) {
		vm_say_lines(&b->vm, &b->tail, &b->line, chunk, (size_t)n);
		return !b->vm.freed;
	}
	loop_io_del(b->vm.loop, &b->errors_io);
	fd_close(&b->errors);
	return false;
}

static void on_ended(struct bhyve *b, const struct keeper_message *m)
{
	char words[sizeof(m->e.text)], said[2048];
	struct bhyve_end end = {.loading = m->loading,
	    .killed = b->killed,
	    .ran = m->ran || b->ran,
	    .gone = m->gone,
	    .given_up = b->given_up,
	    .said = said,
	    .status = m->status};
	enum vm_exit exit = end.ran ? VM_EXIT_CRASHED : VM_EXIT_REFUSED;

	b->pid = 0;
	b->ended = true;
	for (int i = 0; i < DRAIN_CHUNKS && read_errors(b); i++)
		;
	if (b->vm.freed)
		return;
	for (size_t i = 0; i < b->port_count; i++)
		bhyve_port_end(&b->ports[i]);
	unwatch(b);
	if (m->late && !b->killed)
		end.given_up = "the hypervisor did not run the guest in time";
	tail_text(&b->tail, said, sizeof(said));
	if (m->e.text[0] != '\0')
		str_copy(words, sizeof(words), m->e.text);
	else
		exit = bhyve_end(&end, words, sizeof(words));
	vm_say(&b->vm, &b->tail, VM_EVENT_EXITED, exit, words);
}

static void give_up(struct bhyve *b, const char *why)
{
	b->given_up = why;
	ask(b, KEEPER_KILL);
}

static void on_lost_for_good(void *arg)
{
	give_up(arg, "bhyve closed a port, and bytes between host and guest were lost");
}

/* Most often it is the first sign of bhyve's end. */
static void on_lost(void *arg)
{
	struct bhyve *b = arg;

	if (!b->ended && !b->lost.armed)
		loop_timer_set(b->vm.loop, &b->lost, LOST_MS);
}

static void take(struct bhyve *b, struct keeper_message *m, int *fd)
{
	switch ((enum keeper_note)m->kind) {
	case KEEPER_STARTED:
	case KEEPER_CONSOLE:
	case KEEPER_ERRORS: /* all of them are heard by start() */
		break;
	case KEEPER_RUNNING:
		b->pid = m->pid;
		break;
	case KEEPER_PORT:
		if (m->index < b->port_count && *fd >= 0)
			bhyve_port_connect(&b->ports[m->index], fd_take(fd));
		break;
	case KEEPER_RAN:
		b->ran = true;
		vm_emit(&b->vm, VM_EVENT_RUNNING, VM_EXIT_CRASHED, "the guest runs");
		break;
	case KEEPER_ENDED:
		on_ended(b, m);
		break;
	}
	fd_close(fd);
}

static void on_keeper(void *arg, short revents)
{
	struct bhyve *b = arg;
	struct keeper_message m = {0};
	struct err e = {0};
	int fd = -1, heard = hear(b, &m, &fd, &e);

	enter(b);
	if (heard == 1) {
		take(b, &m, &fd);
	} else if (heard < 0) {
		m = (struct keeper_message){.kind = KEEPER_ENDED, .e = e};
		on_ended(b, &m);
	}
	leave(b);
}

static void on_errors(void *arg, short revents)
{
	struct bhyve *b = arg;

	enter(b);
	read_errors(b);
	leave(b);
}

/* --------------------------------------------------------------- the table */

static bool bhyve_takes_vfio_fds(const char *version)
{
	return false;
}

/* The keeper's first three messages: yes or no, terminal, pipe. */
static int begin(struct bhyve *b, struct err *e)
{
	struct keeper_message m;
	int *const wanted[] = {[KEEPER_CONSOLE] = &b->console, [KEEPER_ERRORS] = &b->errors};

	ask(b, KEEPER_START);
	while (b->errors < 0) {
		int fd = -1, heard = hear(b, &m, &fd, e);

		if (heard < 0)
			return -1;
		if (heard == 1 && m.kind == KEEPER_STARTED && m.e.text[0] != '\0') {
			*e = m.e;
			return -1;
		}
		if (heard == 1 && (m.kind == KEEPER_CONSOLE || m.kind == KEEPER_ERRORS))
			*wanted[m.kind] = fd_take(&fd);
		fd_close(&fd);
		if (heard == 1 && m.kind == KEEPER_ENDED)
			return err_set(e, 0, "%s", m.e.text);
	}
	return 0;
}

static void watch(struct bhyve *b)
{
	b->errors_io = (struct loop_io){b->errors, POLLIN, on_errors, b, NULL};
	b->lost = (struct loop_timer){.fn = on_lost_for_good, .arg = b};
	b->keeper.events = POLLIN;
	b->keeper.fn = on_keeper;
	b->keeper.arg = b;
	loop_io_add(b->vm.loop, &b->errors_io);
	loop_io_add(b->vm.loop, &b->keeper);
}

static struct vm *bhyve_start(
    struct loop *l, const struct vm_spec *spec, vm_event_fn *fn, void *arg, struct err *e)
{
	static uint32_t runs; /* so that no message is taken for one of another run */
	struct bhyve *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		err_set(e, ENOMEM, "start a machine");
		return NULL;
	}
	b->vm = (struct vm){.loop = l, .fn = fn, .arg = arg};
	b->console = b->errors = -1;
	b->keeper.fd = spec->keeper;
	b->run = ++runs;
	b->ended = true; /* nothing to be killed yet */
	while (b->port_count < MIN(spec->port_count, (size_t)VM_PORTS_MAX)) {
		if (bhyve_port_open(&b->ports[b->port_count], l, on_lost, b, e) < 0)
			goto fail;
		b->port_count++;
	}
	if (begin(b, e) < 0)
		goto fail;
	b->ended = false;
	watch(b);
	return &b->vm;
fail:
	close_streams(b);
	free(b);
	return NULL;
}

static void bhyve_power_off(struct vm *vm)
{
	if (!of(vm)->ended)
		ask(of(vm), KEEPER_POWER_OFF);
}

static void bhyve_kill(struct vm *vm)
{
	struct bhyve *b = of(vm);

	if (b->ended)
		return;
	b->killed = true;
	ask(b, KEEPER_KILL);
}

static int bhyve_port_fd(struct vm *vm, size_t index)
{
	return index < of(vm)->port_count ? of(vm)->ports[index].user : -1;
}

static int bhyve_console_fd(struct vm *vm)
{
	return of(vm)->console;
}

static pid_t bhyve_pid(struct vm *vm)
{
	return of(vm)->pid;
}

static enum vm_accel bhyve_accel(struct vm *vm)
{
	return VM_ACCEL_VMM;
}

const struct vm_driver vm_bhyve = {
    .name = "bhyve",
    .keeper = true,
    .check = bhyve_driver_check,
    .takes_vfio_fds = bhyve_takes_vfio_fds,
    .command_line = bhyve_command_line,
    .start = bhyve_start,
    .power_off = bhyve_power_off,
    .kill = bhyve_kill,
    .port_fd = bhyve_port_fd,
    .console_fd = bhyve_console_fd,
    .pid = bhyve_pid,
    .accel = bhyve_accel,
    .free = bhyve_free,
};
