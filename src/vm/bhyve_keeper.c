/*
 * bhyve_keeper: a machine's programs, run by root for a driver that is not.
 *
 * A start is: the specification from the owner, a look at the host, what an earlier run
 * left destroyed, the configuration written, terminal and pipe made; this much is done
 * before the answer.  Then the loader (for a direct boot), then bhyve, then a connection
 * to each port as bhyve makes their sockets, then a look at the machine's counter until
 * the guest has run.  Whatever ends it, the machine's object is destroyed before the
 * driver hears of the end, so that the next start finds nothing.
 *
 * The programs die with this process.  The object does not: keeper_sweep() of the next
 * run destroys it.
 *
 * SIGTERM is bhyve's power button only while the guest has ACPI on; before that it would
 * kill bhyve, so it is sent only to a bhyve that is seen to expect it.
 *
 * It must not wait for the driver, which may be in an enemy's hands: messages that do
 * not fit into the socket end the run.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm/bhyve.h"

#define LOOK_MS    50    /* between looks at a machine that starts */
#define LOOK_SHARE 4     /* looks take at most one part of so many of the time */
#define ANSWER_MS  20000 /* where the specification does not say */
#define HARD_MS    1500  /* from the power cut to SIGKILL */

bool keeper_request_read(const void *data, size_t len, struct keeper_request *r)
{
	if (len != sizeof(*r))
		return false;
	memcpy(r, data, sizeof(*r));
	return r->verb >= KEEPER_START && r->verb <= KEEPER_KILL;
}

/* ------------------------------------------------------- to the driver */

/* The driver is gone, or does not read: nobody is left to run it for. */
static void hang_up(struct keeper *k)
{
	if (k->io.fd < 0)
		return;
	loop_io_del(k->loop, &k->io);
	fd_close(&k->io.fd);
}

/* Its own thread of control may be stuck, so there is a limit to the gentle way. */
static void kill_it(struct keeper *k)
{
	k->unwanted = true; /* a loader that has just ended is followed by nothing */
	if (k->state == KEEPER_UP && !k->hard.armed) {
		bhyve_force_off(k->tools, k->now.name);
		loop_timer_set(k->loop, &k->hard, HARD_MS);
	} else if (k->state == KEEPER_LOADING) {
		kill(k->child.pid, SIGKILL);
	}
}

/* The driver takes nothing more: it is gone, or stuck. */
static void tell(struct keeper *k, struct keeper_message *m, int fd)
{
	struct err e = {0};

	if (k->io.fd < 0 || unix_send(k->io.fd, m, sizeof(*m), fd, &e) == 0)
		return;
	log_warn("the machine process takes no message: %s", e.text);
	hang_up(k);
	kill_it(k);
}

static void tell_kind(struct keeper *k, enum keeper_note kind, int fd)
{
	struct keeper_message m = {.kind = kind, .run = k->run};

	tell(k, &m, fd);
}

/* ------------------------------------------------------------------ end */

static void unwatch(struct keeper *k)
{
	loop_child_del(k->loop, &k->child);
	loop_timer_del(k->loop, &k->look);
	loop_timer_del(k->loop, &k->deadline);
	loop_timer_del(k->loop, &k->hard);
}

/* Nothing of the machine is left after this. */
static void clear(struct keeper *k)
{
	struct err e = {0};

	unwatch(k);
	fd_close(&k->console);
	fd_close(&k->errors);
	k->child.pid = 0;
	k->state = KEEPER_IDLE;
	if (bhyve_destroy(k->tools, k->now.name, &e) < 0)
		log_error("%s", e.text);
	keeper_files_remove(k->dir);
}

static void ended(struct keeper *k, int status, const struct err *e)
{
	struct keeper_message m = {.kind = KEEPER_ENDED,
	    .run = k->run,
	    .status = status,
	    .loading = k->state == KEEPER_LOADING,
	    .late = k->late};

	if (e != NULL)
		m.e = *e;
	m.gone = !m.loading && !bhyve_exists(k->tools, k->now.name);
	m.ran = k->ran || (!m.loading && bhyve_ran(k->tools, k->now.name));
	clear(k);
	tell(k, &m, -1);
}

