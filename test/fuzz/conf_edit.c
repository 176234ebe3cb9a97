/*
 * Any text with radio set in it: what comes out has that radio, and what it said
 * otherwise it still says.
 */
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

/* All values but radio's, a line each. */
static int list(void *arg, const struct conf_item *i, struct err *e)
{
	if (i->section[0] != '\0' || strcmp(i->key, "radio") != 0)
		buf_addf(arg, "%s.%s[%u]=%s\n", i->section, i->key, i->index, i->value);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char value[] = "0000:03:00.0";
	const char *text = (const char *)data;
	struct buf out = {0}, again = {0};
	struct err e = {0};
	struct buf before = {0}, after = {0};
	struct conf c;

	if (conf_edit(text, size, "f", "radio", value, &out, &e) < 0) {
		require(out.data == NULL && e.kind == ERR_CONF);
		return 0;
	}
	e = (struct err){0};
	if (conf_parse(&c, CONF_MACHINE, text, size, "f", &e) == 0) {
		require(conf_parse(&c, CONF_MACHINE, out.data, out.len, "f", &e) == 0);
		require(strcmp(c.radio, value) == 0);
	}
	e = (struct err){0};
	require(conf_read(text, size, "f", list, &before, &e) == 0);
	require(conf_read(out.data, out.len, "f", list, &after, &e) == 0);
	require(before.len == after.len);
	require(before.len == 0 || memcmp(before.data, after.data, before.len) == 0);
	/* What is set already stays as it is. */
	require(conf_edit(out.data, out.len, "f", "radio", value, &again, &e) == 0);
	require(out.len == again.len && memcmp(out.data, again.data, out.len) == 0);
	buf_fini(&out);
	buf_fini(&again);
	buf_fini(&before);
	buf_fini(&after);
	return 0;
}
