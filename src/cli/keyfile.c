/*
 * keyfile: a connection of NetworkManager's, read as a wireless network of ours.  Pure.
 *
 * The files are GLib's key files: groups in brackets, key=value, values with \s, \t, \n,
 * \r and \\ as escapes.  Of them we want few keys: which network, how it is protected, its
 * secret when the file has it.  A name that is no text is a list of numbers, each with a
 * semicolon behind it.  NetworkManager offers WPA3 where the file says wpa-psk, so that is
 * read as either.
 */
#include <stdio.h>
#include <string.h>

#include "cli/keyfile.h"

#define VALUE_MAX 512

struct keyfile {
	const char *text, *end;
};

/* The line at *at without its end; *at moves behind it.  False at the end. */
static bool next_line(const struct keyfile *k, const char **at, const char **line, size_t *len)
{
	const char *newline;

	if (*at >= k->end)
		return false;
	newline = memchr(*at, '\n', (size_t)(k->end - *at));
	*line = *at;
	*len = (size_t)((newline != NULL ? newline : k->end) - *at);
	*at = newline != NULL ? newline + 1 : k->end;
	if (*len > 0 && (*line)[*len - 1] == '\r')
		--*len;
	return true;
}

static bool is_group(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len >= n + 2 && line[0] == '[' && memcmp(line + 1, name, n) == 0 &&
	       line[n + 1] == ']';
}

/* The value of a key of a group as it stands, or NULL; the last one counts. */
static const char *raw_value(
    const struct keyfile *k, const char *group, const char *key, size_t *size)
{
	size_t len, n = strlen(key);
	const char *at = k->text, *line, *found = NULL;
	bool inside = false;

	while (next_line(k, &at, &line, &len)) {
		if (len > 0 && line[0] == '[')
			inside = is_group(line, len, group);
		if (!inside || len <= n || memcmp(line, key, n) != 0)
			continue;
		for (; n < len && line[n] == ' '; n++)
			;
		if (n < len && line[n] == '=') {
			for (n++; n < len && line[n] == ' '; n++)
				;
			found = line + n;
			*size = len - n;
		}
		n = strlen(key);
	}
	return found;
}

/* Undo the escapes.  Bytes, or -1 when they are too many or one is unknown. */
static ssize_t unescape(char *dst, size_t size, const char *raw, size_t len)
{
	static const char from[] = "stnr\\;", to[] = " \t\n\r\\;";
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = raw[i];

		if (c == '\\') {
			const char *at =
			    ++i < len && raw[i] != '\0' ? strchr(from, raw[i]) : NULL;

			if (at == NULL)
				return -1;
			c = to[at - from];
		}
		if (n + 1 >= size)
			return -1;
		dst[n++] = c;
	}
	dst[n] = '\0';
	return (ssize_t)n;
}

/* A value as text; false and "" when it is absent, too long or has a zero byte. */
static bool value(
    const struct keyfile *k, const char *const *groups, const char *key, char *dst, size_t size)
{
	str_copy(dst, size, "");
	for (; *groups != NULL; groups++) {
		size_t len = 0;
		const char *raw = raw_value(k, *groups, key, &len);
		ssize_t n = raw != NULL ? unescape(dst, size, raw, len) : -1;

		if (n >= 0 && strlen(dst) == (size_t)n)
			return true;
	}
	str_copy(dst, size, "");
	return false;
}

static const char *const connection[] = {"connection", NULL};
static const char *const wifi[] = {"wifi", "802-11-wireless", NULL};
static const char *const security[] = {"wifi-security", "802-11-wireless-security", NULL};

/* "104;111;109;101;" */
static bool read_numbers(const char *raw, size_t len, struct station_ssid *out)
{
	unsigned number = 0;
	bool digits = false;

	*out = (struct station_ssid){0};
	for (size_t i = 0; i < len; i++) {
		if (raw[i] >= '0' && raw[i] <= '9') {
			number = number * 10 + (unsigned)(raw[i] - '0');
			digits = true;
			if (number > 255)
				return false;
		} else if (raw[i] == ';' && digits && out->len < STATION_SSID_MAX) {
			out->bytes[out->len++] = (uint8_t)number;
			number = 0;
			digits = false;
		} else {
			return false;
		}
	}
	return !digits && out->len > 0;
}

static bool read_ssid(const struct keyfile *k, struct station_ssid *out)
{
	for (size_t i = 0; wifi[i] != NULL; i++) {
		char text[4 * STATION_SSID_MAX + 1];
		size_t len = 0;
		const char *raw = raw_value(k, wifi[i], "ssid", &len);
		ssize_t n;

		if (raw == NULL)
			continue;
		if (read_numbers(raw, len, out))
			return true;
		n = unescape(text, sizeof(text), raw, len);
		if (n < 1 || n > STATION_SSID_MAX)
			return false;
		*out = (struct station_ssid){.len = (uint8_t)n};
		memcpy(out->bytes, text, (size_t)n);
		return true;
	}
	return false;
}

static bool has_group(const struct keyfile *k, const char *const *groups)
{
	const char *at = k->text, *line;
	size_t len;

	while (next_line(k, &at, &line, &len))
		for (size_t i = 0; groups[i] != NULL; i++)
			if (is_group(line, len, groups[i]))
				return true;
	return false;
}

/* How it is protected, and the secret. */
static int read_security(const struct keyfile *k, struct station_network *n, struct err *e)
{
	static const struct {
		const char *name;
		enum station_security security;
	} kinds[] = {
	    {"wpa-psk", STATION_TRANSITION},
	    {"sae", STATION_WPA3},
	    {"owe", STATION_OWE},
	    {"wpa-eap", STATION_EAP},
	    {"wpa-eap-suite-b-192", STATION_EAP},
	    {"ieee8021x", STATION_EAP},
	    {"none", STATION_WEP},
	};
	char kind[32];

	n->security = STATION_OPEN;
	if (!has_group(k, security))
		return 0;
	value(k, security, "key-mgmt", kind, sizeof(kind));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kind, kinds[i].name) != 0)
			continue;
		n->security = kinds[i].security;
		if (!station_wants_secret(n->security) ||
		    value(k, security, "psk", n->secret, sizeof(n->secret)))
			return 0;
		return err_set(
		    e, 0, "its passphrase is not in the file, but in somebody's keyring");
	}
	return err_set(e, 0, "it is protected in a way that airlock does not know");
}

int keyfile_network(const char *text, size_t len, struct station_network *n, struct err *e)
{
	struct keyfile k = {text, text + len};
	char word[VALUE_MAX];
	uint64_t priority;

	*n = (struct station_network){0};
	value(&k, connection, "type", word, sizeof(word));
	if (strcmp(word, "wifi") != 0 && strcmp(word, "802-11-wireless") != 0)
		return 0;
	if (value(&k, wifi, "mode", word, sizeof(word)) && strcmp(word, "infrastructure") != 0)
		return 0;
	if (!read_ssid(&k, &n->ssid))
		return err_set(e, 0, "its name cannot be read");
	n->hidden = value(&k, wifi, "hidden", word, sizeof(word)) && strcmp(word, "true") == 0;
	if (value(&k, connection, "autoconnect-priority", word, sizeof(word)) &&
	    str_u64(word, 1, STATION_PRIORITY_MAX, &priority)) {
		n->has_priority = true;
		n->priority = (int)priority;
	}
	if (read_security(&k, n, e) < 0 || station_network_check(n, e) < 0) {
		explicit_bzero(n->secret, sizeof(n->secret));
		return -1;
	}
	return 1;
}