static void on_hard(void *arg)
{
	struct keeper *k = arg;

	if (k->child.pid > 0)
		kill(k->child.pid, SIGKILL);
}

static void on_deadline(void *arg)
{
	struct keeper *k = arg;

	k->late = true;
	kill_it(k);
}

/* ---------------------------------------------------------------- start */

static int spawn(struct keeper *k, const struct buf *args, size_t count, bool console,
    void (*fn)(void *arg, int status), struct err *e)
{
	auto_free const char **argv = calloc(count + 1, sizeof(*argv));
	const char *at = args->data;
	struct child_spec child = {.argv = argv,
	    .in = console ? k->console : -1,
	    .out = console ? k->console : k->errors,
	    .err = k->errors,
	    .nice = k->now.nice,
	    .die_with_us = true};
	pid_t pid;

	if (argv == NULL)
		return err_set(e, ENOMEM, "start a program");
	for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
		argv[i] = at;
	pid = child_spawn(&child, e);
	if (pid < 0)
		return -1;
	k->child = (struct loop_child){.pid = pid, .fn = fn, .arg = k};
	loop_child_add(k->loop, &k->child);
	return 0;
}

static void on_bhyve_end(void *arg, int status)
{
	struct keeper *k = arg;

	k->child.pid = 0;
	ended(k, status, NULL);
}

static bool connect_ports(struct keeper *k)
{
	bool all = true;

	for (size_t i = 0; i < k->now.port_count; i++) {
		struct keeper_message m = {
		    .kind = KEEPER_PORT, .run = k->run, .index = (uint32_t)i};
		char path[BHYVE_SOCKET];
		struct err ignored = {0};
		auto_fd fd = -1;

		if (k->connected[i])
			continue;
		if (bhyve_port_path(path, k->dir, i, &ignored) == 0)
			fd = unix_connect(path, &ignored);
		if (fd < 0) {
			all = false;
			continue;
		}
		k->connected[i] = true;
		tell(k, &m, fd);
	}
	return all;
}

static void on_look(void *arg)
{
	struct keeper *k = arg;
	uint64_t start = now_ms();

	if (connect_ports(k) && bhyve_ran(k->tools, k->now.name)) {
		k->ran = true;
		loop_timer_del(k->loop, &k->deadline);
		if (k->opened != NULL)
			k->opened(k->arg);
		tell_kind(k, KEEPER_RAN, -1);
		return;
	}
	loop_timer_set(k->loop, &k->look, MAX(LOOK_MS, LOOK_SHARE * (now_ms() - start)));
}

static int run_bhyve(struct keeper *k, struct err *e)
{
	struct keeper_message m = {.kind = KEEPER_RUNNING, .run = k->run};
	struct buf args = {0};
	char path[512];
	int rc;

	keeper_config_path(path, k->dir);
	buf_add(&args, k->tools->bhyve, strlen(k->tools->bhyve) + 1);
	buf_add(&args, "-k", 3);
	buf_add(&args, path, strlen(path) + 1);
	k->state = KEEPER_UP;
	rc = spawn(k, &args, 3, true, on_bhyve_end, e);
	buf_fini(&args);
	/* The end of both must be seen when bhyve has ended. */
	fd_close(&k->console);
	fd_close(&k->errors);
	if (rc < 0)
		return -1;
	m.pid = k->child.pid;
	tell(k, &m, -1);
	loop_timer_set(k->loop, &k->look, LOOK_MS);
	return 0;
}

static void on_loader_end(void *arg, int status)
{
	struct keeper *k = arg;
	struct err e = {0};

	k->child.pid = 0;
	if (status != 0 || k->unwanted || run_bhyve(k, &e) < 0)
		ended(k, status, e.text[0] != '\0' ? &e : NULL);
}

static int run_loader(struct keeper *k, struct err *e)
{
	struct buf args = {0};
	size_t count = bhyve_load_args(&k->now, k->tools->loader, &args);
	int rc;

	k->state = KEEPER_LOADING;
	rc = spawn(k, &args, count, false, on_loader_end, e);
	buf_fini(&args);
	return rc;
}

