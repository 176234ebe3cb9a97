/*
 * cards: from a modalias to driver, modules and firmware.
 *
 * The modules of the recipe's directories are asked for their aliases; only for
 * a card that none of these drives all others are asked too, and what is built
 * in.  Of the driver's closure everything is taken, and what the recipe says
 * that it asks for at run time.  The firmware is what the modules of the
 * closure name, save for cards of which the recipe knows for certain that they
 * need a part of it.
 */
#include <fnmatch.h>
#include <string.h>

#include "image/alias.h"
#include "image/cards.h"

/* A module that drives a card. */
struct hit {
	struct module *module;               /* NULL: something built in */
	const struct image_request *request; /* NULL: taken for all of its cards */
	char name[64];
};

struct search {
	const struct image_options *options;
	const struct recipe_cards *recipe;
	struct modules *modules;
	bool *found; /* of each card */
	bool rest;   /* ask for cards alone that were not found before */
	struct hit *hits;
	size_t count;
};

static void add_hit(
    struct search *s, struct module *mod, const char *name, const struct image_request *request)
{
	struct hit *h;

	s->hits = reallocarray(s->hits, s->count + 1, sizeof(*s->hits));
	if (s->hits == NULL)
		abort();
	h = &s->hits[s->count++];
	*h = (struct hit){.module = mod, .request = request};
	str_copy(h->name, sizeof(h->name), name);
}

static bool has_alias(const struct module *mod, const char *modalias)
{
	const char *pattern;
	size_t at = 0;

	while ((pattern = module_info(mod, "alias", &at)) != NULL)
		if (modalias == NULL ? strncmp(pattern, "pci:", 4) == 0
				     : alias_match(pattern, modalias))
			return true;
	return false;
}

static bool on_module(void *arg, struct module *mod)
{
	struct search *s = arg;
	size_t before = s->count;

	if (s->options->all_cards && !s->rest && has_alias(mod, NULL))
		add_hit(s, mod, mod->name, NULL);
	for (size_t i = 0; i < s->options->card_count; i++) {
		const struct image_request *r = &s->options->cards[i];

		if ((s->rest && s->found[i]) || !has_alias(mod, r->modalias))
			continue;
		s->found[i] = true;
		/* A driver that is taken whole needs no narrower entry. */
		if (s->rest || !s->options->all_cards)
			add_hit(s, mod, mod->name, r);
	}
	return s->count > before;
}

static void ask_builtin(struct search *s, size_t i)
{
	const struct image_request *r = &s->options->cards[i];
	const char *pattern;
	char name[64];
	size_t at = 0;

	while ((pattern = modules_builtin_next(s->modules, "alias", name, sizeof(name), &at)) !=
	       NULL)
		if (strncmp(pattern, "pci:", 4) == 0 && alias_match(pattern, r->modalias)) {
			s->found[i] = true;
			add_hit(s, NULL, name, r);
			return;
		}
}

static bool all_found(struct search *s)
{
	for (size_t i = 0; i < s->options->card_count; i++)
		if (!s->found[i])
			ask_builtin(s, i);
	for (size_t i = 0; i < s->options->card_count; i++)
		if (!s->found[i])
			return false;
	return true;
}

static int search(struct search *s, struct err *e)
{
	if (modules_scan(s->modules, s->recipe->drivers.items, s->recipe->drivers.count,
		on_module, s, e) < 0)
		return -1;
	if (all_found(s))
		return 0;
	/* A card may be one that nobody thought of when the recipe was written. */
	s->rest = true;
	return modules_scan(s->modules, NULL, 0, on_module, s, e);
}

/* Whether a row of the recipe speaks of this device, or else of the driver. */
static bool row_names(const char *row, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = row; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && strncmp(p, word, n) == 0)
			return true;
		p += len;
	}
	return false;
}

