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

/* Every line an event of an attempt that is under way: it ends, and stays ended. */
static void join(const char *text)
{
	static struct station_list list;
	static struct station_join j;
	struct station_network n = {.ssid = {"cafe", 4}, .security = STATION_OPEN};
	struct station_from from = {&list, 1, -1, false, false};
	unsigned asked = 0;

	list.count = 0;
	while (station_list_read(&list, text) > 0 && list.count < STATION_LISTED_MAX)
		;
	station_join_begin(&j, &n, &from, 0);
	station_join_reply(&j, "OK\n", 0);
	for (const char *p = text; *p != '\0' && j.act == STATION_WAIT;) {
		char line[256];
		struct station_event ev;
		size_t len = strcspn(p, "\n");

		str_format(line, sizeof(line), "%.*s", (int)MIN(len, sizeof(line) - 1), p);
		station_parse(line, &ev);
		station_join_event(&j, &ev, 1);
		station_join_online(&j);
		p += p[len] == '\n' ? len + 1 : len;
	}
	station_join_cancel(&j, STATION_WHY_CANCELLED);
	for (; j.act == STATION_ASK && asked < 1000; asked++)
		station_join_reply(&j, asked % 2 == 0 ? "OK\n" : NULL, 2);
	if (j.act != STATION_JOINED && j.act != STATION_FAILED)
		abort();
	station_join_fini(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), value[64];
	struct station_event event;
	const char *at = text;
	struct station_ssid ssid;
	enum station_band band;
	struct station_ap ap;
	struct buf rows = {0};
	unsigned next = 0;

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
	if (station_bss_rows(text, &rows, &next) > 0) {
		if (rows.len == 0 || next == 0)
			abort();
		take_together(rows.data);
	}
	buf_fini(&rows);
	join(text);
	if (station_unescape(text, strlen(text), &ssid))
		show(&ssid);
	if (station_value(text, "ssid", value, sizeof(value)) && strlen(value) >= sizeof(value))
		abort();
	free(text);
	return 0;
}
