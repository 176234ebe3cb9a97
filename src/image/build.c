/*
 * build: the sequence that makes an image.
 *
 *     recipes -> archive's index -> kernel packages -> trees of root, sim and
 *     initrd (programs, files, their libraries, modules, in the root drivers
 *     and firmware of cards) -> the files -> store
 *
 * Everything is put together in memory and written at the end, so that the
 * store sees whole files only.  The trees borrow their contents from the
 * packages, the modules and the recipes, which therefore live in one struct
 * and are freed last.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image/boot.h"
#include "image/cards.h"
#include "image/cpio.h"
#include "image/firmware.h"
#include "image/image.h"
#include "image/kernel.h"
#include "image/libs.h"
#include "image/manifest.h"
#include "image/modules.h"
#include "image/own.h"
#include "image/package.h"
#include "image/programs.h"
#include "image/recipe.h"
#include "image/source.h"
#include "image/squash.h"
#include "image/store.h"

struct part {
	const struct recipe_tree *recipe;
	struct tree tree;
	struct selection modules;
	struct buf out;
};

struct build {
	const struct image_options *options;
	const char *step; /* what is being done, for the progress */
	struct recipe recipe;
	struct cache cache;
	struct source source, newer; /* of the suite, and of its backports */
	bool has_newer;
	struct packages packages;
	struct kernel_packages kernel_packages;
	struct modules modules;
	struct cards cards;
	struct firmware firmware;
	struct programs programs;
	struct part root, sim, initrd;
	struct buf kernel, boot, manifest;
	struct store store;
};

static bool report(
    struct build *b, const char *verb, const char *what, uint64_t done, uint64_t total)
{
	char text[160];

	if (b->options->progress == NULL)
		return true;
	str_format(text, sizeof(text), "%s %s", verb, what);
	return b->options->progress(b->options->arg,
	    &(struct image_progress){.what = text, .done = done, .total = total});
}

static bool on_fetch(void *arg, const char *what, uint64_t done, uint64_t total)
{
	return report(arg, "fetching", what, done, total);
}

static bool on_unpack(void *arg, const char *what, uint64_t done, uint64_t total)
{
	return report(arg, "unpacking", what, done, total);
}

static bool on_compile(void *arg, const char *what, uint64_t done, uint64_t total)
{
	return report(arg, "compiling", what, done, total);
}

static bool on_write(void *arg, uint64_t done, uint64_t total)
{
	struct build *b = arg;

	return report(b, "writing", b->step, done, total);
}

static int add_files(struct build *b, struct part *part, struct err *e)
{
	char path[512], as[512];

	for (size_t i = 0; i < part->recipe->files.count; i++) {
		const struct recipe_pair *pair = &part->recipe->files.items[i];
		struct package *pkg = package_open(&b->packages, pair->key, e);

		if (pkg == NULL)
			return -1;
		if (!recipe_split(pair->value, path, as, sizeof(path)))
			return err_set(e, 0, "recipe: %s: a path is too long", pair->key);
		if (package_take(pkg, path, as, &part->tree, e) < 0)
			return -1;
	}
	return 0;
}

/* What the cards asked for need: into the root, which is as ever without any. */
static int add_cards(struct build *b, struct part *part, struct err *e)
{
	const char *suite = b->packages.kernel->suite;

	if (cards_select(
		&b->cards, b->options, &b->recipe.cards, &b->modules, &part->modules, e) < 0)
		return -1;
	if (b->cards.count == 0)
		return 0;
	for (size_t i = 0; i < b->cards.modules.count; i++)
		if (!selection_has(&part->modules, b->cards.modules.list[i]))
			selection_add(&part->modules, b->cards.modules.list[i]);
	if (firmware_open(&b->firmware, &b->packages, &b->recipe.cards, e) < 0)
		return -1;
	return cards_firmware(
	    &b->cards, &b->firmware, &part->tree, b->modules.version, suite, e);
}

/* The name of the package that the modules are of. */
static const char *modules_package(const struct build *b)
{
	const struct deb_file *f = b->modules.list[0].packed;

	for (size_t i = 0; i < b->kernel_packages.count; i++) {
		const struct deb *d = &b->kernel_packages.list[i]->deb;

		if (d->count > 0 && f >= d->files && f < d->files + d->count)
			return b->kernel_packages.list[i]->entry->name;
	}
	return b->kernel_packages.main->entry->name;
}

static int add_modules(
    struct build *b, struct part *part, const struct part *base, struct err *e)
{
	const struct recipe_tree *r = part->recipe;

