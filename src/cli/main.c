/*
 * airlock: the command.
 *
 *     airlock [-c FILE] VERB [OPTION ...] [ARGUMENT ...]
 *
 * A table of verbs, each in a file of its own.  What is common is here: the
 * configuration, help, options with "did you mean", errors and their exit
 * status, and the search for the parts of the program, installed or in the
 * build tree that it runs from.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static int cmd_version(struct cli *c, int argc, char **argv);
static int cmd_help(struct cli *c, int argc, char **argv);

static const struct cli_verb verbs[] = {
    {"start", cmd_start, "", "start the router; returns when it is online"},
    {"run", cmd_run, "", "the same in the foreground, for service managers"},
    {"stop", cmd_stop, "", "stop it and put the host back as it was"},
    {"restart", cmd_restart, "[guest|netif|hypervisor]", "start the guest afresh"},
    {"status", cmd_status, "[--json] [--watch]", "state, network, addresses, figures"},
    {"reload", cmd_reload, "", "read airlock.conf and the networks again"},
    {"resume", cmd_resume, "", "set the guest's clock (called after sleep)"},
    {"scan", cmd_scan, "[--json]", "the wireless networks in range"},
    {"join", cmd_join, "[--once] [--hidden] [--priority N] [SSID]",
	"join a network and keep it"},
    {"leave", cmd_leave, "", "disconnect, until airlock join"},
    {"networks", cmd_networks, "[--json] [forget SSID | priority SSID N]",
	"those known; one forgotten or preferred"},
    {"console", cmd_console, "[-f]", "the guest's console; Ctrl-] leaves"},
    {"log", cmd_log, "[-f] [--since TIME] [--level LEVEL] [--source NAME] [--json]",
	"what daemon, hypervisor and guest said"},
    {"image", cmd_image, "build|list|use|verify", "the guest's image"},
    {"demo", cmd_demo, "[--network SSID] [--store DIR]", "see it work on a simulated radio"},
    {"air", cmd_air, "COMMAND", "command the simulated access points"},
    {"version", cmd_version, "", "print the version"},
    {"help", cmd_help, "", "print this"},
};

int cli_fail(const struct err *e)
{
	bool colour = isatty(STDERR_FILENO);

	fflush(stdout);
	fprintf(stderr, "%sairlock: %s%s\n", colour ? "\033[31m" : "", e->text,
	    colour ? "\033[0m" : "");
	if (e->hint[0] != '\0')
		fprintf(stderr, "airlock: try: %s\n", e->hint);
	return e->kind != 0 ? (int)e->kind : ERR_FAILED;
}

int cli_usage(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, verb) == 0)
			fprintf(stderr, "usage: airlock %s %s\n", verb, verbs[i].usage);
	return ERR_USAGE;
}

static void print_help(FILE *to)
{
	fprintf(to, "usage: airlock [-c FILE] VERB ...\n\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		char call[160];

		snprintf(call, sizeof(call), "%s %s", verbs[i].name, verbs[i].usage);
		/* A long one has its explanation below it. */
		if (strlen(call) > 40)
			fprintf(to, "  %s\n  %-40s %s\n", call, "", verbs[i].what);
		else
			fprintf(to, "  %-40s %s\n", call, verbs[i].what);
	}
	fprintf(to, "\nMore: man 8 airlock, man 5 airlock.conf\n");
}

static int cmd_help(struct cli *c, int argc, char **argv)
{
	print_help(stdout);
	return 0;
}

static int cmd_version(struct cli *c, int argc, char **argv)
{
	printf("airlock %s\n", AIRLOCK_VERSION);
	return 0;
}

