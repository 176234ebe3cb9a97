/*
 * network: how a network is joined: what the user gave, checked and put into the
 * supplicant's settings.  Pure.
 *
 * The same settings go to the running supplicant and into the user's file.  What
 * is quoted there is taken as it stands up to the last quote; whatever could be
 * taken for something else goes in hexadecimal.
 */
#include <stdio.h>
#include <string.h>

#include "station/station.h"

bool station_wants_secret(enum station_security security)
{
	return security >= STATION_WPA;
}

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

static bool is_key(const char *secret)
{
	uint8_t key[STATION_PSK_DIGITS / 2];

	return strlen(secret) == STATION_PSK_DIGITS && str_unhex(key, sizeof(key), secret) > 0;
}

/* A passphrase of WPA2: IEEE 802.11 annex J.4, or the key itself. */
static int check_passphrase(const char *secret, struct err *e)
{
	size_t len = strlen(secret);

	if (is_key(secret))
		return 0;
	if (len < STATION_PASSPHRASE_MIN)
		return err_set(e, 0,
		    "that passphrase has %zu characters; one of WPA2 has %d to %d", len,
		    STATION_PASSPHRASE_MIN, STATION_PASSPHRASE_MAX);
	if (len == STATION_PSK_DIGITS)
		return err_set(e, 0,
		    "that passphrase has 64 characters, and 64 are a key in hexadecimal "
		    "digits, which these are not; one of WPA2 has %d to %d",
		    STATION_PASSPHRASE_MIN, STATION_PASSPHRASE_MAX);
	if (len > STATION_PASSPHRASE_MAX)
		return err_set(e, 0,
		    "that passphrase has %zu characters; one of WPA2 has %d to %d", len,
		    STATION_PASSPHRASE_MIN, STATION_PASSPHRASE_MAX);
	if (!is_printable(secret, len))
		return err_set(e, 0,
		    "that passphrase holds a character that is no printable ASCII; "
		    "WPA2 takes no others");
	return 0;
}

int station_network_check(const struct station_network *n, struct err *e)
{
	size_t len = strlen(n->secret);

	switch (n->security) {
	case STATION_OPEN:
	case STATION_OWE:
		return 0;
	case STATION_WEP:
		err_set(e, 0,
		    "it is protected by WEP, which anybody can break within minutes; "
		    "airlock does not join such networks");
		return err_hint(e, "set the access point to WPA2 or WPA3");
	case STATION_EAP:
		err_set(e, 0,
		    "it is an enterprise network (EAP), which wants more than a "
		    "passphrase: it is configured in the supplicant's file");
		return err_hint(
		    e, "man airlock, \"Enterprise networks\"; then: airlock reload");
	case STATION_WPA:
	case STATION_WPA2:
	case STATION_TRANSITION:
	case STATION_WPA3:
		break;
	}
	if (strpbrk(n->secret, "\r\n") != NULL)
		return err_set(e, 0, "a passphrase has no newline in it");
	if (len == 0)
		return err_set(e, 0, "no passphrase was given");
	if (n->security != STATION_WPA3)
		return check_passphrase(n->secret, e);
	if (len > STATION_PASSWORD_MAX)
		return err_set(e, 0, "that password is longer than the %d bytes that are taken",
		    STATION_PASSWORD_MAX);
	return 0;
}

int station_ssid_take(struct station_ssid *out, const char *text, struct err *e)
{
	size_t len = strlen(text);

	*out = (struct station_ssid){0};
	if (len == 0)
		err_set(e, 0, "the name of a network (SSID) has at least 1 byte");
	else if (len > STATION_SSID_MAX)
		err_set(e, 0,
		    "that name has %zu bytes; the name of a network (SSID) has at most %d", len,
		    STATION_SSID_MAX);
	else {
		memcpy(out->bytes, text, len);
		out->len = (uint8_t)len;
		return 0;
	}
	return err_is(e, ERR_USAGE);
}

static void add(struct station_setting *out, size_t *count, const char *key, const char *value)
{
	out[*count].key = key;
	str_copy(out[*count].value, sizeof(out->value), value);
	++*count;
}

/* In quotes where nothing in it can be mistaken, else in hexadecimal. */
static void add_bytes(struct station_setting *out, size_t *count, const char *key,
    const void *bytes, size_t len, bool quoted)
{
	struct station_setting *s = &out[(*count)++];

	s->key = key;
	if (quoted)
		str_format(
		    s->value, sizeof(s->value), "\"%.*s\"", (int)len, (const char *)bytes);
	else
		str_hex(s->value, bytes, len);
}

static bool is_legible(const struct station_ssid *s)
{
	const char *text = (const char *)s->bytes;

	return is_printable(text, s->len) && memchr(text, '"', s->len) == NULL &&
	       memchr(text, '\\', s->len) == NULL;
}

static void add_secret(
    struct station_setting *out, size_t *count, const struct station_network *n)
{
	const char *secret = n->secret;
	size_t len = strlen(secret);
	bool key = is_key(secret);

	switch (n->security) {
	case STATION_OPEN:
	case STATION_WEP:
	case STATION_EAP:
		add(out, count, "key_mgmt", "NONE");
		break;
	case STATION_OWE:
		add(out, count, "key_mgmt", "OWE");
		add(out, count, "ieee80211w", "2");
		break;
	case STATION_WPA:
	case STATION_WPA2:
	case STATION_TRANSITION:
		/* SAE needs the passphrase itself, of which the key does not tell. */
		if (n->security == STATION_TRANSITION && !key) {
			add(out, count, "key_mgmt", "WPA-PSK SAE");
			add(out, count, "ieee80211w", "1");
		} else {
			add(out, count, "key_mgmt", "WPA-PSK");
		}
		if (key)
			add(out, count, "psk", secret);
		else
			add_bytes(out, count, "psk", secret, len, true);
		break;
	case STATION_WPA3:
		add(out, count, "key_mgmt", "SAE");
		add_bytes(out, count, "sae_password", secret, len, is_printable(secret, len));
		add(out, count, "ieee80211w", "2");
		break;
	}
}

size_t station_settings(
    const struct station_network *n, bool legible, struct station_setting *out)
{
	size_t count = 0;
	char text[16];

	add_bytes(
	    out, &count, "ssid", n->ssid.bytes, n->ssid.len, legible && is_legible(&n->ssid));
	if (n->hidden)
		add(out, &count, "scan_ssid", "1");
	add_secret(out, &count, n);
	if (n->has_priority) {
		str_format(text, sizeof(text), "%d", n->priority);
		add(out, &count, "priority", text);
	}
	return count;
}
