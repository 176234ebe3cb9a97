/* guest_station: from the supplicant's words to the state that people see. */
#include "check.h"
#include "guest/station.h"
#include "guest/supplicant.h"

static struct station s;

static void see(
    enum station_event event, const char *text, enum wire_state state, const char *reason)
{
	station_event(&s, event, text);
	CHECK_STR(wire_state_name(s.state), wire_state_name(state));
	CHECK_HAS(s.reason, reason);
}

static void comes_online(void)
{
	station_init(&s);
	see(STATION_RADIO_READY, NULL, WIRE_SCANNING, "looking");
	see(STATION_SCAN, NULL, WIRE_SCANNING, "looking");
	see(STATION_TRYING, "\"cafe\"", WIRE_ASSOCIATING, "with \"cafe\"");
	see(STATION_CONNECTED, "\"cafe\"", WIRE_ADDRESSING, "\"cafe\"");
	see(STATION_LEASE, "address 10.1.2.3/24", WIRE_ONLINE, "\"cafe\", address 10.1.2.3/24");
}

static void says_only_what_is_new(void)
{
	comes_online();
	CHECK(!station_event(&s, STATION_SCAN, NULL));
	CHECK(!station_event(&s, STATION_LEASE, "address 10.1.2.3/24"));
	CHECK(station_event(&s, STATION_LEASE, "address 10.1.2.4/24"));
	CHECK_INT(s.state, WIRE_ONLINE);
}

static void a_wrong_passphrase_stays_the_reason(void)
{
	station_init(&s);
	station_event(&s, STATION_RADIO_READY, NULL);
	station_event(&s, STATION_TRYING, "\"cafe\"");
	see(STATION_DISCONNECTED, "sent away", WIRE_ASSOCIATING, "with \"cafe\"");
	see(STATION_WRONG_KEY, "\"cafe\"", WIRE_ASSOCIATING, "wrong passphrase for \"cafe\"");
	see(STATION_SCAN, NULL, WIRE_ASSOCIATING, "wrong passphrase for \"cafe\"");
	see(STATION_TRYING, "\"cafe\"", WIRE_ASSOCIATING, "wrong passphrase for \"cafe\"");
	see(STATION_DISCONNECTED, "sent away", WIRE_ASSOCIATING, "wrong passphrase");
	see(STATION_CONNECTED, "\"cafe\"", WIRE_ADDRESSING, "asking for an address");
}

static void an_access_point_goes_and_comes_back(void)
{
	comes_online();
	see(STATION_DISCONNECTED, "the access point of \"cafe\" is gone", WIRE_SCANNING,
	    "is gone");
	see(STATION_NO_LEASE, "the address is gone", WIRE_SCANNING, "access point of \"cafe\"");
	see(STATION_NOT_FOUND, "saw 2 others", WIRE_SCANNING, "in range: saw 2 others");
	see(STATION_TRYING, "\"cafe\"", WIRE_ASSOCIATING, "");
	see(STATION_CONNECTED, "\"cafe\"", WIRE_ADDRESSING, "");
	see(STATION_LEASE, "address 10.1.2.3/24", WIRE_ONLINE, "10.1.2.3");
}

static void no_address_is_said(void)
{
	comes_online();
	see(STATION_NO_LEASE, "the address is gone", WIRE_ADDRESSING, "the address is gone");
	see(STATION_LEASE, "address 10.1.2.9/24", WIRE_ONLINE, "10.1.2.9");
}

static void a_missing_radio_is_said_and_mended(void)
{
	station_init(&s);
	see(STATION_RADIO_MISSING, "no driver", WIRE_NO_RADIO, "no driver");
	see(STATION_SCAN, NULL, WIRE_NO_RADIO, "no driver");
	see(STATION_RADIO_READY, NULL, WIRE_SCANNING, "looking");
	comes_online();
	see(STATION_RADIO_MISSING, "the card is gone", WIRE_NO_RADIO, "the card is gone");
}

static void new_settings_begin_anew(void)
{
	comes_online();
	see(STATION_NEW_CONFIGURATION, NULL, WIRE_SCANNING, "looking");
	see(STATION_UNCONFIGURED, "no network is configured", WIRE_SCANNING, "no network is");
	see(STATION_NEW_CONFIGURATION, NULL, WIRE_SCANNING, "looking");
}

static void nothing_follows_the_end(void)
{
	comes_online();
	see(STATION_STOPPING, NULL, WIRE_STOPPING, "");
	for (int event = 0; event < STATION_EVENTS; event++) {
		station_event(&s, (enum station_event)event, "late");
		CHECK_INT(s.state, WIRE_STOPPING);
	}
}

static void every_event_is_safe_in_every_state(void)
{
	for (int state = 0; state < WIRE_STATES; state++) {
		for (int event = 0; event < STATION_EVENTS; event++) {
			s = (struct station){.state = (enum wire_state)state};
			station_event(&s, (enum station_event)event, NULL);
			CHECK(s.state < WIRE_STATES);
			station_event(&s, (enum station_event)event, "%n%s");
			CHECK(s.state < WIRE_STATES);
		}
	}
}

/* --- the supplicant's words */

static struct supplicant_event heard(const char *text)
{
	struct supplicant_event ev;

	supplicant_parse(text, &ev);
	return ev;
}

