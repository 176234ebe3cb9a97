/* name: what a socket may be called, wherever the name comes from. */
#include <string.h>

#include "relay/relay.h"

bool relay_name_ok(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strnlen(name, RELAY_NAME);

	return len > 0 && len < RELAY_NAME && name[0] != '.' && strspn(name, letters) == len;
}
