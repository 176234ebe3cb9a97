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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), value[64];
	struct station_event event;
	const char *at = text;
	struct station_ssid ssid;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	station_parse(text, &event);
	show(&event.ssid);
	while (station_result(&at, &ssid))
		show(&ssid);
	if (station_unescape(text, strlen(text), &ssid))
		show(&ssid);
	if (station_value(text, "ssid", value, sizeof(value)) && strlen(value) >= sizeof(value))
		abort();
	free(text);
	return 0;
}