static void understands_events(void)
{
	struct supplicant_event ev;
	char name[SSID_TEXT];

	ev = heard(
	    "SME: Trying to authenticate with 02:00:00:00:01:00 (SSID='cafe' freq=2412 MHz)");
	CHECK_INT(ev.kind, SUPPLICANT_TRYING);
	CHECK_STR(ssid_text(name, &ev.ssid), "\"cafe\"");
	ev = heard(
	    "CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"ca'fe\" auth_failures=1 duration=10 "
	    "reason=WRONG_KEY");
	CHECK_INT(ev.kind, SUPPLICANT_WRONG_KEY);
	CHECK_STR(ssid_text(name, &ev.ssid), "\"ca'fe\"");
	ev = heard("CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"x\" auth_failures=1 duration=10 "
		   "reason=CONN_FAILED");
	CHECK_INT(ev.kind, SUPPLICANT_REFUSED);
	ev = heard(
	    "CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:01:00 reason=4 locally_generated=1");
	CHECK_INT(ev.kind, SUPPLICANT_DISCONNECTED);
	CHECK_INT(ev.code, 4);
	CHECK(ev.local);
	ev = heard("CTRL-EVENT-ASSOC-REJECT bssid=02:00:00:00:01:00 status_code=17");
	CHECK_INT(ev.kind, SUPPLICANT_REFUSED);
	CHECK_INT(ev.code, 17);
	ev = heard("CTRL-EVENT-AUTH-REJECT 02:00:00:00:02:00 auth_type=3 auth_transaction=2 "
		   "status_code=1");
	CHECK_INT(ev.kind, SUPPLICANT_WRONG_KEY);
	ev = heard("CTRL-EVENT-AUTH-REJECT 02:00:00:00:02:00 auth_type=3 auth_transaction=1 "
		   "status_code=1");
	CHECK_INT(ev.kind, SUPPLICANT_REFUSED);
	CHECK_INT(heard("CTRL-EVENT-CONNECTED - Connection to x").kind, SUPPLICANT_CONNECTED);
	CHECK_INT(heard("CTRL-EVENT-NETWORK-NOT-FOUND ").kind, SUPPLICANT_NOT_FOUND);
	CHECK_INT(heard("CTRL-EVENT-BSS-ADDED 0 02").kind, SUPPLICANT_OTHER);
	CHECK_INT(heard("").kind, SUPPLICANT_OTHER);
}

static void a_complaint_shows_no_passphrase(void)
{
	char psk[] = "Line 3: Invalid passphrase length 5 (expected: 8..63) '\"short\"'.";
	char block[] = "Line 3: failed to parse network block.", other[] = "wlan0: it's 'fine'";

	CHECK(supplicant_redact(psk));
	CHECK_STR(psk, "Line 3: Invalid passphrase length 5 (expected: 8..63)");
	CHECK(supplicant_redact(block));
	CHECK_STR(block, "Line 3: failed to parse network block.");
	CHECK(!supplicant_redact(other));
	CHECK_STR(other, "wlan0: it's 'fine'");
}

static void an_ssid_is_bytes(void)
{
	struct supplicant_event ev;
	struct ssid ssid;
	char name[SSID_TEXT];

	ev = heard("Trying to associate with 02:00 (SSID='a' freq=' freq=2412 MHz)");
	CHECK_STR(ssid_text(name, &ev.ssid), "\"a' freq=\"");
	ev = heard(
	    "Trying to associate with 02:00 (SSID='\\x00\\xff\\n\\e\\\\\\\"%n' freq=2412 MHz)");
	CHECK_INT(ev.ssid.len, 8);
	CHECK(memcmp(ev.ssid.bytes, "\0\377\n\033\\\"%n", 8) == 0);
	CHECK_STR(ssid_text(name, &ev.ssid), "\"\\x00\\xff\\x0a\\x1b\\\\\"%n\"");
	CHECK(supplicant_ssid("\\xe2\\x82\\xac", 12, &ssid));
	CHECK_STR(ssid_text(name, &ssid), "\"\342\202\254\"");
	CHECK(supplicant_ssid("0123456789abcdef0123456789abcdef", 32, &ssid));
	CHECK(!supplicant_ssid("0123456789abcdef0123456789abcdefg", 33, &ssid));
	CHECK(supplicant_ssid("a\\", 2, &ssid));
	CHECK_INT(ssid.len, 2);
	CHECK(supplicant_ssid("\\x", 2, &ssid));
	CHECK_INT(ssid.len, 2);
}

static void reads_replies(void)
{
	static const char status[] = "bssid=02:00:00:00:01:00\nfreq=2412\nssid=cafe\nid=0\n";
	static const char scan[] = "bssid / frequency / signal level / flags / ssid\n"
				   "02:00:00:00:01:00\t2412\t-30\t[WPA2]\tcafe\n"
				   "02:00:00:00:02:00\t2437\t-30\t[ESS]\t\n";
	const char *at = scan;
	struct ssid ssid;
	char value[32];

	CHECK(supplicant_value(status, "ssid", value, sizeof(value)));
	CHECK_STR(value, "cafe");
	CHECK(supplicant_value(status, "freq", value, sizeof(value)));
	CHECK_STR(value, "2412");
	CHECK(!supplicant_value(status, "req", value, sizeof(value)));
	CHECK(supplicant_result(&at, &ssid));
	CHECK_INT(ssid.len, 4);
	CHECK(supplicant_result(&at, &ssid));
	CHECK_INT(ssid.len, 0);
	CHECK(!supplicant_result(&at, &ssid));
}

int main(void)
{
	RUN(comes_online);
	RUN(says_only_what_is_new);
	RUN(a_wrong_passphrase_stays_the_reason);
	RUN(an_access_point_goes_and_comes_back);
	RUN(no_address_is_said);
	RUN(a_missing_radio_is_said_and_mended);
	RUN(new_settings_begin_anew);
	RUN(nothing_follows_the_end);
	RUN(every_event_is_safe_in_every_state);
	RUN(understands_events);
	RUN(a_complaint_shows_no_passphrase);
	RUN(an_ssid_is_bytes);
	RUN(reads_replies);
	return check_done();
}
