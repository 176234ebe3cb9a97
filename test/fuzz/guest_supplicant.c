/*
 * guest_supplicant: events and replies of wpa_supplicant, which carry SSIDs of
 * whoever is in radio range.  An SSID that is shown must be printable.
 */
#include <string.h>

#include "guest/supplicant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct ssid *s)
{
	char text[SSID_TEXT];

	if (s->len > SSID_MAX)
		abort();
	ssid_text(text, s);
	for (const char *p = text; *p != '\0'; p++)
		if ((uint8_t)*p < ' ' || *p == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), value[64];
	struct supplicant_event event;
	const char *at = text;
	struct ssid ssid;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	supplicant_parse(text, &event);
	show(&event.ssid);
	while (supplicant_result(&at, &ssid))
		show(&ssid);
	if (supplicant_ssid(text, strlen(text), &ssid))
		show(&ssid);
	if (supplicant_value(text, "ssid", value, sizeof(value)) &&
	    strlen(value) >= sizeof(value))
		abort();
	free(text);
	return 0;
}
