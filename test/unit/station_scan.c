/* station_scan: what SCAN_RESULTS says about the air. */
#include <string.h>

#include "check.h"
#include "station/station.h"

static const char *security(const char *flags)
{
	return station_security_name(station_security_of(flags, strlen(flags)));
}

static void flags_say_how_to_join(void)
{
	CHECK_STR(security("[ESS]"), "open");
	CHECK_STR(security(""), "open");
	CHECK_STR(security("[WPS][ESS]"), "open");
	CHECK_STR(security("[WEP][ESS]"), "WEP");
	CHECK_STR(security("[WPA-PSK-TKIP][ESS]"), "WPA-PSK");
	CHECK_STR(security("[WPA-PSK-CCMP+TKIP][WPA2-PSK-CCMP+TKIP][WPS][ESS]"), "WPA2-PSK");
	CHECK_STR(security("[WPA2-PSK-CCMP][ESS][UTF-8]"), "WPA2-PSK");
	CHECK_STR(security("[WPA2-FT/PSK-CCMP][ESS]"), "WPA2-PSK");
	CHECK_STR(security("[WPA2-PSK+PSK-SHA256-CCMP][ESS]"), "WPA2-PSK");
	CHECK_STR(security("[WPA2-SAE-CCMP][ESS]"), "WPA3-SAE");
	CHECK_STR(security("[WPA2-SAE+FT/SAE-CCMP][SAE-H2E][ESS]"), "WPA3-SAE");
	CHECK_STR(security("[WPA2-PSK+SAE-CCMP][ESS]"), "WPA2/WPA3");
	CHECK_STR(security("[WPA2-EAP-CCMP-preauth][ESS]"), "enterprise");
	CHECK_STR(security("[WPA2-EAP-SUITE-B-192-GCMP-256][ESS]"), "enterprise");
	CHECK_STR(security("[WPA2-OWE-CCMP][ESS]"), "OWE");
	CHECK_STR(security("[OWE-TRANS-OPEN][ESS]"), "OWE");
	/* An end that is missing takes nothing with it. */
	CHECK_STR(security("[WPA2-PSK-CCMP"), "open");
	CHECK_STR(security("WPA2-PSK-CCMP"), "open");
	CHECK_STR(security("[SAE][PSK][EAP]"), "open");
}

static unsigned channel(unsigned mhz, const char *band_name)
{
	enum station_band band;
	unsigned c = station_channel(mhz, &band);

	CHECK_STR(station_band_name(band), band_name);
	return c;
}

static void a_frequency_is_a_channel(void)
{
	CHECK_INT(channel(2412, "2.4 GHz"), 1);
	CHECK_INT(channel(2437, "2.4 GHz"), 6);
	CHECK_INT(channel(2472, "2.4 GHz"), 13);
	CHECK_INT(channel(2484, "2.4 GHz"), 14);
	CHECK_INT(channel(5180, "5 GHz"), 36);
	CHECK_INT(channel(5825, "5 GHz"), 165);
	CHECK_INT(channel(4920, "5 GHz"), 184);
	CHECK_INT(channel(5935, "6 GHz"), 2);
	CHECK_INT(channel(5955, "6 GHz"), 1);
	CHECK_INT(channel(7115, "6 GHz"), 233);
	CHECK_INT(channel(0, "other"), 0);
	CHECK_INT(channel(60480, "other"), 0);
	CHECK_INT(station_channel(2412, NULL), 1);
}

static void a_row_is_read_whole(void)
{
	const char *at =
	    "bssid / frequency / signal level / flags / ssid\n"
	    "02:00:00:00:01:ff\t2412\t-30\t[WPA2-PSK-CCMP][ESS]\ta\tb\\x01\n"
	    "02:00:00:00:01:f\t2412\t-30\t[ESS]\tshort address\n"
	    "02:00:00:00:01:ff\t2412\tloud\t[ESS]\tno figure\n"
	    "02:00:00:00:01:ff\t2412\t-30\t[ESS]\n"
	    "02:00:00:00:01:ff\t2412\t-30\t[ESS]\t0123456789012345678901234567890123\n"
	    "02:00:00:00:02:00\t5180\t-71\t[ESS]\t\\x00\\x00";
	struct station_ap ap;

	CHECK(station_result(&at, &ap));
	CHECK_INT(ap.bssid[5], 0xff);
	CHECK_INT(ap.frequency_mhz, 2412);
	CHECK_INT(ap.signal_dbm, -30);
	CHECK_INT(ap.security, STATION_WPA2);
	CHECK_INT(ap.ssid.len, 4);
	CHECK(memcmp(ap.ssid.bytes, "a\tb\1", 4) == 0);
	CHECK(station_result(&at, &ap));
	CHECK_INT(ap.frequency_mhz, 5180);
	CHECK_INT(ap.ssid.len, 0);
	CHECK(!station_result(&at, &ap));
}

static struct station_ssid ssid(const char *text)
{
	struct station_ssid s = {.len = (uint8_t)strlen(text)};

	memcpy(s.bytes, text, s.len);
	return s;
}