int cli_options(const char *verb, int argc, char **argv, const struct cli_option *table)
{
	const char *names[16];
	size_t count = 0;
	int i;

	for (const struct cli_option *o = table; o->name != NULL && count < 15; o++)
		names[count++] = o->name;
	names[count] = NULL;
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		const struct cli_option *o = table;
		const char *near;

		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		while (o->name != NULL && strcmp(o->name, argv[i]) != 0)
			o++;
		if (o->name == NULL) {
			near = str_nearest(argv[i], names);
			fprintf(stderr, "airlock %s: there is no option %s%s%s%s\n", verb,
			    argv[i], near != NULL ? "; did you mean " : "",
			    near != NULL ? near : "", near != NULL ? "?" : "");
			cli_usage(verb);
			return -1;
		}
		if (o->flag != NULL) {
			*o->flag = true;
		} else if (++i < argc) {
			*o->value = argv[i];
		} else {
			fprintf(stderr, "airlock %s: %s needs a value\n", verb, o->name);
			return -1;
		}
	}
	return i;
}

/* The directory of this very program, or "". */
static void own_directory(char *dir, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	dir[0] = '\0';
	if (n <= 0)
		return;
	path[n] = '\0';
	str_copy(dir, size, dirname(path));
}

/* In a build tree src/cli/airlock has its parts in src/daemon and src/guest. */
static bool find_part(char *path, size_t size, const char *in_build, const char *installed)
{
	char dir[PATH_MAX];

	own_directory(dir, sizeof(dir));
	if (str_format(path, size, "%s/%s", dir, in_build) && access(path, R_OK) == 0)
		return true;
	return str_copy(path, size, installed) && access(path, R_OK) == 0;
}

int cli_find_daemon(char *path, size_t size, struct err *e)
{
	if (find_part(
		path, size, "../daemon/airlock-daemon", AIRLOCK_LIBEXECDIR "/airlock-daemon"))
		return 0;
	err_set(e, 0, "airlock-daemon is not installed (looked for %s)", path);
	err_hint(e, "make install");
	return err_is(e, ERR_HOST);
}

static void find_image_parts(struct conf *conf)
{
	const struct {
		char *path;
		const char *in_build;
	} parts[] = {
	    {conf->image.init, "../guest/airlock-init"},
	    {conf->image.sim, "../guest/airlock-sim"},
	    {conf->image.recipes, "../../recipes"},
	};
	struct conf installed;

	conf_defaults(&installed);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t offset = (size_t)(parts[i].path - (char *)conf);
		char found[CONF_PATH];

		/* Only a default gives way to the build tree. */
		if (strcmp(parts[i].path, (char *)&installed + offset) == 0 &&
		    find_part(found, sizeof(found), parts[i].in_build, parts[i].path))
			str_copy(parts[i].path, CONF_PATH, found);
	}
}

static int run(struct cli *c, int argc, char **argv)
{
	const char *names[ARRAY_LEN(verbs) + 1] = {NULL}, *near;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].name, argv[0]) == 0)
			return verbs[i].run(c, argc, argv);
		names[i] = verbs[i].name;
	}
	near = str_nearest(argv[0], names);
	fprintf(stderr, "airlock: there is no verb \"%s\"%s%s%s; see: airlock help\n", argv[0],
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
	return ERR_USAGE;
}

int main(int argc, char **argv)
{
	static struct conf conf;
	struct cli c = {.conf = &conf, .conf_path = conf_default_path(), .name = "airlock"};
	struct err e = {0};
	int at = 1;

	if (argc > 2 && strcmp(argv[1], "-c") == 0) {
		c.conf_path = argv[2];
		c.conf_given = true;
		at = 3;
	}
	if (at >= argc) {
		print_help(stderr);
		return ERR_USAGE;
	}
	if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
		return cmd_help(&c, 0, NULL);
	if (strcmp(argv[at], "--version") == 0)
		return cmd_version(&c, 0, NULL);
	c.tty = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	if (conf_load(&conf, c.conf_path, !c.conf_given, &e) < 0)
		return cli_fail(&e);
	find_image_parts(&conf);
	return run(&c, argc - at, argv + at);
}
