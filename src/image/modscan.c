/*
 * modscan: looks into modules that nobody has asked for by name.
 *
 * Which module drives a device stands in the modules alone: a kernel package
 * has no modules.alias, depmod makes it when the package is installed.  Each is
 * uncompressed, asked, and dropped again unless it is wanted: all of a kernel's
 * modules together would be half a gigabyte.
 */
#include <string.h>

#include "image/modules.h"

int modules_scan(struct modules *m, char *const *dirs, size_t count, modules_scan_fn *fn,
    void *arg, struct err *e)
{
	for (size_t i = 0; i < m->count; i++) {
		struct module *mod = &m->list[i];
		bool loaded = mod->info != NULL;

		if (dirs != NULL && !module_below(mod, dirs, count))
			continue;
		if (module_load(mod, e) < 0)
			return -1;
		if (fn(arg, mod) || loaded)
			continue;
		buf_fini(&mod->content);
		mod->info = NULL;
		mod->info_len = 0;
	}
	return 0;
}

bool modules_has(struct modules *m, const char *wanted)
{
	char name[128];

	if (!str_copy(name, sizeof(name), wanted))
		return false;
	modules_normalize(name);
	return modules_find(m, name) != NULL;
}

/* Each string is "name.key=value". */
const char *modules_builtin_next(
    const struct modules *m, const char *key, char *name, size_t size, size_t *at)
{
	size_t n = strlen(key);

	while (m->builtin_info != NULL && *at < m->builtin_info_len) {
		const char *text = m->builtin_info + *at, *dot;
		const char *end = memchr(text, '\0', m->builtin_info_len - *at);

		if (end == NULL)
			return NULL;
		*at = (size_t)(end - m->builtin_info) + 1;
		dot = strchr(text, '.');
		if (dot == NULL || strncmp(dot + 1, key, n) != 0 || dot[1 + n] != '=' ||
		    (size_t)(dot - text) >= size)
			continue;
		str_copy(name, (size_t)(dot - text) + 1, text);
		return dot + n + 2;
	}
	return NULL;
}