static void networks_of_one_name_come_once(void)
{
	static struct station_air air;
	struct station_ssid cafe = ssid("cafe"), none = ssid("none");

	station_air_read(&air, "bssid / frequency / signal level / flags / ssid\n"
			       "02:00:00:00:00:01\t2412\t-80\t[WPA2-PSK-CCMP][ESS]\tcafe\n"
			       "02:00:00:00:00:02\t5180\t-50\t[WPA2-PSK-CCMP][ESS]\tcafe\n"
			       "02:00:00:00:00:03\t2437\t-40\t[ESS]\tcafe\n"
			       "02:00:00:00:00:04\t2437\t-60\t[WPA2-SAE-CCMP][ESS]\thome\n"
			       "02:00:00:00:00:05\t2437\t-70\t[WPA2-SAE-CCMP][ESS]\t\n");
	CHECK_INT(air.count, 2);
	CHECK_INT(air.hidden, 1);
	CHECK(station_seen(&air, &cafe) == &air.seen[0]);
	CHECK_INT(air.seen[0].aps, 3);
	CHECK_INT(air.seen[0].best.signal_dbm, -40);
	/* The strongest is open and may be anybody's: the network is not. */
	CHECK_INT(air.seen[0].security, STATION_WPA2);
	CHECK_INT(air.seen[1].security, STATION_WPA3);
	CHECK(station_seen(&air, &none) == NULL);
}

static void a_hidden_one_that_answered_is_known_as_hidden(void)
{
	static struct station_air air;

	station_air_read(&air, "02:00:00:00:00:01\t2412\t-80\t[WPA2-PSK-CCMP][ESS]\t\n"
			       "02:00:00:00:00:01\t2412\t-80\t[WPA2-PSK-CCMP][ESS]\tvault\n"
			       "02:00:00:00:00:02\t2412\t-80\t[WPA2-PSK-CCMP][ESS]\t\n");
	CHECK_INT(air.count, 1);
	CHECK(air.seen[0].hidden);
	CHECK_INT(air.hidden, 1);
}

static void securities_are_taken_together(void)
{
	CHECK_INT(station_security_both(STATION_WPA2, STATION_WPA3), STATION_TRANSITION);
	CHECK_INT(station_security_both(STATION_WPA3, STATION_WPA3), STATION_WPA3);
	CHECK_INT(station_security_both(STATION_OPEN, STATION_WPA3), STATION_WPA3);
	CHECK_INT(station_security_both(STATION_EAP, STATION_OPEN), STATION_EAP);
	CHECK_INT(station_security_both(STATION_OPEN, STATION_OPEN), STATION_OPEN);
}

static void more_than_there_is_room_for_is_left_out(void)
{
	static struct station_air air;
	struct buf b = {0};

	for (int i = 0; i < STATION_SEEN_MAX + 50; i++)
		buf_addf(&b, "02:00:00:00:00:%02x\t2412\t%d\t[ESS]\tn%d\n", i % 256, -i / 2, i);
	station_air_read(&air, b.data);
	CHECK_INT(air.count, STATION_SEEN_MAX);
	CHECK_INT(air.seen[0].best.signal_dbm, 0);
	buf_fini(&b);
}

/* As the supplicant does: what does not fit is left out, what follows may fit. */
static void fill_page(struct buf *page, unsigned from, unsigned count)
{
	for (unsigned i = from; i < count; i++) {
		struct buf one = {0};

		buf_addf(&one,
		    "id=%u\nbssid=02:00:00:00:%02x:%02x\nfreq=2412\nlevel=-50\n"
		    "flags=[WPA2-PSK-CCMP][ESS]\nssid=n%u%s\n%s\n",
		    2 * i, i / 256, i % 256, i, i % 7 == 0 ? "-with-a-long-name" : "",
		    i + 1 == count ? "####" : "====");
		if (page->len + one.len < 4096)
			buf_add(page, one.data, one.len);
		buf_fini(&one);
	}
}

static void a_full_air_is_read_page_by_page(void)
{
	static struct station_air air;
	struct buf rows = {0};
	unsigned next = 0, pages = 0;
	size_t got;

	do {
		struct buf page = {0};

		fill_page(&page, (next + 1) / 2, 120);
		got = station_bss_rows(page.data != NULL ? page.data : "", &rows, &next);
		buf_fini(&page);
		pages++;
	} while (got > 0 && pages < 20);
	CHECK(pages > 3 && pages < 20);
	station_air_read(&air, rows.data);
	CHECK_INT(air.count, 120);
	for (size_t i = 0; i < air.count; i++)
		CHECK_INT(air.seen[i].aps, 1);
	CHECK_INT(air.seen[0].security, STATION_WPA2);
	buf_fini(&rows);
	/* One that gives the same again and again gets no further. */
	next = 10;
	CHECK_INT(station_bss_rows("id=3\nssid=x\n####\n", &rows, &next), 0);
	CHECK_INT(station_bss_rows("FAIL\n", &rows, &next), 0);
	CHECK(rows.data == NULL);
}

int main(void)
{
	RUN(flags_say_how_to_join);
	RUN(a_frequency_is_a_channel);
	RUN(a_row_is_read_whole);
	RUN(networks_of_one_name_come_once);
	RUN(a_hidden_one_that_answered_is_known_as_hidden);
	RUN(securities_are_taken_together);
	RUN(more_than_there_is_room_for_is_left_out);
	RUN(a_full_air_is_read_page_by_page);
	return check_done();
}
