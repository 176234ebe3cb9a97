/*
 * text: what wpa_supplicant says, taken apart.  Pure.
 *
 * Its messages are text for people with an event's name in front.  An SSID
 * comes escaped and in quotes, but a quote in it is not always escaped, so the
 * end is looked for from what follows it.
 */
#include <stdio.h>
#include <string.h>

#include "station/station.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One escape behind its backslash; returns the bytes used, 0 when it is none. */
static size_t unescape(const char *p, size_t len, uint8_t *byte)
{
	static const char letters[] = "nrte\\\"";
	static const char values[] = "\n\r\t\033\\\"";
	const char *at;
	size_t used = 0;

	if (len == 0)
		return 0;
	at = memchr(letters, p[0], sizeof(letters) - 1);
	if (at != NULL) {
		*byte = (uint8_t)values[at - letters];
		return 1;
	}
	if (p[0] == 'x' && len >= 3 && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
		*byte = (uint8_t)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
		return 3;
	}
	for (*byte = 0; used < len && used < 3 && p[used] >= '0' && p[used] <= '7'; used++)
		*byte = (uint8_t)(*byte * 8 + (p[used] - '0'));
	return used;
}

bool station_unescape(const char *text, size_t len, struct station_ssid *out)
{
	out->len = 0;
	for (size_t i = 0; i < len;) {
		uint8_t byte = (uint8_t)text[i++], meant;
		size_t used = byte == '\\' ? unescape(text + i, len - i, &meant) : 0;

		if (used > 0)
			byte = meant;
		i += used;
		if (out->len == STATION_SSID_MAX)
			return false;
		out->bytes[out->len++] = byte;
	}
	return true;
}

char *station_ssid_text(char dst[STATION_SSID_TEXT], const struct station_ssid *s)
{
	size_t n;

	dst[0] = '"';
	str_escape(dst + 1, STATION_SSID_TEXT - 2, s->bytes, s->len);
	n = strlen(dst);
	dst[n] = '"';
	dst[n + 1] = '\0';
	return dst;
}

bool station_ssid_same(const struct station_ssid *a, const struct station_ssid *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool station_redact(char *text)
{
	size_t n;

	if (strncmp(text, "Line ", 5) != 0)
		return false;
	n = strcspn(text, "'\"");
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return true;
}

/* What stands between `before` and the last `after` of a text. */
static void take_ssid(
    const char *text, const char *before, const char *after, struct station_ssid *out)
{
	const char *start = strstr(text, before), *end = NULL;

	if (start == NULL)
		return;
	start += strlen(before);
	for (const char *p = start; (p = strstr(p, after)) != NULL; p++)
		end = p;
	if (end != NULL && !station_unescape(start, (size_t)(end - start), out))
		out->len = 0;
}

static int number_after(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p != NULL ? atoi(p + strlen(key)) : 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static const struct {
	const char *begins;
	enum station_kind kind;
} kinds[] = {
    {"CTRL-EVENT-SCAN-STARTED", STATION_SCANNING},
    {"CTRL-EVENT-SCAN-RESULTS", STATION_SCANNED},
    {"CTRL-EVENT-SCAN-FAILED", STATION_SCAN_FAILED},
    {"CTRL-EVENT-NETWORK-NOT-FOUND", STATION_NOT_FOUND},
    {"SME: Trying to authenticate with", STATION_TRYING},
    {"Trying to associate with", STATION_TRYING},
    {"CTRL-EVENT-SSID-TEMP-DISABLED", STATION_REFUSED},
    {"CTRL-EVENT-ASSOC-REJECT", STATION_REFUSED},
    {"CTRL-EVENT-AUTH-REJECT", STATION_REFUSED},
    {"CTRL-EVENT-EAP-FAILURE", STATION_EAP_FAILED},
    {"CTRL-EVENT-CONNECTED", STATION_CONNECTED},
    {"CTRL-EVENT-DISCONNECTED", STATION_DISCONNECTED},
};

void station_parse(const char *text, struct station_event *out)
{
	*out = (struct station_event){0};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (begins(text, kinds[i].begins))
			out->kind = kinds[i].kind;
	switch (out->kind) {
	case STATION_TRYING:
		take_ssid(text, "(SSID='", "' freq=", &out->ssid);
		break;
	case STATION_REFUSED:
		out->code = number_after(text, "status_code=");
		take_ssid(text, "ssid=\"", "\" auth_failures=", &out->ssid);
		/* SAE (3) proves the passphrase in its second message, the confirm. */
		if (strstr(text, "reason=WRONG_KEY") != NULL ||
		    strstr(text, " auth_type=3 auth_transaction=2 ") != NULL)
			out->kind = STATION_WRONG_KEY;
		break;
	case STATION_DISCONNECTED:
		out->code = number_after(text, "reason=");
		out->local = strstr(text, "locally_generated=1") != NULL;
		break;
	case STATION_OTHER:
	case STATION_SCANNING:
	case STATION_SCANNED:
	case STATION_SCAN_FAILED:
	case STATION_NOT_FOUND:
	case STATION_WRONG_KEY:
	case STATION_EAP_FAILED:
	case STATION_CONNECTED:
		break;
	}
}

bool station_value(const char *reply, const char *key, char *dst, size_t size)
{
	size_t n = strlen(key);

	for (const char *p = reply; p != NULL && *p != '\0';) {
		if (strncmp(p, key, n) == 0 && p[n] == '=') {
			size_t len = strcspn(p + n + 1, "\n");

			str_format(dst, size, "%.*s", (int)len, p + n + 1);
			return true;
		}
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
	}
	return false;
}

const char *station_status_words(int code)
{
	static const char *const words[] = {
	    [1] = "it does not say why",
	    [12] = "it lets only certain devices in",
	    [13] = "it does not speak this kind of authentication",
	    [15] = "the keys do not fit",
	    [16] = "the keys were not agreed in time",
	    [17] = "it has too many stations",
	    [18] = "this card does not do the rates that it wants",
	    [30] = "it wants to be asked later",
	    [31] = "it wants management frames protected",
	    [33] = "it has no capacity left",
	    [34] = "the signal is too poor",
	    [37] = "it declined",
	    [40] = "it did not understand the request",
	    [41] = "it does not do this group cipher",
	    [42] = "it does not do this cipher",
	    [43] = "it does not do this kind of key management",
	    [46] = "its policy forbids this cipher",
	    [53] = "it has forgotten an earlier agreement",
	    [77] = "it does not do this group of SAE",
	};

	return code > 0 && (size_t)code < ARRAY_LEN(words) ? words[code] : NULL;
}
