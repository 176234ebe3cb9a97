/*
 * machine: the names of machines, and what follows from a name.
 *
 * One host may run several routers, each with a card of its own.  The one that
 * is called "airlock" needs no name; any other is `airlock -n NAME`, whose name
 * is part of its files, its interface and its sockets.  The table of keys says
 * which defaults follow the name; here is the rest.  Pure.
 */
#include <string.h>

#include "conf/conf.h"

/* The verbs that are about one machine; images belong to all of them. */
static const char *const verbs[] = {"start", "run", "stop", "restart", "status", "reload",
    "suspend", "resume", "scan", "join", "leave", "networks", "console", "log", "setup",
    "doctor", "report", "air", "wait-online"};

bool conf_machine_valid(const char *name)
{
	static const char *const second = "-air";
	size_t len = strlen(name);

	if (len == 0 || len > CONF_MACHINE_MAX || name[0] < 'a' || name[0] > 'z')
		return false;
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len)
		return false;
	return len <= strlen(second) || strcmp(name + len - strlen(second), second) != 0;
}

static bool is_default(const char *machine)
{
	return strcmp(machine, CONF_MACHINE) == 0;
}

char *conf_machine_path(char dst[CONF_PATH], const char *machine)
{
	if (is_default(machine))
		str_copy(dst, CONF_PATH, AIRLOCK_SYSCONFDIR "/airlock.conf");
	else
		str_format(dst, CONF_PATH, AIRLOCK_SYSCONFDIR "/airlock/%s.conf", machine);
	return dst;
}

char *conf_machine_ident(char dst[CONF_IDENT], const char *machine)
{
	str_format(dst, CONF_IDENT, "airlock%s%s", is_default(machine) ? "" : "-",
	    is_default(machine) ? "" : machine);
	return dst;
}

/* Does a command of airlock begin here: its name as a word, then one of the verbs? */
static bool is_command(const char *text, const char *at)
{
	static const char *const word = "abcdefghijklmnopqrstuvwxyz-";
	const char *verb = at + strlen("airlock ");
	size_t len = strspn(verb, word);

	if (at > text && strchr(" \t\n(\"'`:;&|", at[-1]) == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strlen(verbs[i]) == len && strncmp(verbs[i], verb, len) == 0)
			return true;
	return false;
}

char *conf_machine_text(char *dst, size_t size, const char *machine, const char *text)
{
	const char *from = text, *at = text;
	struct buf b = {0};

	buf_add(&b, "", 0);
	while (!is_default(machine) && (at = strstr(at, "airlock ")) != NULL) {
		at += strlen("airlock ");
		if (!is_command(text, at - strlen("airlock ")))
			continue;
		buf_add(&b, from, (size_t)(at - from));
		buf_addf(&b, "-n %s ", machine);
		from = at;
	}
	buf_addf(&b, "%s", from);
	str_copy(dst, size, b.data);
	buf_fini(&b);
	return dst;
}
