/*
 * reload, air: requests with a short answer.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define ANSWER_MS 30000

/* Ask, wait, print what the daemon says. */
static int ask(struct cli *c, enum wire_verb verb, const char *arg)
{
	struct cli_call call;
	struct err e = {0};
	struct wire_msg m;
	int rc;

	if (cli_ask(c, &call, verb, arg, false, &e) < 0)
		return cli_fail(&e);
	while ((rc = cli_next(&call, &m, ANSWER_MS, &e)) == 1 && m.type != WIRE_REPLY)
		;
	cli_hang_up(&call);
	if (rc == 0)
		err_set(&e, 0, "no answer within %d s", ANSWER_MS / 1000);
	if (rc <= 0 || cli_reply(&m, &e) < 0)
		return cli_fail(&e);
	if (m.reply.text[0] != '\0')
		printf("%s\n", m.reply.text);
	return 0;
}

int cmd_reload(struct cli *c, int argc, char **argv)
{
	return argc > 1 ? cli_usage("reload") : ask(c, WIRE_VERB_RELOAD, "");
}

int cmd_air(struct cli *c, int argc, char **argv)
{
	struct buf line = {0};
	int rc;

	if (argc < 2)
		return cli_usage("air");
	for (int i = 1; i < argc; i++)
		buf_addf(&line, "%s%s", i > 1 ? " " : "", argv[i]);
	rc = ask(c, WIRE_VERB_AIR, line.data);
	buf_fini(&line);
	return rc;
}
