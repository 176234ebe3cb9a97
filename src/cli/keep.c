/*
 * keep: the user's file, changed.
 *
 * The daemon watches it and hands what changed to the supplicant, which would
 * begin anew; so when that was told already the daemon learns first that the
 * next text says nothing new.  The rights are the user's own: who may not
 * write the file is told so, and how it can be done.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/wlan.h"

#define ANSWER_MS 5000

static int adopt(struct cli *c, const struct buf *text, struct err *e)
{
	char mark[WIRE_FILE_MARK];
	struct cli_call call;
	struct wire_msg m;
	int rc;

	wire_file_mark(mark, text->data != NULL ? text->data : "", text->len);
	if (cli_ask(c, &call, WIRE_VERB_ADOPT, mark, false, e) < 0)
		return -1;
	while ((rc = cli_next(&call, &m, ANSWER_MS, e)) == 1 && m.type != WIRE_REPLY)
		;
	cli_hang_up(&call);
	if (rc == 0)
		return err_set(e, 0, "the daemon does not answer");
	return rc < 0 ? -1 : cli_reply(&m, e);
}

int wlan_keep(struct cli *c, wlan_edit *edit, void *arg, bool told, struct err *e)
{
	struct err untold = {0};
	struct station_store s;
	struct buf text = {0};
	int rc = 0;

	if (station_store_open(&s, c->conf->supplicant, true, e) < 0)
		return -1;
	if (edit(arg, &s.file, &text)) {
		/* Without it the supplicant only begins anew with the same networks. */
		if (told && adopt(c, &text, &untold) < 0)
			log_debug("%s", untold.text);
		rc = station_store_put(&s, &text, e) < 0 ? -1 : 1;
	}
	station_store_close(&s);
	if (text.data != NULL)
		explicit_bzero(text.data, text.len);
	buf_fini(&text);
	return rc;
}

int wlan_may_keep(struct cli *c, struct err *e)
{
	struct station_store s;

	if (station_store_open(&s, c->conf->supplicant, true, e) == 0) {
		station_store_close(&s);
		return 0;
	}
	if (e->kind == ERR_CONF)
		err_hint(e, "mend that line, or join without keeping it: airlock join --once");
	else if (e->num == EACCES || e->num == EPERM)
		err_hint(
		    e, "sudo airlock join, or join without keeping it: airlock join --once");
	else
		err_hint(e, "join without keeping it: airlock join --once");
	return err_ctx(e, "the network could not be kept");
}
