/*
 * log: one ordered log of daemon, hypervisor, guest kernel and guest services.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

static void print_line(const struct cli *c, const struct wire_msg *m)
{
	const char *colour = m->log.level == LEVEL_ERROR  ? cli_red(c)
			     : m->log.level == LEVEL_WARN ? cli_bold(c)
							  : "";
	time_t s = (time_t)(m->log.time_ms / 1000);
	char when[32], text[2048], source[64];
	struct tm tm;

	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&s, &tm));
	str_clean(source, sizeof(source), m->log.source, strlen(m->log.source));
	str_clean(text, sizeof(text), m->log.text, strlen(m->log.text));
	printf("%s%s.%03u%s %-5s %-20s %s%s%s\n", cli_dim(c), when,
	    (unsigned)(m->log.time_ms % 1000), cli_plain(c), log_level_name(m->log.level),
	    source, colour, text, colour[0] != '\0' ? cli_plain(c) : "");
	fflush(stdout);
}

int cmd_log(struct cli *c, int argc, char **argv)
{
	bool follow = false;
	const struct cli_option options[] = {
	    {"-f", &follow, NULL}, {"--follow", &follow, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("log", argc, argv, options), rc;
	struct cli_call call;
	struct err e = {0};
	struct wire_msg m;

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("log");
	if (cli_ask(c, &call, WIRE_VERB_LOG, "", follow, &e) < 0)
		return cli_fail(&e);
	while ((rc = cli_next(&call, &m, -1, &e)) == 1 && m.type != WIRE_REPLY)
		if (m.type == WIRE_LOG)
			print_line(c, &m);
	cli_hang_up(&call);
	if (rc < 0 || cli_reply(&m, &e) < 0)
		return cli_fail(&e);
	return 0;
}
