/*
 * scan: what SCAN_RESULTS says about the air.  Pure.
 *
 * The table has a line an access point: address, frequency, signal, flags such
 * as [WPA2-PSK+SAE-CCMP][ESS], and the escaped name, which may itself hold
 * tabs: it is what stands behind the fourth one.  People think of networks, so
 * access points of one name are taken together.  What two of them offer is
 * joined the careful way: an open one beside a protected one of the same name
 * may be anybody's, and does not make the network an open one.
 */
#include <stdio.h>
#include <string.h>

#include "station/station.h"

/* What the bracketed flags offer, as bits. */
enum { OPEN = 0, WEP = 1, PSK = 2, SAE = 4, EAP = 8, OWE = 16, RSN = 32 };

static bool holds(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
}

/* One flag without its brackets: WPA2-PSK+SAE-CCMP-preauth, WEP, OWE-TRANS-OPEN, ... */
static unsigned flag_bits(const char *text, size_t len)
{
	bool rsn = len >= 4 && (memcmp(text, "WPA2", 4) == 0 || memcmp(text, "RSN-", 4) == 0);
	unsigned bits = rsn ? RSN : 0;

	if (len == 3 && memcmp(text, "WEP", 3) == 0)
		return WEP;
	if (holds(text, len, "OWE"))
		return OWE;
	if (!rsn && (len < 4 || memcmp(text, "WPA-", 4) != 0))
		return 0;
	bits |= holds(text, len, "PSK") ? PSK : 0;
	bits |= holds(text, len, "SAE") ? SAE : 0;
	bits |= holds(text, len, "EAP") ? EAP : 0;
	return bits;
}

enum station_security station_security_of(const char *flags, size_t len)
{
	const char *end = flags + len;
	unsigned bits = OPEN;

	for (const char *p = flags; p < end; p++) {
		const char *close = memchr(p, ']', (size_t)(end - p));

		if (*p != '[' || close == NULL)
			continue;
		bits |= flag_bits(p + 1, (size_t)(close - p - 1));
		p = close;
	}
	if ((bits & (PSK | SAE)) == (PSK | SAE))
		return STATION_TRANSITION;
	if ((bits & SAE) != 0)
		return STATION_WPA3;
	if ((bits & PSK) != 0)
		return (bits & RSN) != 0 ? STATION_WPA2 : STATION_WPA;
	if ((bits & EAP) != 0)
		return STATION_EAP;
	if ((bits & OWE) != 0)
		return STATION_OWE;
	return (bits & WEP) != 0 ? STATION_WEP : STATION_OPEN;
}

const char *station_security_name(enum station_security security)
{
	static const char *const names[] = {
	    [STATION_OPEN] = "open",
	    [STATION_OWE] = "OWE",
	    [STATION_WEP] = "WEP",
	    [STATION_WPA] = "WPA-PSK",
	    [STATION_WPA2] = "WPA2-PSK",
	    [STATION_TRANSITION] = "WPA2/WPA3",
	    [STATION_WPA3] = "WPA3-SAE",
	    [STATION_EAP] = "enterprise",
	};

	return names[security];
}

enum station_security station_security_both(enum station_security a, enum station_security b)
{
	enum station_security low = MIN(a, b), high = MAX(a, b);

	if (high == STATION_WPA3 && low >= STATION_WPA && low != high)
		return STATION_TRANSITION;
	return high;
}

unsigned station_channel(unsigned mhz, enum station_band *band)
{
	enum station_band ignored;

	band = band != NULL ? band : &ignored;
	*band = STATION_BAND_2GHZ;
	if (mhz == 2484)
		return 14;
	if (mhz >= 2412 && mhz <= 2472)
		return (mhz - 2407) / 5;
	*band = STATION_BAND_5GHZ;
	if (mhz >= 4910 && mhz <= 4980)
		return (mhz - 4000) / 5;
	if (mhz >= 5160 && mhz <= 5895)
		return (mhz - 5000) / 5;
	*band = STATION_BAND_6GHZ;
	if (mhz == 5935)
		return 2;
	if (mhz >= 5955 && mhz <= 7115)
		return (mhz - 5950) / 5;
	*band = STATION_BAND_OTHER;
	return 0;
}

