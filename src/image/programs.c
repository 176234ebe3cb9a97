/*
 * programs: airlock-init and airlock-sim, wherever they come from.
 *
 * A package for Linux brings them along.  Elsewhere, and when asked to, they
 * are compiled from the sources that airlock brings along, by compile.c.
 * Either way they are checked for what PID 1 cannot do without.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "image/elf.h"
#include "image/programs.h"

#define PROGRAM_MAX ((size_t)64 << 20)

/* PID 1 has nobody to load its libraries. */
static int check_static(const struct program *p, const char *path, struct err *e)
{
	struct elf f;

	if (elf_open(&f, p->data, p->len, e) < 0)
		return err_ctx(e, "%s", path);
	if (f.machine != EM_X86_64 || elf_interp(&f) != NULL)
		return err_set(e, 0, "%s is no static program for x86-64", path);
	return 0;
}

static int read_one(struct program *p, const char *path, struct err *e)
{
	p->data = file_read(path, PROGRAM_MAX, &p->len, e);
	if (p->data == NULL) {
		int num = e->num;

		err_ctx(e, "airlock's own program for the guest");
		err_hint(e, "install airlock whole, or set image.%s", p->name);
		e->num = num;
		return -1;
	}
	return check_static(p, path, e);
}

int programs_read(
    struct programs *p, const struct image_options *o, struct recipe *recipe, struct err *e)
{
	const char *paths[] = {o->init, o->sim};

	p->list[0].name = "init";
	p->list[1].name = "sim";
	p->missing = o->compile;
	for (size_t i = 0; !p->missing && i < ARRAY_LEN(paths); i++) {
		if (read_one(&p->list[i], paths[i], e) == 0)
			continue;
		if (e->num != ENOENT || o->sources == NULL || access(o->sources, R_OK) < 0)
			return -1;
		*e = (struct err){0};
		p->missing = true;
	}
	if (!p->missing)
		return 0;
	if (o->sources == NULL)
		return err_set(e, 0, "airlock's sources for the guest: there are none");
	if (recipe_add_sources(recipe, o->sources, e) < 0) {
		err_ctx(e, "airlock's sources for the guest");
		return err_hint(e, "install airlock whole, or set image.sources");
	}
	return 0;
}

void programs_fini(struct programs *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->list); i++)
		free(p->list[i].data);
	*p = (struct programs){0};
}

int programs_compile(struct programs *p, const struct compile *c, struct err *e)
{
	struct compiled out;

	if (!p->missing)
		return 0;
	if (compile_hash(c->recipe, c->sources, p->sources, e) < 0 ||
	    compile_programs(c, &out, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(p->list); i++)
		free(p->list[i].data);
	p->list[0].data = out.init;
	p->list[0].len = out.init_len;
	p->list[1].data = out.sim;
	p->list[1].len = out.sim_len;
	str_copy(p->compiler, sizeof(p->compiler), out.compiler);
	p->missing = false;
	if (check_static(&p->list[0], "airlock-init, as compiled,", e) < 0)
		return -1;
	return check_static(&p->list[1], "airlock-sim, as compiled,", e);
}

int programs_add(
    const struct programs *p, const struct recipe_pairs *wanted, struct tree *t, struct err *e)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct recipe_pair *pair = &wanted->items[i];
		const struct program *found = NULL;

		for (size_t k = 0; k < ARRAY_LEN(p->list); k++)
			if (strcmp(p->list[k].name, pair->value) == 0)
				found = &p->list[k];
		if (found == NULL)
			return err_set(e, 0, "recipe: no program \"%s\": accepted: init, sim",
			    pair->value);
		if (tree_add_file(t, pair->key, 0755, found->data, found->len, NULL, e) < 0)
			return -1;
	}
	return 0;
}