static int open_streams(struct keeper *k, int *console, int *errors, struct err *e)
{
	int pair[2];

	*console = keeper_console_open(&k->console, e);
	if (*console < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	*errors = pair[0];
	k->errors = pair[1];
	return fd_nonblock(*errors, e);
}

/* What can be refused before anything runs. */
static int prepare(struct keeper *k, int *console, int *errors, struct err *e)
{
	if (k->spec(k->arg, &k->now, e) < 0 || vm_spec_check(&k->now, e) < 0 ||
	    bhyve_check(k->tools, k->now.boot, true, e) < 0 ||
	    keeper_sweep(k->tools, k->now.name, k->dir, e) < 0 || keeper_config_write(k, e) < 0)
		return -1;
	return open_streams(k, console, errors, e);
}

static void start(struct keeper *k, uint32_t run)
{
	struct keeper_message m = {.kind = KEEPER_STARTED, .run = run};
	auto_fd console = -1, errors = -1;
	struct err e = {0};

	if (k->state != KEEPER_IDLE) {
		err_set(&m.e, EBUSY, "a machine runs already");
		tell(k, &m, -1);
		return;
	}
	k->run = run;
	k->ran = k->late = k->unwanted = false;
	memset(k->connected, 0, sizeof(k->connected));
	if (prepare(k, &console, &errors, &m.e) < 0) {
		fd_close(&k->console);
		fd_close(&k->errors);
		tell(k, &m, -1);
		return;
	}
	tell(k, &m, -1);
	tell_kind(k, KEEPER_CONSOLE, console);
	tell_kind(k, KEEPER_ERRORS, errors);
	if (k->io.fd < 0) {
		clear(k);
		return;
	}
	loop_timer_set(
	    k->loop, &k->deadline, k->now.answer_ms != 0 ? k->now.answer_ms : ANSWER_MS);
	if ((k->now.boot == VM_BOOT_DIRECT ? run_loader(k, &e) : run_bhyve(k, &e)) < 0)
		ended(k, 0, &e);
}

/* ------------------------------------------------------------- requests */

static void on_request(void *arg, short revents)
{
	struct keeper *k = arg;
	struct keeper_request r;
	uint8_t data[sizeof(r) + 1];
	struct err e = {0};
	int stray = -1;
	ssize_t n = unix_recv(k->io.fd, data, sizeof(data), &stray, &e);

	fd_close(&stray);
	if (n < 0 && (e.num == EAGAIN || e.num == EINTR))
		return;
	if (n <= 0) {
		hang_up(k);
		kill_it(k);
		return;
	}
	if (!keeper_request_read(data, (size_t)n, &r)) {
		log_error("a request that the keeper does not know");
		return;
	}
	if (r.verb == KEEPER_START)
		start(k, r.run);
	else if (r.run != k->run || k->child.pid <= 0)
		return;
	else if (r.verb == KEEPER_KILL)
		kill_it(k);
	else if (k->state == KEEPER_UP && bhyve_takes_sigterm(k->child.pid))
		kill(k->child.pid, SIGTERM);
	else
		log_debug("the guest does not listen to its power button yet");
}

void keeper_open(struct keeper *k, int sock)
{
	struct err e = {0};

	k->state = KEEPER_IDLE;
	k->console = k->errors = -1;
	k->child.pid = 0;
	k->look = (struct loop_timer){.fn = on_look, .arg = k};
	k->deadline = (struct loop_timer){.fn = on_deadline, .arg = k};
	k->hard = (struct loop_timer){.fn = on_hard, .arg = k};
	k->io = (struct loop_io){.fd = sock, .events = POLLIN, .fn = on_request, .arg = k};
	if (fd_nonblock(sock, &e) < 0)
		log_error("%s", e.text);
	loop_io_add(k->loop, &k->io);
}

void keeper_close(struct keeper *k)
{
	hang_up(k);
	if (k->state == KEEPER_IDLE)
		return;
	unwatch(k);
	if (k->child.pid > 0) {
		kill(k->child.pid, SIGKILL);
		child_wait(k->child.pid);
	}
	clear(k);
}