const char *station_band_name(enum station_band band)
{
	static const char *const names[] = {
	    [STATION_BAND_OTHER] = "other",
	    [STATION_BAND_2GHZ] = "2.4 GHz",
	    [STATION_BAND_5GHZ] = "5 GHz",
	    [STATION_BAND_6GHZ] = "6 GHz",
	};

	return names[band];
}

bool station_bssid(const char *text, size_t len, uint8_t bssid[6])
{
	if (len != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		char pair[3] = {text[3 * i], text[3 * i + 1], '\0'};

		if ((i < 5 && text[3 * i + 2] != ':') || str_unhex(bssid + i, 1, pair) != 1)
			return false;
	}
	return true;
}

/* A whole decimal number of at most five digits, a minus in front. */
static bool small_number(const char *text, size_t len, int *value)
{
	bool minus = len > 0 && text[0] == '-';
	int n = 0;

	text += minus;
	len -= minus;
	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = 10 * n + (text[i] - '0');
	}
	*value = minus ? -n : n;
	return true;
}

static bool row(const char *line, size_t len, struct station_ap *ap)
{
	const char *field[5] = {line}, *end = line + len;
	size_t width[5];
	int mhz;

	for (size_t i = 0; i < 4; i++) {
		const char *tab = memchr(field[i], '\t', (size_t)(end - field[i]));

		if (tab == NULL)
			return false;
		width[i] = (size_t)(tab - field[i]);
		field[i + 1] = tab + 1;
	}
	width[4] = (size_t)(end - field[4]);
	if (!station_bssid(field[0], width[0], ap->bssid) ||
	    !small_number(field[1], width[1], &mhz) || mhz < 0 ||
	    !small_number(field[2], width[2], &ap->signal_dbm) ||
	    !station_unescape(field[4], width[4], &ap->ssid))
		return false;
	ap->frequency_mhz = (unsigned)mhz;
	ap->security = station_security_of(field[3], width[3]);
	/* A hidden network says an empty name, or zeroes in its place. */
	for (size_t i = 0; i < ap->ssid.len; i++)
		if (ap->ssid.bytes[i] != 0)
			return true;
	ap->ssid.len = 0;
	return true;
}

bool station_result(const char **at, struct station_ap *out)
{
	while (**at != '\0') {
		const char *line = *at;
		size_t len = strcspn(line, "\n");

		*at = line[len] == '\n' ? line + len + 1 : line + len;
		if (row(line, len, out))
			return true;
	}
	return false;
}

/* The one of that name; a new one where there is none and there is room. */
static struct station_seen *seen_of(struct station_air *air, const struct station_ap *ap)
{
	struct station_seen *s = station_seen(air, &ap->ssid);

	if (s == NULL && air->count < STATION_SEEN_MAX) {
		s = &air->seen[air->count++];
		*s = (struct station_seen){.best = *ap, .security = ap->security};
	}
	return s;
}

static int by_signal(const void *l, const void *r)
{
	const struct station_seen *a = l, *b = r;

	return b->best.signal_dbm - a->best.signal_dbm;
}

/* Does this access point, which says its name when asked, keep it hidden otherwise? */
static void mark_hidden(struct station_air *air, const char *reply)
{
	struct station_ap ap;

	while (station_result(&reply, &ap)) {
		for (size_t i = 0; ap.ssid.len == 0 && i < air->count; i++) {
			if (memcmp(air->seen[i].best.bssid, ap.bssid, 6) != 0)
				continue;
			air->seen[i].hidden = true;
			air->hidden--;
			break;
		}
	}
}

void station_air_read(struct station_air *air, const char *reply)
{
	const char *at = reply;
	struct station_ap ap;

	air->count = air->hidden = 0;
	while (station_result(&at, &ap)) {
		struct station_seen *s = ap.ssid.len > 0 ? seen_of(air, &ap) : NULL;

		air->hidden += ap.ssid.len == 0;
		if (s == NULL)
			continue;
		s->aps++;
		s->security = station_security_both(s->security, ap.security);
		if (ap.signal_dbm > s->best.signal_dbm)
			s->best = ap;
	}
	mark_hidden(air, reply);
	qsort(air->seen, air->count, sizeof(air->seen[0]), by_signal);
}

struct station_seen *station_seen(struct station_air *air, const struct station_ssid *ssid)
{
	for (size_t i = 0; i < air->count; i++)
		if (station_ssid_same(&air->seen[i].best.ssid, ssid))
			return &air->seen[i];
	return NULL;
}
