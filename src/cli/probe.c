/*
 * probe: what doctor and setup ask the host.
 *
 * Files, processes and units are found under a root, so that a tree of files can play
 * any host.  What cannot be read is simply not there: who asks says what that means.
 * Nothing here changes anything.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/probe.h"

static int run_program(
    const struct probe *p, const char *const *argv, struct buf *out, struct err *e)
{
	return child_run(argv, NULL, out, e);
}

static int ask_hypervisor(const struct probe *p, char *version, size_t size, struct err *e)
{
	enum vm_accel accel = VM_ACCEL_AUTO;

	return cli_host.vm->check(&accel, version, size, e);
}

void probe_host(struct probe *p)
{
	*p = (struct probe){.root = "",
	    .system = cli_host.system,
	    .hostnet = cli_host.hostnet,
	    .processes = cli_host.processes,
	    .run = run_program,
	    .hypervisor = ask_hypervisor};
}

const char *probe_path(const struct probe *p, char *dst, size_t size, const char *path)
{
	/* A path that does not fit must not name something else. */
	if (!str_format(dst, size, "%s%s", p->root, path))
		str_copy(dst, size, "");
	return dst;
}

bool probe_exists(const struct probe *p, const char *path)
{
	char full[PATH_MAX];

	return access(probe_path(p, full, sizeof(full), path), F_OK) == 0;
}

char *probe_read(const struct probe *p, const char *path, size_t *len)
{
	char full[PATH_MAX];
	struct err ignored = {0};
	/* A name that is a pipe must not make us wait. */
	auto_fd fd = open(probe_path(p, full, sizeof(full), path),
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? NULL : fd_read_all(fd, path, PROBE_TEXT_MAX, len, &ignored);
}

bool probe_line(const struct probe *p, const char *path, char *dst, size_t size)
{
	auto_free char *text = probe_read(p, path, NULL);

	str_copy(dst, size, "");
	if (text == NULL)
		return false;
	text[strcspn(text, "\n")] = '\0';
	str_copy(dst, size, text);
	return true;
}

void probe_each(
    const struct probe *p, const char *dir, bool (*fn)(void *arg, const char *name), void *arg)
{
	char full[PATH_MAX];
	struct dirent **list = NULL;
	int n = scandir(probe_path(p, full, sizeof(full), dir), &list, NULL, alphasort);
	bool more = true;

	for (int i = 0; i < n; i++) {
		if (more && list[i]->d_name[0] != '.')
			more = fn(arg, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

/* --- processes */

struct search {
	const struct probe *p;
	const char *comm;
	bool (*fn)(void *arg, const char *args, size_t len);
	void *arg;
	size_t found;
};

/* Where /proc says so for both; a container's NetworkManager has no card of ours. */
static bool is_elsewhere(const struct probe *p, const char *pid)
{
	char path[PATH_MAX], full[PATH_MAX], own[64], its[64];
	ssize_t a, b;

	a = readlink(
	    probe_path(p, full, sizeof(full), "/proc/self/ns/net"), own, sizeof(own) - 1);
	str_format(path, sizeof(path), "/proc/%s/ns/net", pid);
	b = readlink(probe_path(p, full, sizeof(full), path), its, sizeof(its) - 1);
	return a > 0 && b > 0 && (a != b || memcmp(own, its, (size_t)a) != 0);
}

static bool look_at_process(void *arg, const char *name)
{
	struct search *s = arg;
	auto_free char *args = NULL;
	char path[PATH_MAX], comm[32];
	size_t len = 0;

	if (!isdigit((unsigned char)name[0]))
		return true;
	str_format(path, sizeof(path), "/proc/%s/comm", name);
	if (!probe_line(s->p, path, comm, sizeof(comm)) || strcmp(comm, s->comm) != 0 ||
	    is_elsewhere(s->p, name))
		return true;
	s->found++;
	str_format(path, sizeof(path), "/proc/%s/cmdline", name);
	args = probe_read(s->p, path, &len);
	return s->fn == NULL || s->fn(s->arg, args != NULL ? args : "", len);
}

size_t probe_processes(const struct probe *p, const char *comm,
    bool (*fn)(void *arg, const char *args, size_t len), void *arg)
{
	struct search s = {.p = p, .comm = comm, .fn = fn, .arg = arg};

	if (p->processes != NULL)
		return p->processes(comm, fn, arg);
	probe_each(p, "/proc", look_at_process, &s);
	return s.found;
}

/* --- users */

bool probe_user(const struct probe *p, const char *name, uid_t *uid, gid_t *gid)
{
	auto_free char *text = p->root[0] != '\0' ? probe_read(p, "/etc/passwd", NULL) : NULL;
	const struct passwd *pw = p->root[0] == '\0' ? getpwnam(name) : NULL;
	size_t len = strlen(name);
	unsigned u, g;

	if (pw != NULL) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
		return true;
	}
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += line[0] == '\n';
		if (strncmp(line, name, len) != 0 ||
		    sscanf(line + len, ":%*[^:\n]:%u:%u:", &u, &g) != 2)
			continue;
		*uid = u;
		*gid = g;
		return true;
	}
	return false;
}

/* --- units */

struct wants {
	const struct probe *p;
	const char *unit;
	bool found;
};

static bool look_at_wants(void *arg, const char *name)
{
	struct wants *w = arg;
	size_t len = strlen(name);
	char path[PATH_MAX], full[PATH_MAX], target[PATH_MAX];

	if (len < 6 || (strcmp(name + len - 6, ".wants") != 0 &&
			   (len < 9 || strcmp(name + len - 9, ".requires") != 0)))
		return true;
	str_format(path, sizeof(path), "/etc/systemd/system/%s/%s", name, w->unit);
	/* The link is what counts, wherever it leads. */
	w->found =
	    readlink(probe_path(w->p, full, sizeof(full), path), target, sizeof(target)) > 0;
	return !w->found;
}

bool probe_enabled(const struct probe *p, const char *unit)
{
	struct wants w = {.p = p, .unit = unit};

	probe_each(p, "/etc/systemd/system", look_at_wants, &w);
	return w.found;
}

bool probe_unit(const struct probe *p, const char *unit)
{
	static const char *const places[] = {"/etc/systemd/system", "/run/systemd/system",
	    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};
	const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		str_format(path, sizeof(path), "%s/%s", places[i], unit);
		if (probe_exists(p, path))
			return true;
		if (at == NULL || dot == NULL)
			continue;
		str_format(
		    path, sizeof(path), "%s/%.*s@%s", places[i], (int)(at - unit), unit, dot);
		if (probe_exists(p, path))
			return true;
	}
	return false;
}

bool probe_systemd(const struct probe *p)
{
	return probe_exists(p, "/run/systemd/system");
}
