/*
 * bhyve_bench: the driver of bhyve with its keeper, on the doubles of test/freebsd.
 *
 * A world is a directory below /tmp with the doubles under the names of the real
 * programs.  The keeper runs in a process of its own, as in the daemon.
 */
#ifndef TEST_UNIT_BHYVE_BENCH_H
#define TEST_UNIT_BHYVE_BENCH_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "vm/bhyve.h"

struct world {
	char dir[64], run[80];
	char bhyve[96], bhyvectl[96], loader[96], control[96], machines[96], firmware[96];
	struct keeper_tools tools;
};

static struct world world;

static inline void world_file(const char *name, const char *text)
{
	char path[160];
	struct err e = {0};

	str_format(path, sizeof(path), "%s/%s", world.dir, name);
	unlink(path);
	if (text != NULL && file_replace(path, text, strlen(text), 0644, &e) < 0)
		CHECK_FAIL("%s", e.text);
}

/* What the doubles are to do; NULL: nothing special. */
static inline void world_play(const char *words)
{
	world_file("play", words);
}

static inline bool world_has(const char *name)
{
	char path[160];

	str_format(path, sizeof(path), "%s/%s", world.dir, name);
	return access(path, F_OK) == 0;
}

/* The doubles' calls so far, one a line; the caller frees them. */
static inline char *world_calls(void)
{
	char path[160];
	struct err e = {0};
	size_t len;

	str_format(path, sizeof(path), "%s/calls", world.dir);
	return file_read(path, 1 << 16, &len, &e);
}

static inline void world_forget(void)
{
	world_file("calls", "");
}

static inline void world_open(void)
{
	static const char *const names[] = {"bhyve", "bhyvectl", "airlock-load"};
	char path[160];

	str_format(world.dir, sizeof(world.dir), "/tmp/airlock-bhyve-%d", (int)getpid());
	mkdir(world.dir, 0755);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		str_format(path, sizeof(path), "%s/%s", world.dir, names[i]);
		if (symlink(BSD_DOUBLE, path) < 0)
			CHECK_FAIL("%s", path);
	}
	str_format(world.run, sizeof(world.run), "%s/run", world.dir);
	str_format(world.bhyve, sizeof(world.bhyve), "%s/bhyve", world.dir);
	str_format(world.bhyvectl, sizeof(world.bhyvectl), "%s/bhyvectl", world.dir);
	str_format(world.loader, sizeof(world.loader), "%s/airlock-load", world.dir);
	str_format(world.control, sizeof(world.control), "%s/vmmctl", world.dir);
	str_format(world.machines, sizeof(world.machines), "%s/vmm", world.dir);
	str_format(world.firmware, sizeof(world.firmware), "%s/rom.fd", world.dir);
	mkdir(world.run, 0755);
	mkdir(world.machines, 0755);
	world_file("vmmctl", "");
	world.tools = (struct keeper_tools){world.bhyve, world.bhyvectl, world.loader,
	    world.control, world.machines, world.firmware, 15};
}

static inline void world_clear(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		char path[512];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		str_format(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (unlink(path) < 0 && errno == EISDIR)
			world_clear(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

static inline void world_close(void)
{
	world_clear(world.dir);
}

/* --------------------------------------------------------------- keeper */

struct bench_keeper {
	pid_t pid;
	int sock; /* for vm_spec.keeper */
};

static inline int bench_spec(void *arg, struct vm_spec *spec, struct err *e)
{
	const struct vm_spec *given = arg;

	*spec = *given;
	return 0;
}

struct bench_end {
	struct keeper *keeper;
	struct loop_timer timer;
};

/* The daemon's first process sees the driver's process end; here the socket says it. */
static inline void bench_look(void *arg)
{
	struct bench_end *end = arg;

	if (end->keeper->io.fd < 0)
		loop_stop(end->keeper->loop, 0);
	else
		loop_timer_set(end->keeper->loop, &end->timer, 20);
}

static inline void bench_keeper_main(int sock, struct vm_spec *spec)
{
	struct err e = {0};
	struct keeper k = {
	    .tools = &world.tools, .dir = world.run, .spec = bench_spec, .arg = spec};
	struct bench_end end = {.keeper = &k, .timer = {.fn = bench_look, .arg = &end}};

	for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
		if (fd != sock)
			close(fd);
	k.loop = loop_new(&e);
	if (k.loop == NULL)
		_exit(1);
	keeper_open(&k, sock);
	loop_timer_set(k.loop, &end.timer, 20);
	if (loop_run(k.loop, &e) < 0)
		_exit(1);
	keeper_close(&k);
	_exit(0);
}

/* A keeper whose owner says `spec`.  Before the caller has a loop. */
static inline struct bench_keeper bench_keeper_start(const struct vm_spec *spec)
{
	struct bench_keeper b = {0};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		CHECK_FAIL("socketpair");
	fflush(stdout);
	b.pid = fork();
	if (b.pid == 0) {
		struct vm_spec own = *spec;

		bench_keeper_main(pair[1], &own);
	}
	close(pair[1]);
	b.sock = pair[0];
	return b;
}

/* It ends, with all that it runs. */
static inline void bench_keeper_stop(struct bench_keeper *b)
{
	if (b->pid <= 0)
		return;
	fd_close(&b->sock);
	CHECK_INT(child_wait(b->pid), 0);
	b->pid = 0;
}

#endif
