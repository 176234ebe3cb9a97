/* words: what figures mean, as people say it. */
#include <string.h>

#include "cli/cli.h"

bool cli_internet_words(const struct wire_status *g, char *dst, size_t size)
{
	char portal[4 * sizeof(g->portal)];

	switch ((enum wire_internet)g->internet) {
	case WIRE_INTERNET_REACHABLE:
		return str_copy(dst, size, "reachable"), true;
	case WIRE_INTERNET_SIGN_IN:
		str_clean(portal, sizeof(portal), g->portal, strlen(g->portal));
		str_format(dst, size, "a page wants you to sign in: open %s in a browser",
		    portal[0] != '\0' ? portal : "any page");
		return true;
	case WIRE_INTERNET_UNREACHABLE:
		str_copy(dst, size, "not reachable: nothing behind the network answers");
		return true;
	case WIRE_INTERNET_UNKNOWN:
	case WIRE_INTERNETS:
		break;
	}
	return false;
}

bool cli_cable_words(const struct wire_status *g, char *dst, size_t size)
{
	if (g->tx_kbit != 0)
		str_format(dst, size, "%u Mbit/s", g->tx_kbit / 1000);
	else
		str_copy(dst, size, g->address != 0 ? "linked" : "no link");
	return strcmp(g->security, "wired") == 0;
}
