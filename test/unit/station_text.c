/* station_text: the supplicant's words, taken apart. */
#include <string.h>

#include "check.h"
#include "station/station.h"

static struct station_event heard(const char *text)
{
	struct station_event ev;

	station_parse(text, &ev);
	return ev;
}

static void understands_events(void)
{
	struct station_event ev;
	char name[STATION_SSID_TEXT];

	ev = heard(
	    "SME: Trying to authenticate with 02:00:00:00:01:00 (SSID='cafe' freq=2412 MHz)");
	CHECK_INT(ev.kind, STATION_TRYING);
	CHECK_STR(station_ssid_text(name, &ev.ssid), "\"cafe\"");
	ev = heard(
	    "CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"ca'fe\" auth_failures=1 duration=10 "
	    "reason=WRONG_KEY");
	CHECK_INT(ev.kind, STATION_WRONG_KEY);
	CHECK_STR(station_ssid_text(name, &ev.ssid), "\"ca'fe\"");
	ev = heard("CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"x\" auth_failures=1 duration=10 "
		   "reason=CONN_FAILED");
	CHECK_INT(ev.kind, STATION_REFUSED);
	ev = heard(
	    "CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:01:00 reason=4 locally_generated=1");
	CHECK_INT(ev.kind, STATION_DISCONNECTED);
	CHECK_INT(ev.code, 4);
	CHECK(ev.local);
	ev = heard("CTRL-EVENT-ASSOC-REJECT bssid=02:00:00:00:01:00 status_code=17");
	CHECK_INT(ev.kind, STATION_REFUSED);
	CHECK_INT(ev.code, 17);
	ev = heard("CTRL-EVENT-AUTH-REJECT 02:00:00:00:02:00 auth_type=3 auth_transaction=2 "
		   "status_code=1");
	CHECK_INT(ev.kind, STATION_WRONG_KEY);
	ev = heard("CTRL-EVENT-AUTH-REJECT 02:00:00:00:02:00 auth_type=3 auth_transaction=1 "
		   "status_code=1");
	CHECK_INT(ev.kind, STATION_REFUSED);
	CHECK_INT(heard("CTRL-EVENT-CONNECTED - Connection to x").kind, STATION_CONNECTED);
	CHECK_INT(heard("CTRL-EVENT-NETWORK-NOT-FOUND ").kind, STATION_NOT_FOUND);
	CHECK_INT(heard("CTRL-EVENT-BSS-ADDED 0 02").kind, STATION_OTHER);
	CHECK_INT(heard("").kind, STATION_OTHER);
}

static void a_complaint_shows_no_passphrase(void)
{
	char psk[] = "Line 3: Invalid passphrase length 5 (expected: 8..63) '\"short\"'.";
	char block[] = "Line 3: failed to parse network block.", other[] = "wlan0: it's 'fine'";

	CHECK(station_redact(psk));
	CHECK_STR(psk, "Line 3: Invalid passphrase length 5 (expected: 8..63)");
	CHECK(station_redact(block));
	CHECK_STR(block, "Line 3: failed to parse network block.");
	CHECK(!station_redact(other));
	CHECK_STR(other, "wlan0: it's 'fine'");
}

static void an_ssid_is_bytes(void)
{
	struct station_event ev;
	struct station_ssid ssid;
	char name[STATION_SSID_TEXT];

	ev = heard("Trying to associate with 02:00 (SSID='a' freq=' freq=2412 MHz)");
	CHECK_STR(station_ssid_text(name, &ev.ssid), "\"a' freq=\"");
	ev = heard(
	    "Trying to associate with 02:00 (SSID='\\x00\\xff\\n\\e\\\\\\\"%n' freq=2412 MHz)");
	CHECK_INT(ev.ssid.len, 8);
	CHECK(memcmp(ev.ssid.bytes, "\0\377\n\033\\\"%n", 8) == 0);
	CHECK_STR(station_ssid_text(name, &ev.ssid), "\"\\x00\\xff\\x0a\\x1b\\\\\"%n\"");
	CHECK(station_unescape("\\xe2\\x82\\xac", 12, &ssid));
	CHECK_STR(station_ssid_text(name, &ssid), "\"\342\202\254\"");
	CHECK(station_unescape("0123456789abcdef0123456789abcdef", 32, &ssid));
	CHECK(!station_unescape("0123456789abcdef0123456789abcdefg", 33, &ssid));
	CHECK(station_unescape("a\\", 2, &ssid));
	CHECK_INT(ssid.len, 2);
	CHECK(station_unescape("\\x", 2, &ssid));
	CHECK_INT(ssid.len, 2);
}

static void reads_replies(void)
{
	static const char status[] = "bssid=02:00:00:00:01:00\nfreq=2412\nssid=cafe\nid=0\n";
	static const char scan[] = "bssid / frequency / signal level / flags / ssid\n"
				   "02:00:00:00:01:00\t2412\t-30\t[WPA2]\tcafe\n"
				   "02:00:00:00:02:00\t2437\t-30\t[ESS]\t\n";
	const char *at = scan;
	struct station_ap ap;
	char value[32];

	CHECK(station_value(status, "ssid", value, sizeof(value)));
	CHECK_STR(value, "cafe");
	CHECK(station_value(status, "freq", value, sizeof(value)));
	CHECK_STR(value, "2412");
	CHECK(!station_value(status, "req", value, sizeof(value)));
	CHECK(station_result(&at, &ap));
	CHECK_INT(ap.ssid.len, 4);
	CHECK(station_result(&at, &ap));
	CHECK_INT(ap.ssid.len, 0);
	CHECK(!station_result(&at, &ap));
}

int main(void)
{
	RUN(understands_events);
	RUN(a_complaint_shows_no_passphrase);
	RUN(an_ssid_is_bytes);
	RUN(reads_replies);
	return check_done();
}
