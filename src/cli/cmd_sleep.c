/*
 * suspend, resume: what the system calls around its sleep.
 *
 * Both are made for hooks: they say nothing when all is well, and when no router runs
 * there is nothing to do, which is no failure.  `suspend` returns when the guest is
 * off, so that the host sleeps with its card at rest; `resume` when the guest is on its
 * way, since nobody should wait for a network to use a computer.
 */
#include <errno.h>

#include "cli/cli.h"

#define ANSWER_MS 30000

/* Was there nobody to ask, or is he gone in the meantime? */
static bool nothing_runs(const struct err *e)
{
	return e->kind == ERR_NOT_RUNNING || e->num == ECONNRESET;
}

/* Ask and wait.  1, 0 when nothing runs, or -1 with *e. */
static int ask(struct cli *c, enum wire_verb verb, struct err *e)
{
	struct cli_call call;
	struct wire_msg m;
	int rc;

	if (cli_ask(c, &call, verb, "", false, e) < 0)
		return nothing_runs(e) ? 0 : -1;
	while ((rc = cli_next(&call, &m, ANSWER_MS, e)) == 1 && m.type != WIRE_REPLY)
		;
	cli_hang_up(&call);
	if (rc == 0)
		return err_set(e, 0, "no answer within %d s", ANSWER_MS / 1000);
	if (rc < 0)
		return nothing_runs(e) ? 0 : -1;
	return cli_reply(&m, e) < 0 ? -1 : 1;
}

int cmd_suspend(struct cli *c, int argc, char **argv)
{
	struct err e = {0};

	if (argc > 1)
		return cli_usage("suspend");
	return ask(c, WIRE_VERB_SUSPEND, &e) < 0 ? cli_fail(&e) : 0;
}

int cmd_resume(struct cli *c, int argc, char **argv)
{
	bool wait = false;
	const struct cli_option options[] = {{"--wait", &wait, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("resume", argc, argv, options), rc;
	struct err e = {0};

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("resume");
	rc = ask(c, WIRE_VERB_RESUME, &e);
	if (rc > 0 && wait)
		rc = cli_ask_and_watch(
		    c, WIRE_VERB_WAIT_ONLINE, "", (int)c->conf->guest.start_timeout_ms, &e);
	return rc < 0 ? cli_fail(&e) : 0;
}
