/*
 * station_supplicant: events and replies of wpa_supplicant, which carry SSIDs of
 * whoever is in radio range.  An SSID that is shown must be printable.
 */
#include <string.h>

#include "station/station.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct station_ssid *s)
{
	char text[STATION_SSID_TEXT];

	if (s->len > STATION_SSID_MAX)
		abort();
	station_ssid_text(text, s);
	for (const char *p = text; *p != '\0'; p++)
		if ((uint8_t)*p < ' ' || *p == 0x7f)
			abort();
}

/* Strongest first, each name once, and found by its name. */
static void take_together(const char *text)
{
	static struct station_air air;

	station_air_read(&air, text);
	for (size_t i = 0; i < air.count; i++) {
		const struct station_seen *s = &air.seen[i];

		if (s->aps == 0 || s->best.ssid.len == 0 ||
		    station_seen(&air, &s->best.ssid) != s)
			abort();
		if (i > 0 && s->best.signal_dbm > air.seen[i - 1].best.signal_dbm)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), value[64];
	struct station_event event;
	const char *at = text;
	struct station_ssid ssid;
	enum station_band band;
	struct station_ap ap;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	station_parse(text, &event);
	show(&event.ssid);
	while (station_result(&at, &ap)) {
		show(&ap.ssid);
		if (strlen(station_security_name(ap.security)) == 0 ||
		    (station_channel(ap.frequency_mhz, &band) > 0) ==
			(band == STATION_BAND_OTHER))
			abort();
	}
	take_together(text);
	if (station_unescape(text, strlen(text), &ssid))
		show(&ssid);
	if (station_value(text, "ssid", value, sizeof(value)) && strlen(value) >= sizeof(value))
		abort();
	free(text);
	return 0;
}