	for (size_t i = 0; i < r->modules.count; i++)
		if (modules_select(&b->modules, r->modules.items[i], &part->modules, e) < 0)
			return -1;
	for (size_t i = 0; i < r->optional.count; i++)
		if (modules_has(&b->modules, r->optional.items[i]) &&
		    modules_select(&b->modules, r->optional.items[i], &part->modules, e) < 0)
			return -1;
	if (part == &b->root && add_cards(b, part, e) < 0)
		return -1;
	return modules_install(&b->modules, &part->modules,
	    base != NULL ? &base->modules : NULL, r->module_dir, modules_package(b),
	    &part->tree, e);
}

/* Fill one tree.  What `base` has is there already when this one is used. */
static int fill_part(struct build *b, struct part *part, const struct part *base,
    const struct recipe_tree *recipe, struct err *e)
{
	part->recipe = recipe;
	if (own_add(&part->tree, part->recipe, e) < 0 ||
	    programs_add(&b->programs, &recipe->programs, &part->tree, e) < 0 ||
	    add_files(b, part, e) < 0 ||
	    libs_close(&part->tree, base != NULL ? &base->tree : NULL, &b->packages, e) < 0 ||
	    add_modules(b, part, base, e) < 0)
		return -1;
	return tree_finish(&part->tree, e);
}

static int write_part(struct build *b, struct part *part, const char *name, struct err *e)
{
	const struct recipe_tree *r = part->recipe;
	struct squash_options options = {.compression = r->compression,
	    .level = (unsigned)r->level,
	    .block = r->block != 0 ? (unsigned)r->block : 1 << 17,
	    .plain = r->plain.items,
	    .plain_count = r->plain.count,
	    .progress = on_write,
	    .arg = b};
	int bad;

	b->step = name;
	bad = r->compression != NULL ? squash_write(&part->tree, &options, &part->out, e)
				     : cpio_write(&part->tree, &part->out, e);
	return bad ? err_ctx(e, "write %s", name) : 0;
}

static int open_kernel(struct build *b, struct err *e)
{
	struct kernel_packages *k = &b->kernel_packages;
	const struct deb *debs[KERNEL_PARTS];

	if (package_open_kernel(&b->packages, k, e) < 0)
		return -1;
	for (size_t i = 0; i < k->count; i++) {
		debs[i] = &k->list[i]->deb;
		for (size_t f = 0; f < debs[i]->count; f++)
			k->list[i]->used = k->list[i]->used || debs[i]->files[f].data != NULL;
	}
	if (kernel_unwrap(k->image->data, k->image->len, &b->kernel, e) < 0)
		return err_ctx(e, "package %s", k->main->entry->name);
	return modules_open(&b->modules, debs, k->count, b->recipe.kernel_modules,
	    b->recipe.kernel_aliases.items, b->recipe.kernel_aliases.count, e);
}

static int make(struct build *b, struct err *e)
{
	const struct compile compile = {.recipe = &b->recipe,
	    .sources = b->options->sources,
	    .packages = &b->packages,
	    .cache = b->cache.dir,
	    .progress = on_compile,
	    .arg = b};

	if (programs_compile(&b->programs, &compile, e) < 0)
		return -1;
	if (open_kernel(b, e) < 0)
		return -1;
	if (fill_part(b, &b->root, NULL, &b->recipe.root, e) < 0)
		return err_ctx(e, "root");
	if (fill_part(b, &b->sim, &b->root, &b->recipe.sim, e) < 0)
		return err_ctx(e, "sim");
	if (fill_part(b, &b->initrd, NULL, &b->recipe.initrd, e) < 0)
		return err_ctx(e, "initrd");
	if (write_part(b, &b->root, "root.squashfs", e) < 0 ||
	    write_part(b, &b->sim, "sim.squashfs", e) < 0 ||
	    write_part(b, &b->initrd, "initrd", e) < 0)
		return -1;
	if (!report(b, "writing", "boot.fat", 0, 0))
		return err_set(e, 0, "interrupted");
	return boot_write(&(struct boot_parts){.packages = &b->packages,
			      .kernel = &b->kernel_packages,
			      .version = b->modules.version,
			      .initrd = &b->initrd.out},
	    &b->boot, e);
}

