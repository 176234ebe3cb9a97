/*
 * module: puts modules into the kernel, what they need first.
 *
 * finit_module(2) with uncompressed files; a module that is there already is
 * no error.  Soft dependencies are loaded before, and their absence is fine:
 * that is what makes them soft.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest/module.h"

#define TEXT_MAX  (8 << 20)
#define DEPTH_MAX 8

int modules_add(struct modules *m, const char *root, struct err *e)
{
	struct module_set *s = &m->sets[m->count];
	struct err ignored = {0};
	struct utsname u;
	char path[192];
	size_t len;

	if (m->count == MODULE_SETS)
		return err_set(e, 0, "too many sets of modules");
	uname(&u);
	if (!str_format(s->dir, sizeof(s->dir), "%s/lib/modules/%s", root, u.release))
		return err_set(e, ENAMETOOLONG, "modules below %s", root);
	str_format(path, sizeof(path), "%s/modules.dep", s->dir);
	s->dep = file_read(path, TEXT_MAX, &len, e);
	if (s->dep == NULL)
		return err_ctx(e, "no modules of this kernel");
	str_format(path, sizeof(path), "%s/modules.alias", s->dir);
	s->alias = file_read(path, TEXT_MAX, &len, &ignored);
	str_format(path, sizeof(path), "%s/modules.softdep", s->dir);
	s->soft = file_read(path, TEXT_MAX, &len, &ignored);
	m->count++;
	return 0;
}

void modules_fini(struct modules *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->sets[i].dep);
		free(m->sets[i].alias);
		free(m->sets[i].soft);
	}
	m->count = 0;
}

/* Trying again what is there already costs the kernel as much as the first time. */
static bool is_live(const char *path)
{
	struct err ignored = {0};
	auto_free char *text = NULL;
	char name[MODULE_NAME], file[128];
	size_t len;

	moddep_name(path, strlen(path), name);
	str_format(file, sizeof(file), "/sys/module/%s/initstate", name);
	text = file_read(file, 4096, &len, &ignored);
	return text != NULL && strncmp(text, "live", 4) == 0;
}

static int insert(
    const struct module_set *s, const char *path, const char *options, struct err *e)
{
	char full[384];
	auto_fd fd = -1;

	if (is_live(path))
		return 0;
	if (!str_format(full, sizeof(full), "%s/%s", s->dir, path))
		return err_set(e, ENAMETOOLONG, "module %s", path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "module %s", full);
	if (syscall(SYS_finit_module, fd, options, 0) < 0 && errno != EEXIST)
		return err_set(e, errno, "module %s", path);
	log_debug("module %s", path);
	return 0;
}

static int load(
    struct modules *m, const char *name, const char *options, int depth, struct err *e);

static void load_soft(struct modules *m, const char *name, int depth)
{
	char pre[MODULE_NAME];

	for (size_t i = 0; i < m->count; i++) {
		const char *at = m->sets[i].soft;

		while (at != NULL && moddep_soft(&at, name, pre)) {
			struct err e = {0};

			if (load(m, pre, "", depth + 1, &e) < 0)
				log_debug("wanted by %s: %s", name, e.text);
		}
	}
}

/* Put in one module, whose dependencies are there; any set may have the file. */
static int put_in(struct modules *m, const char *name, const char *options, struct err *e)
{
	char path[256];
	const char *deps;

	err_set(e, ENOENT, "module %s", name);
	for (size_t i = 0; i < m->count; i++) {
		if (!moddep_find(m->sets[i].dep, name, path, sizeof(path), &deps))
			continue;
		if (insert(&m->sets[i], path, options, e) == 0) {
			*e = (struct err){0};
			return 0;
		}
		if (e->num != ENOENT)
			break;
	}
	return -1;
}

/* The list is in the order in which it could be unloaded: the last goes first. */
static int load_deps(struct modules *m, const char *deps, int depth, struct err *e)
{
	const char *end = deps + strcspn(deps, "\n");

	while (end > deps) {
		const char *start = end;
		char name[MODULE_NAME];

		while (start > deps && start[-1] != ' ')
			start--;
		if (start < end) {
			moddep_name(start, (size_t)(end - start), name);
			load_soft(m, name, depth);
			if (put_in(m, name, "", e) < 0)
				return -1;
		}
		end = start > deps ? start - 1 : start;
	}
	return 0;
}

static int load_from(struct modules *m, const char *path, const char *deps, const char *options,
    int depth, struct err *e)
{
	char name[MODULE_NAME];

	moddep_name(path, strlen(path), name);
	load_soft(m, name, depth);
	if (load_deps(m, deps, depth, e) < 0)
		return err_ctx(e, "what %s needs", name);
	return put_in(m, name, options, e);
}

static int load(
    struct modules *m, const char *name, const char *options, int depth, struct err *e)
{
	char path[256], real[MODULE_NAME];
	int found = 0, loaded = 0;
	struct err last = {0};
	const char *deps;

	if (depth > DEPTH_MAX)
		return err_set(e, ELOOP, "module %s", name);
	for (size_t i = 0; i < m->count; i++)
		if (moddep_find(m->sets[i].dep, name, path, sizeof(path), &deps))
			return load_from(m, path, deps, options, depth, e);
	/* Of several modules for one purpose, some need what this machine lacks. */
	for (size_t i = 0; i < m->count; i++) {
		const char *at = m->sets[i].alias;

		while (at != NULL && moddep_alias(&at, name, real)) {
			found++;
			if (moddep_find(m->sets[i].dep, real, path, sizeof(path), &deps) &&
			    load_from(m, path, deps, options, depth, &last) == 0)
				loaded++;
		}
	}
	if (loaded > 0)
		return 0;
	*e = last;
	return found > 0 ? -1 : err_set(e, ENOENT, "module %s", name);
}

int module_load(struct modules *m, const char *name, const char *options, struct err *e)
{
	return load(m, name, options, 0, e);
}

void module_load_alias(struct modules *m, const char *alias)
{
	char name[MODULE_NAME];

	for (size_t i = 0; i < m->count; i++) {
		const char *at = m->sets[i].alias;

		while (at != NULL && moddep_alias(&at, alias, name)) {
			struct err e = {0};

			if (load(m, name, "", 0, &e) < 0)
				log_warn("for %s: %s", alias, e.text);
		}
	}
}

static void coldplug_device(struct modules *m, int devices, const char *device)
{
	struct err e = {0};
	auto_free char *text = NULL;
	char path[288];
	size_t len;

	str_format(path, sizeof(path), "%s/modalias", device);
	text = file_read_at(devices, path, 4096, &len, &e);
	if (text == NULL)
		return;
	text[strcspn(text, "\n")] = '\0';
	if (text[0] != '\0')
		module_load_alias(m, text);
}

void module_coldplug(struct modules *m)
{
	DIR *buses = opendir("/sys/bus");
	struct dirent *bus, *device;

	while (buses != NULL && (bus = readdir(buses)) != NULL) {
		char path[300];
		DIR *devices;

		str_format(path, sizeof(path), "/sys/bus/%s/devices", bus->d_name);
		devices = bus->d_name[0] != '.' ? opendir(path) : NULL;
		while (devices != NULL && (device = readdir(devices)) != NULL)
			if (device->d_name[0] != '.')
				coldplug_device(m, dirfd(devices), device->d_name);
		if (devices != NULL)
			closedir(devices);
	}
	if (buses != NULL)
		closedir(buses);
}
