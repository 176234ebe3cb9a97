/*
 * Any text as airlock.conf(5): it becomes a struct whose every member is
 * within its limits, or an error with a line, and conf_read agrees that the
 * syntax was good.
 */
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

static int look(void *arg, const struct conf_item *i, struct err *e)
{
	size_t *items = arg;

	++*items;
	require(i->key[0] != '\0' && i->line > 0);
	require(strlen(i->key) < 64 && strlen(i->value) < 1024);
	require(i->quoted || i->value[0] != '\0');
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0}, syntax = {0};
	struct conf c;
	size_t items = 0;
	int parsed = conf_parse(&c, CONF_MACHINE, (const char *)data, size, "f", &e);
	int read = conf_read((const char *)data, size, "f", look, &items, &syntax);

	if (read < 0)
		require(parsed < 0 && strncmp(syntax.text, "f:", 2) == 0);
	if (parsed < 0) {
		require(
		    e.kind == ERR_CONF && strncmp(e.text, "f:", 2) == 0 && e.text[2] != '0');
		return 0;
	}
	require(c.guest.cpus >= 1 && c.guest.cpus <= 16);
	require(c.guest.memory_mib >= 64 && c.guest.memory_mib <= 65536);
	require(c.guest.stop_timeout_ms >= 1000 && c.guest.stop_timeout_ms <= 600000);
	require(strlen(c.host.interface) >= 1 && strlen(c.host.interface) <= 11);
	require(c.host.address.automatic == c.router.address.automatic);
	require(c.router.forwards <= CONF_FORWARDS_MAX && c.router.forwards <= items);
	require(
	    c.supplicant[0] == '/' && memchr(c.supplicant, 0, sizeof(c.supplicant)) != NULL);
	return 0;
}
