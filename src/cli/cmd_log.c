/*
 * log: one ordered log of daemon, hypervisor, guest kernel and guest services.
 *
 * The daemon keeps it, in order, and sends it from a moment on; which levels and
 * sources are shown is decided here.  Texts come escaped; they are cleaned again,
 * because the terminal is ours.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/since.h"

struct filter {
	enum log_level level; /* the most talkative that is shown */
	const char *source;   /* or NULL */
	bool json;
};

/* "guest" means all of it; "kernel" is enough for "guest/kernel". */
static bool is_source(const char *source, const char *wanted)
{
	const char *slash = strchr(source, '/');
	size_t len = strlen(wanted);

	if (strcmp(source, wanted) == 0 || (slash != NULL && strcmp(slash + 1, wanted) == 0))
		return true;
	return slash != NULL && (size_t)(slash - source) == len &&
	       memcmp(source, wanted, len) == 0;
}

static void print_json(const struct wire_msg *m, const char *source, const char *text)
{
	json_t *line = json_pack("{sI ss ss ss}", "time_ms", (json_int_t)m->log.time_ms,
	    "level", log_level_name(m->log.level), "source", source, "text", text);

	json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(line);
}

static void print_line(const struct cli *c, const struct filter *f, const struct wire_msg *m)
{
	const char *colour = m->log.level == LEVEL_ERROR   ? cli_red(c)
			     : m->log.level == LEVEL_WARN  ? cli_bold(c)
			     : m->log.level == LEVEL_DEBUG ? cli_dim(c)
							   : "";
	time_t s = (time_t)(m->log.time_ms / 1000);
	char when[32], text[4 * sizeof(m->log.text)], source[4 * sizeof(m->log.source)];
	struct tm tm;

	if (m->log.level > f->level ||
	    (f->source != NULL && !is_source(m->log.source, f->source)))
		return;
	str_clean(source, sizeof(source), m->log.source, strlen(m->log.source));
	str_clean(text, sizeof(text), m->log.text, strlen(m->log.text));
	if (f->json) {
		print_json(m, source, text);
	} else {
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&s, &tm));
		printf("%s%s.%03u%s %-5s %-20s %s%s%s\n", cli_dim(c), when,
		    (unsigned)(m->log.time_ms % 1000), cli_plain(c),
		    log_level_name(m->log.level), source, colour, text,
		    colour[0] != '\0' ? cli_plain(c) : "");
	}
	fflush(stdout);
}

static int usage_error(const struct err *e)
{
	fprintf(stderr, "airlock log: %s\n", e->text);
	return ERR_USAGE;
}

static int show(struct cli *c, const struct filter *f, const char *from, bool follow)
{
	struct cli_call call;
	struct err e = {0};
	struct wire_msg m;
	int rc;

	if (cli_ask(c, &call, WIRE_VERB_LOG, from, follow, &e) < 0)
		return cli_fail(&e);
	while ((rc = cli_next(&call, &m, -1, &e)) == 1 && m.type != WIRE_REPLY)
		if (m.type == WIRE_LOG)
			print_line(c, f, &m);
	cli_hang_up(&call);
	if (rc < 0 || cli_reply(&m, &e) < 0)
		return cli_fail(&e);
	return 0;
}

int cmd_log(struct cli *c, int argc, char **argv)
{
	struct filter f = {.level = LEVEL_DEBUG};
	const char *since = NULL, *level = NULL;
	bool follow = false;
	const struct cli_option options[] = {{"-f", &follow, NULL}, {"--follow", &follow, NULL},
	    {"--json", &f.json, NULL}, {"--since", NULL, &since}, {"--level", NULL, &level},
	    {"--source", NULL, &f.source}, {NULL, NULL, NULL}};
	int at = cli_options("log", argc, argv, options);
	char from[32] = "";
	struct err e = {0};
	uint64_t ms;

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("log");
	if (level != NULL && log_level_parse(level) <= LEVEL_NONE) {
		err_set(&e, 0, "\"%s\" is no level; accepted: error, warn, info, debug", level);
		return usage_error(&e);
	}
	if (level != NULL)
		f.level = (enum log_level)log_level_parse(level);
	if (since != NULL) {
		if (since_parse(since, (int64_t)time(NULL), &ms, &e) < 0)
			return usage_error(&e);
		str_format(from, sizeof(from), "%llu", (unsigned long long)ms);
	}
	return show(c, &f, from, follow);
}
