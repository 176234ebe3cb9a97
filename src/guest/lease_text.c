/*
 * lease_text: a lease from the environment that dhcpcd gives its script. Pure.
 *
 * What is in it was sent by a DHCP server, that is by anybody on the air.
 * Only known keys pass, only tame bytes in their values, and each value is
 * then read as the number or address that it has to be.
 */
#include <string.h>

#include "guest/lease.h"
#include "wire/wire.h"

#define VALUE_MAX 255

static const char *const wanted[] = {
    "reason",
    "new_ip_address",
    "new_subnet_cidr",
    "new_routers",
    "new_domain_name_servers",
    "new_dhcp_lease_time",
};

static const struct {
	const char *word;
	enum lease_kind kind;
} reasons[] = {
    {"BOUND", LEASE_BOUND},
    {"RENEW", LEASE_BOUND},
    {"REBIND", LEASE_BOUND},
    {"REBOOT", LEASE_BOUND},
    {"INFORM", LEASE_BOUND},
    {"TIMEOUT", LEASE_BOUND},
    {"EXPIRE", LEASE_LOST},
    {"NAK", LEASE_LOST},
    {"FAIL", LEASE_LOST},
    {"NOCARRIER", LEASE_LOST},
    {"STOP", LEASE_LOST},
    {"STOPPED", LEASE_LOST},
    {"RELEASE", LEASE_LOST},
    {"DEPARTED", LEASE_LOST},
};

static bool is_tame(const char *value)
{
	size_t n = strspn(value, "0123456789abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ._- ");

	return value[n] == '\0' && n <= VALUE_MAX;
}

void lease_collect(const char *const *env, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (; *env != NULL; env++) {
		for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
			size_t n = strlen(wanted[i]);

			if (strncmp(*env, wanted[i], n) != 0 || (*env)[n] != '=' ||
			    !is_tame(*env + n + 1))
				continue;
			if (!str_format(text + at, size - at, "%s\n", *env))
				text[at] = '\0';
			at += strlen(text + at);
		}
	}
}

/* The value of a key, or "" when it is not there or not tame. */
static const char *value_of(const char *text, const char *key, char dst[VALUE_MAX + 1])
{
	size_t n = strlen(key), len;

	dst[0] = '\0';
	for (const char *p = text; *p != '\0'; p += *p == '\n') {
		len = strcspn(p, "\n");
		if (strncmp(p, key, n) == 0 && p[n] == '=' && len - n - 1 <= VALUE_MAX) {
			memcpy(dst, p + n + 1, len - n - 1);
			dst[len - n - 1] = '\0';
			if (!is_tame(dst))
				dst[0] = '\0';
			break;
		}
		p += len;
	}
	return dst;
}

static size_t addresses(const char *value, uint32_t *out, size_t max)
{
	size_t count = 0;

	while (*value != '\0' && count < max) {
		size_t len = strcspn(value, " ");
		char one[20];

		if (str_format(one, sizeof(one), "%.*s", (int)len, value) &&
		    wire_ipv4_parse(one, &out[count]) && out[count] != 0)
			count++;
		value += len + strspn(value + len, " ");
	}
	return count;
}

static bool is_unicast(uint32_t a)
{
	unsigned first = a >> 24;

	return first != 0 && first != 127 && first < 224;
}

static int parse_bound(const char *text, struct lease *l, struct err *e)
{
	char value[VALUE_MAX + 1];
	uint64_t n;

	if (addresses(value_of(text, "new_ip_address", value), &l->address, 1) != 1 ||
	    !is_unicast(l->address))
		return err_set(e, 0, "the DHCP server offers no usable address");
	if (!str_u64(value_of(text, "new_subnet_cidr", value), 8, 32, &n))
		return err_set(e, 0, "the DHCP server offers no usable subnet");
	l->prefix = (uint8_t)n;
	addresses(value_of(text, "new_routers", value), &l->gateway, 1);
	addresses(value_of(text, "new_domain_name_servers", value), l->dns, ARRAY_LEN(l->dns));
	if (str_u64(value_of(text, "new_dhcp_lease_time", value), 0, UINT32_MAX, &n))
		l->seconds = (uint32_t)n;
	return 0;
}

int lease_parse(const char *text, struct lease *l, struct err *e)
{
	char reason[VALUE_MAX + 1];

	*l = (struct lease){.kind = LEASE_NEWS};
	value_of(text, "reason", reason);
	str_copy(l->reason, sizeof(l->reason), reason);
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (strcmp(reason, reasons[i].word) == 0)
			l->kind = reasons[i].kind;
	return l->kind == LEASE_BOUND ? parse_bound(text, l, e) : 0;
}

bool lease_same(const struct lease *a, const struct lease *b)
{
	return a->address == b->address && a->prefix == b->prefix && a->gateway == b->gateway &&
	       memcmp(a->dns, b->dns, sizeof(a->dns)) == 0;
}