/* Drop of a list of firmware what this card is known not to need. */
static bool narrow(const struct recipe_cards *r, const char *word, struct names *names)
{
	struct names left = {0};

	for (size_t i = 0; i < r->narrow.count; i++) {
		if (!row_names(r->narrow.items[i].value, word))
			continue;
		for (size_t n = 0; n < names->count; n++)
			if (fnmatch(r->narrow.items[i].key, names->items[n], 0) == 0)
				names_add(&left, names->items[n]);
	}
	/* Rows that fit nothing are of another kernel: then all is taken. */
	if (left.count == 0)
		return false;
	names_fini(names);
	*names = left;
	return true;
}

static void add_firmware(struct card_driver *d, const struct recipe_cards *r,
    const struct selection *closure, const struct selection *have)
{
	for (size_t i = 0; i < closure->count; i++) {
		const struct module *mod = closure->list[i];
		const char *name;
		size_t at = 0;

		if (selection_has(have, mod))
			continue;
		while ((name = module_info(mod, "firmware", &at)) != NULL)
			names_add(&d->names, name);
		for (size_t k = 0; k < r->more.count; k++)
			if (strcmp(r->more.items[k].key, mod->name) == 0)
				names_add(&d->names, r->more.items[k].value);
	}
}

static int select_partner(
    struct modules *m, const char *wanted, struct selection *sel, struct err *e)
{
	if (strchr(wanted, '/') != NULL) {
		for (size_t i = 0; i < m->count; i++)
			if (fnmatch(wanted, m->list[i].path, FNM_PATHNAME) == 0 &&
			    modules_select(m, m->list[i].name, sel, e) < 0)
				return -1;
		return 0;
	}
	/* Kernels differ in what halves their drivers have. */
	return modules_has(m, wanted) ? modules_select(m, wanted, sel, e) : 0;
}

static void merge(struct selection *into, const struct selection *from)
{
	for (size_t i = 0; i < from->count; i++)
		if (!selection_has(into, from->list[i]))
			selection_add(into, from->list[i]);
}

/* The driver's modules; those of globs are helpers whose firmware nobody named. */
static int select_modules(struct search *s, const struct hit *h, struct selection *own,
    struct selection *all, struct err *e)
{
	const struct recipe_pairs *partners = &s->recipe->partners;

	if (modules_select(s->modules, h->name, own, e) < 0)
		return -1;
	for (size_t i = 0; i < partners->count; i++) {
		const char *wanted = partners->items[i].value;

		if (strcmp(partners->items[i].key, h->name) == 0 &&
		    select_partner(
			s->modules, wanted, strchr(wanted, '/') != NULL ? all : own, e) < 0)
			return -1;
	}
	merge(all, own);
	return 0;
}

static void add_match(struct card_driver *d, const struct hit *h, bool device)
{
	const char *pattern;
	size_t at = 0;

	while (h->module != NULL && (pattern = module_info(h->module, "alias", &at)) != NULL)
		if (strncmp(pattern, "pci:", 4) == 0 &&
		    (!device || alias_same_device(pattern, h->request->modalias)))
			names_add(&d->match, pattern);
	if (d->match.count == 0 && h->request != NULL)
		names_add(&d->match, h->request->modalias);
	names_sort(&d->match);
}

static struct card_driver *add_driver(struct cards *c)
{
	c->list = reallocarray(c->list, c->count + 1, sizeof(*c->list));
	if (c->list == NULL)
		abort();
	c->list[c->count] = (struct card_driver){0};
	return &c->list[c->count++];
}

static void driver_fini(struct card_driver *d)
{
	names_fini(&d->match);
	names_fini(&d->names);
	names_fini(&d->missing);
	free(d->files);
}

static void name_card(char *dst, size_t size, const struct image_request *r)
{
	char id[64];

	alias_id(id, sizeof(id), r->modalias);
	if (r->name != NULL && r->name[0] != '\0' && strstr(r->name, id) == NULL)
		str_format(dst, size, "%s (%s)", r->name, id);
	else
		str_copy(dst, size, r->name != NULL && r->name[0] != '\0' ? r->name : id);
}

