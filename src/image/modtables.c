/*
 * modtables: what depmod would have written, for the modules of a selection.
 *
 * modules.dep lists for each module everything it needs, direct or not, in
 * such an order that loading from the last to the first works, as kmod has it;
 * modules.softdep and modules.alias are the modules' own words; and
 * modules.builtin is the package's, so that a loader can tell what needs no
 * loading from what is missing.
 */
#include <string.h>

#include "image/modules.h"

/* A module with its hard dependencies, each after what it needs itself. */
static void list_needed(struct modules *m, const char *name, struct selection *list)
{
	struct module *mod = modules_find(m, name);
	const char *depends;
	size_t at = 0;

	if (mod == NULL || selection_has(list, mod))
		return;
	while ((depends = module_info(mod, "depends", &at)) != NULL) {
		auto_free char *copy = strdup(depends);
		char *rest = copy, *word;

		if (copy == NULL)
			abort();
		modules_normalize(copy);
		while ((word = strsep(&rest, ",")) != NULL)
			list_needed(m, word, list);
	}
	selection_add(list, mod);
}

static void add_lines(struct modules *m, struct module *mod, struct buf *dep,
    struct buf *softdep, struct buf *alias)
{
	struct selection needed = {0};
	const char *text;
	size_t at = 0;

	list_needed(m, mod->name, &needed);
	buf_addf(dep, "%s:", mod->path);
	for (size_t i = needed.count; i-- > 0;)
		if (needed.list[i] != mod)
			buf_addf(dep, " %s", needed.list[i]->path);
	buf_addf(dep, "\n");
	selection_fini(&needed);
	while ((text = module_info(mod, "softdep", &at)) != NULL)
		buf_addf(softdep, "softdep %s %s\n", mod->name, text);
	at = 0;
	while ((text = module_info(mod, "alias", &at)) != NULL)
		if (strpbrk(text, " \t\n") == NULL)
			buf_addf(alias, "alias %s %s\n", text, mod->name);
}

static int add_table(
    struct tree *t, const char *top, const char *name, struct buf *text, struct err *e)
{
	char path[512];
	int r;

	str_format(path, sizeof(path), "%s/%s", top, name);
	r = tree_add_text(t, path, text->data != NULL ? text->data : "", text->len, e);
	buf_fini(text);
	return r;
}

static int by_path(const void *a, const void *b)
{
	const struct module *const *l = a, *const *r = b;

	return strcmp((*l)->path, (*r)->path);
}

int modules_install(struct modules *m, const struct selection *sel,
    const struct selection *without, const char *dir, const char *package, struct tree *t,
    struct err *e)
{
	struct buf dep = {0}, softdep = {0}, alias = {0}, builtin = {0};
	char top[256], path[512];
	int r = 0;

	str_format(top, sizeof(top), "%s/%s", dir, m->version);
	qsort(sel->list, sel->count, sizeof(struct module *), by_path);
	for (size_t i = 0; r == 0 && i < sel->count; i++) {
		struct module *mod = sel->list[i];

		if (without != NULL && selection_has(without, mod))
			continue;
		str_format(path, sizeof(path), "%s/%s", top, mod->path);
		r = tree_add_file(
		    t, path, 0644, mod->content.data, mod->content.len, package, e);
		add_lines(m, mod, &dep, &softdep, &alias);
	}
	buf_add(&builtin, m->builtin, m->builtin_len);
	r |= add_table(t, top, "modules.dep", &dep, e);
	r |= add_table(t, top, "modules.softdep", &softdep, e);
	r |= add_table(t, top, "modules.alias", &alias, e);
	r |= add_table(t, top, "modules.builtin", &builtin, e);
	return r;
}