static int commit(struct build *b, char id[STORE_ID], struct err *e)
{
	const struct manifest_output outputs[] = {
	    {"vmlinux", b->kernel.data, b->kernel.len, NULL},
	    {"initrd", b->initrd.out.data, b->initrd.out.len, &b->initrd.tree},
	    {"root.squashfs", b->root.out.data, b->root.out.len, &b->root.tree},
	    {"sim.squashfs", b->sim.out.data, b->sim.out.len, &b->sim.tree},
	    {"boot.fat", b->boot.data, b->boot.len, NULL}};
	/* The last one is missing when the recipe has none. */
	size_t count = ARRAY_LEN(outputs) - (b->boot.len == 0);
	const struct manifest m = {.release = &b->source.release,
	    .newer = b->has_newer ? &b->newer.release : NULL,
	    .cards = &b->cards,
	    .architecture = b->recipe.architecture,
	    .kernel = b->modules.version,
	    .sources = b->programs.sources,
	    .compiler = b->programs.compiler,
	    .packages = &b->packages,
	    .outputs = outputs,
	    .count = count};
	char sha256[HASH_TEXT];

	manifest_write(&m, &b->manifest);
	hash_data(sha256, b->manifest.data, b->manifest.len);
	str_copy(id, STORE_ID, sha256);
	for (size_t i = 0; i < count; i++) {
		if (!report(b, "storing", outputs[i].name, 0, outputs[i].len))
			return err_set(e, 0, "interrupted");
		if (store_write(
			&b->store, outputs[i].name, outputs[i].data, outputs[i].len, e) < 0)
			return -1;
	}
	if (store_write(&b->store, "manifest.json", b->manifest.data, b->manifest.len, e) < 0)
		return -1;
	return store_commit(&b->store, id, e);
}

static void part_fini(struct part *p)
{
	tree_fini(&p->tree);
	selection_fini(&p->modules);
	buf_fini(&p->out);
}

static void build_fini(struct build *b)
{
	part_fini(&b->root);
	part_fini(&b->sim);
	part_fini(&b->initrd);
	buf_fini(&b->kernel);
	buf_fini(&b->boot);
	buf_fini(&b->manifest);
	cards_fini(&b->cards);
	firmware_close(&b->firmware);
	modules_close(&b->modules);
	packages_fini(&b->packages);
	source_close(&b->source);
	source_close(&b->newer);
	cache_close(&b->cache);
	recipe_close(&b->recipe);
	programs_fini(&b->programs);
	store_close(&b->store);
}

#define BACKPORTS "-backports"

/*
 * Of "trixie-backports" come kernel and firmware, all else of "trixie": what
 * is in backports alone would not be whole.
 */
static int open_sources(struct build *b, struct err *e)
{
	const struct image_options *o = b->options;
	const struct recipe *r = &b->recipe;
	bool cards = o->card_count > 0 || o->all_cards;
	size_t len = strlen(o->suite), n = strlen(BACKPORTS);
	char base[64];

	if (!str_copy(base, sizeof(base), o->suite))
		return err_set(e, 0, "\"%s\" is no name of a suite", o->suite);
	b->has_newer = len > n && strcmp(base + len - n, BACKPORTS) == 0;
	if (b->has_newer)
		base[len - n] = '\0';
	if (cache_open(&b->cache, o->cache, e) < 0)
		return -1;
	b->cache.offline = o->offline;
	b->cache.progress = on_fetch;
	b->cache.arg = b;
	if (source_open(&b->source, &b->cache, o, base, r->architecture, &r->components,
		cards ? &r->cards.components : NULL, e) < 0)
		return -1;
	if (b->has_newer && source_open(&b->newer, &b->cache, o, o->suite, r->architecture,
				&r->components, cards ? &r->cards.components : NULL, e) < 0)
		return -1;
	b->packages = (struct packages){.source = &b->source,
	    .kernel = b->has_newer ? &b->newer : &b->source,
	    .recipe = r,
	    .progress = on_unpack,
	    .arg = b};
	return 0;
}

static int run(struct build *b, char id[STORE_ID], struct err *e)
{
	const struct image_options *o = b->options;

	if (store_open(&b->store, o->store, e) < 0 ||
	    recipe_open(&b->recipe, o->recipes, e) < 0 ||
	    programs_read(&b->programs, o, &b->recipe, e) < 0 || open_sources(b, e) < 0 ||
	    make(b, e) < 0)
		return -1;
	cards_warn(&b->cards, b->modules.version, b->packages.kernel->suite);
	return commit(b, id, e);
}

int image_build(const struct image_options *o, struct image_paths *out, struct err *e)
{
	struct build b = {.options = o, .store = {.lock = -1}, .cache = {.lock = -1}};
	char id[STORE_ID];
	int r = run(&b, id, e);

	build_fini(&b);
	if (r < 0) {
		if (e->kind == ERR_FAILED)
			err_is(e, ERR_IMAGE);
		return -1;
	}
	return image_find(o->store, id, out, e);
}