/* Two cards with the same driver and the same needs are one entry. */
static void join_same(struct cards *c)
{
	struct card_driver *last = &c->list[c->count - 1];

	for (size_t i = 0; i + 1 < c->count; i++) {
		if (strcmp(c->list[i].name, last->name) != 0 ||
		    !names_same(&c->list[i].match, &last->match))
			continue;
		c->list[i].asked = c->list[i].asked || last->asked;
		driver_fini(last);
		c->count--;
		return;
	}
}

static int take_hit(struct cards *c, struct search *s, const struct hit *h,
    const struct selection *have, struct err *e)
{
	struct card_driver *d = add_driver(c);
	struct selection own = {0}, all = {0};
	bool device = false;
	char id[64];
	int r;

	str_copy(d->name, sizeof(d->name), h->name);
	d->asked = h->request != NULL && !h->request->optional;
	if (h->request != NULL)
		name_card(d->card, sizeof(d->card), h->request);
	r = h->module == NULL ? 0 : select_modules(s, h, &own, &all, e);
	if (r == 0 && h->module != NULL) {
		d->required =
		    module_below(h->module, s->recipe->needy.items, s->recipe->needy.count);
		add_firmware(d, s->recipe, &own, have);
		if (h->request != NULL)
			device = narrow(s->recipe,
			    alias_id(id, sizeof(id), h->request->modalias), &d->names);
		if (!device)
			narrow(s->recipe, h->name, &d->names);
	}
	names_sort(&d->names);
	if (r == 0)
		add_match(d, h, device);
	merge(&c->modules, &all);
	selection_fini(&own);
	selection_fini(&all);
	join_same(c);
	return r < 0 ? err_ctx(e, "driver %s", h->name) : 0;
}

/* A card that nothing drives: an error when it was asked for. */
static int no_driver(
    struct cards *c, const struct search *s, const struct image_request *r, struct err *e)
{
	struct card_driver *d;
	char card[160];

	name_card(card, sizeof(card), r);
	if (!r->optional) {
		err_set(
		    e, 0, "card %s: kernel %s has no driver for it", card, s->modules->version);
		return cards_hint(s->options->suite, e);
	}
	d = add_driver(c);
	str_copy(d->card, sizeof(d->card), card);
	names_add(&d->match, r->modalias);
	join_same(c);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct card_driver *l = a, *r = b;
	int order = strcmp(l->name, r->name);

	for (size_t i = 0; order == 0 && i < MIN(l->match.count, r->match.count); i++)
		order = strcmp(l->match.items[i], r->match.items[i]);
	return order != 0
		   ? order
		   : (l->match.count > r->match.count) - (l->match.count < r->match.count);
}

int cards_select(struct cards *c, const struct image_options *o, const struct recipe_cards *r,
    struct modules *m, const struct selection *have, struct err *e)
{
	struct search s = {.options = o, .recipe = r, .modules = m};
	int bad;

	*c = (struct cards){.all = o->all_cards};
	if (o->card_count == 0 && !o->all_cards)
		return 0;
	s.found = calloc(o->card_count + 1, sizeof(*s.found));
	if (s.found == NULL)
		abort();
	bad = search(&s, e);
	for (size_t i = 0; !bad && i < s.count; i++)
		bad = take_hit(c, &s, &s.hits[i], have, e);
	for (size_t i = 0; !bad && i < o->card_count; i++)
		if (!s.found[i])
			bad = no_driver(c, &s, &o->cards[i], e);
	if (c->count > 0)
		qsort(c->list, c->count, sizeof(*c->list), by_name);
	free(s.found);
	free(s.hits);
	return bad;
}

void cards_fini(struct cards *c)
{
	for (size_t i = 0; i < c->count; i++)
		driver_fini(&c->list[i]);
	free(c->list);
	selection_fini(&c->modules);
	*c = (struct cards){0};
}
