/*
 * image: build, list, use and verify the guest's image.
 *
 * The engine does it all; here are the options, a progress bar and a summary.
 * The first SIGINT or SIGTERM lets the build stop by itself, keeping what was
 * downloaded; a second one kills.
 */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cards.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "image/image.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	interrupted = signo;
}

static bool on_progress(void *arg, const struct image_progress *p)
{
	progress_show(arg, p->what, p->done, p->total);
	return interrupted == 0;
}

static void on_log(void *arg, enum log_level level, const char *text)
{
	progress_clear(arg);
	fprintf(stderr, "airlock: %s: %s\n", log_level_name(level), text);
}

static void catch_signals(void (*handler)(int))
{
	/* Once: the second signal does what it always did. */
	struct sigaction act = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

static void print_size(const char *what, uint64_t bytes)
{
	char text[32];

	printf("  %-14s %s\n", what, str_bytes(text, sizeof(text), bytes));
}

static int print_summary(struct cli *c, const char *store, uint64_t took_ms, bool fresh)
{
	struct image_summary s;
	struct err e = {0};
	char took[32];

	if (image_describe(store, NULL, &s, &e) < 0)
		return cli_fail(&e);
	printf("%simage %s%s is %s\n", cli_bold(c), s.id, cli_plain(c),
	    fresh ? "built and in use" : "in use: nothing has changed since it was built");
	printf("  %-14s %s\n", "kernel", s.kernel_version);
	printf("  %-14s %s, list of %s\n", "Debian", s.suite, s.release);
	printf("  %-14s %u, with %u kernel modules\n", "packages", s.packages, s.modules);
	if (s.drivers > 0)
		printf("  %-14s %u driver%s, %u firmware files of %s\n", "cards", s.drivers,
		    s.drivers > 1 ? "s" : "", s.firmware,
		    str_bytes(took, sizeof(took), s.firmware_bytes));
	print_size("vmlinux", s.kernel_bytes);
	print_size("initrd", s.initrd_bytes);
	print_size("root.squashfs", s.root_bytes);
	print_size("sim.squashfs", s.sim_bytes);
	if (s.boot_bytes > 0)
		print_size("boot.fat", s.boot_bytes);
	printf("  %-14s %s\n", "took", str_duration(took, sizeof(took), took_ms));
	return 0;
}

static int build(struct cli *c, const struct image_options *options)
{
	struct image_options o = *options;
	struct image_entry *before = NULL;
	struct image_paths out;
	struct progress bar;
	struct err e = {0};
	uint64_t start = now_ms();
	ssize_t count = image_list(o.store, &before, &e);
	bool fresh = true;
	int r;

	progress_begin(&bar);
	o.progress = on_progress;
	o.arg = &bar;
	e = (struct err){0};
	log_open(on_log, &bar, c->name, c->conf->log_level);
	catch_signals(on_signal);
	r = image_build(&o, &out, &e);
	catch_signals(SIG_DFL);
	progress_clear(&bar);
	log_open(NULL, NULL, c->name, c->conf->log_level);
	for (ssize_t i = 0; r == 0 && i < count; i++)
		fresh = fresh && strcmp(before[i].id, out.id) != 0;
	free(before);
	if (interrupted != 0) {
		cli_fail(&e);
		raise(interrupted);
	}
	return r < 0 ? cli_fail(&e) : print_summary(c, o.store, now_ms() - start, fresh);
}

/* What an image shall drive: what was named, or what the configurations mean. */
static int find_cards(struct cli *c, struct cards *cards, const char *named, struct err *e)
{
	char path[CONF_PATH], dir[CONF_PATH];

	if (named != NULL)
		return cards_named(cards, named, e);
	if (cards_of_conf(cards, c->conf, false, "", e) < 0)
		return -1;
	if (c->conf_given)
		return 0;
	conf_machine_path(path, CONF_MACHINE);
	conf_machine_path(dir, "any");
	*strrchr(dir, '/') = '\0';
	cards_of_others(cards, c->conf, path, dir, "");
	return 0;
}

static int cmd_build(struct cli *c, int argc, char **argv)
{
	struct cards cards = {.count = 0};
	const char *named = NULL;
	struct err e = {0};
	const struct conf *conf = c->conf;
	struct image_options o = {.mirror = conf->image.mirror,
	    .suite = conf->image.suite,
	    .keyring = conf->image.keyring,
	    .cache = conf->image.cache,
	    .store = conf->image.store,
	    .recipes = conf->image.recipes,
	    .init = conf->image.init,
	    .sim = conf->image.sim,
	    .sources = conf->image.sources};
	const struct cli_option table[] = {{"--mirror", NULL, &o.mirror},
	    {"--suite", NULL, &o.suite}, {"--store", NULL, &o.store},
	    {"--cache", NULL, &o.cache}, {"--card", NULL, &named},
	    {"--all-cards", &o.all_cards, NULL}, {"--compile", &o.compile, NULL},
	    {"--offline", &o.offline, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("image", argc, argv, table);

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("image");
	/* All drivers of the kernel are more than any configuration means. */
	if ((named != NULL || !o.all_cards) && find_cards(c, &cards, named, &e) < 0)
		return cli_fail(&e);
	o.cards = cards.requests;
	o.card_count = cards.count;
	return build(c, &o);
}

static int print_json(const char *store, const struct image_entry *list, ssize_t count)
{
	json_t *array = json_array();
	char *text;

	for (ssize_t i = 0; i < count; i++) {
		struct image_summary s;
		struct err ignored = {0};

		/* Of a damaged one what is known is zeroes. */
		if (image_describe(store, list[i].id, &s, &ignored) < 0)
			s = (struct image_summary){0};
		json_array_append_new(
		    array, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, "
				     "s:I, s:b, s:b}",
			       "id", list[i].id, "kernel", list[i].kernel_version, "suite",
			       s.suite, "bytes", (json_int_t)list[i].bytes, "vmlinux",
			       (json_int_t)s.kernel_bytes, "initrd", (json_int_t)s.initrd_bytes,
			       "root", (json_int_t)s.root_bytes, "sim", (json_int_t)s.sim_bytes,
			       "boot", (json_int_t)s.boot_bytes, "firmware",
			       (json_int_t)s.firmware_bytes, "driver", s.driver, "built",
			       (json_int_t)list[i].built_unix, "current", list[i].current,
			       "previous", list[i].previous));
	}
	text = json_dumps(array, JSON_INDENT(1));
	if (text != NULL)
		puts(text);
	free(text);
	json_decref(array);
	return 0;
}

static void print_row(struct cli *c, const struct image_entry *entry)
{
	time_t built = (time_t)entry->built_unix;
	char date[32] = "?", bytes[32];
	struct tm tm;

	if (localtime_r(&built, &tm) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
	printf("%s%-14s%s %-26s %9s  %-18s %s\n", entry->current ? cli_bold(c) : "", entry->id,
	    entry->current ? cli_plain(c) : "",
	    entry->kernel_version[0] != '\0' ? entry->kernel_version : "(damaged)",
	    str_bytes(bytes, sizeof(bytes), entry->bytes), date,
	    entry->current    ? "current"
	    : entry->previous ? "previous"
			      : "");
}

static int cmd_list(struct cli *c, int argc, char **argv)
{
	const char *store = c->conf->image.store;
	bool json = c->json;
	const struct cli_option table[] = {
	    {"--json", &json, NULL}, {"--store", NULL, &store}, {NULL, NULL, NULL}};
	int at = cli_options("image", argc, argv, table);
	struct image_entry *list = NULL;
	struct err e = {0};
	ssize_t count;

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("image");
	count = image_list(store, &list, &e);
	if (count < 0)
		return cli_fail(&e);
	if (json)
		print_json(store, list, count);
	else if (count == 0)
		printf("there is no image in %s; airlock image build makes one\n", store);
	else
		printf("%-14s %-26s %9s  %-18s\n", "ID", "KERNEL", "SIZE", "BUILT");
	for (ssize_t i = 0; !json && i < count; i++)
		print_row(c, &list[i]);
	free(list);
	return 0;
}

/* What verify and use have in common: a store and an id, or the default. */
static int on_one(struct cli *c, int argc, char **argv, bool required,
    int (*act)(const char *store, const char *id, struct err *e), const char *done)
{
	const char *store = c->conf->image.store;
	const struct cli_option table[] = {{"--store", NULL, &store}, {NULL, NULL, NULL}};
	int at = cli_options("image", argc, argv, table);
	struct image_paths paths;
	struct err e = {0};
	const char *id;

	if (at < 0)
		return ERR_USAGE;
	id = at < argc ? argv[at] : NULL;
	if (at + 1 < argc || (required && id == NULL))
		return cli_usage("image");
	if (image_find(store, id, &paths, &e) < 0 || act(store, paths.id, &e) < 0)
		return cli_fail(&e);
	printf("image %s %s\n", paths.id, done);
	return 0;
}

static int cmd_use(struct cli *c, int argc, char **argv)
{
	return on_one(c, argc, argv, true, image_use, "is in use from the next start on");
}

static int cmd_verify(struct cli *c, int argc, char **argv)
{
	return on_one(
	    c, argc, argv, false, image_verify, "is what was built: every file has its hash");
}

int cmd_image(struct cli *c, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *c, int argc, char **argv);
	} verbs[] = {
	    {"build", cmd_build}, {"list", cmd_list}, {"use", cmd_use}, {"verify", cmd_verify}};
	const char *names[ARRAY_LEN(verbs) + 1] = {0}, *near;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		names[i] = verbs[i].name;
		if (argc > 1 && strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(c, argc - 1, argv + 1);
	}
	near = argc > 1 ? str_nearest(argv[1], names) : NULL;
	if (near != NULL)
		fprintf(stderr, "%s: image: no \"%s\"; did you mean \"%s\"?\n", c->name,
		    argv[1], near);
	return cli_usage("image");
}
