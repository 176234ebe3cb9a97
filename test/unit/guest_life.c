/* guest_life: from what happens on the air to the state that people see. */
#include "check.h"
#include "guest/life.h"

static struct life s;

static void see(
    enum life_event event, const char *text, enum wire_state state, const char *reason)
{
	life_event(&s, event, text);
	CHECK_STR(wire_state_name(s.state), wire_state_name(state));
	CHECK_HAS(s.reason, reason);
}

static void comes_online(void)
{
	life_init(&s);
	see(LIFE_RADIO_READY, NULL, WIRE_SCANNING, "looking");
	see(LIFE_SCAN, NULL, WIRE_SCANNING, "looking");
	see(LIFE_TRYING, "\"cafe\"", WIRE_ASSOCIATING, "with \"cafe\"");
	see(LIFE_CONNECTED, "\"cafe\"", WIRE_ADDRESSING, "\"cafe\"");
	see(LIFE_LEASE, "address 10.1.2.3/24", WIRE_ONLINE, "\"cafe\", address 10.1.2.3/24");
}

static void says_only_what_is_new(void)
{
	comes_online();
	CHECK(!life_event(&s, LIFE_SCAN, NULL));
	CHECK(!life_event(&s, LIFE_LEASE, "address 10.1.2.3/24"));
	CHECK(life_event(&s, LIFE_LEASE, "address 10.1.2.4/24"));
	CHECK_INT(s.state, WIRE_ONLINE);
}

static void a_wrong_passphrase_stays_the_reason(void)
{
	life_init(&s);
	life_event(&s, LIFE_RADIO_READY, NULL);
	life_event(&s, LIFE_TRYING, "\"cafe\"");
	see(LIFE_DISCONNECTED, "sent away", WIRE_ASSOCIATING, "with \"cafe\"");
	see(LIFE_WRONG_KEY, "\"cafe\"", WIRE_ASSOCIATING, "wrong passphrase for \"cafe\"");
	see(LIFE_SCAN, NULL, WIRE_ASSOCIATING, "wrong passphrase for \"cafe\"");
	see(LIFE_TRYING, "\"cafe\"", WIRE_ASSOCIATING, "wrong passphrase for \"cafe\"");
	see(LIFE_DISCONNECTED, "sent away", WIRE_ASSOCIATING, "wrong passphrase");
	see(LIFE_CONNECTED, "\"cafe\"", WIRE_ADDRESSING, "asking for an address");
}

static void an_access_point_goes_and_comes_back(void)
{
	comes_online();
	see(LIFE_DISCONNECTED, "the access point of \"cafe\" is gone", WIRE_SCANNING,
	    "is gone");
	see(LIFE_NO_LEASE, "the address is gone", WIRE_SCANNING, "access point of \"cafe\"");
	see(LIFE_NOT_FOUND, "saw 2 others", WIRE_SCANNING, "in range: saw 2 others");
	see(LIFE_TRYING, "\"cafe\"", WIRE_ASSOCIATING, "");
	see(LIFE_CONNECTED, "\"cafe\"", WIRE_ADDRESSING, "");
	see(LIFE_LEASE, "address 10.1.2.3/24", WIRE_ONLINE, "10.1.2.3");
}

static void no_address_is_said(void)
{
	comes_online();
	see(LIFE_NO_LEASE, "the address is gone", WIRE_ADDRESSING, "the address is gone");
	see(LIFE_LEASE, "address 10.1.2.9/24", WIRE_ONLINE, "10.1.2.9");
}

static void a_missing_radio_is_said_and_mended(void)
{
	life_init(&s);
	see(LIFE_RADIO_MISSING, "no driver", WIRE_NO_RADIO, "no driver");
	see(LIFE_SCAN, NULL, WIRE_NO_RADIO, "no driver");
	see(LIFE_RADIO_READY, NULL, WIRE_SCANNING, "looking");
	comes_online();
	see(LIFE_RADIO_MISSING, "the card is gone", WIRE_NO_RADIO, "the card is gone");
}

static void new_settings_begin_anew(void)
{
	comes_online();
	see(LIFE_NEW_CONFIGURATION, NULL, WIRE_SCANNING, "looking");
	see(LIFE_UNCONFIGURED, "no network is configured", WIRE_SCANNING, "no network is");
	see(LIFE_NEW_CONFIGURATION, NULL, WIRE_SCANNING, "looking");
}

static void nothing_follows_the_end(void)
{
	comes_online();
	see(LIFE_STOPPING, NULL, WIRE_STOPPING, "");
	for (int event = 0; event < LIFE_EVENTS; event++) {
		life_event(&s, (enum life_event)event, "late");
		CHECK_INT(s.state, WIRE_STOPPING);
	}
}

static void every_event_is_safe_in_every_state(void)
{
	for (int state = 0; state < WIRE_STATES; state++) {
		for (int event = 0; event < LIFE_EVENTS; event++) {
			s = (struct life){.state = (enum wire_state)state};
			life_event(&s, (enum life_event)event, NULL);
			CHECK(s.state < WIRE_STATES);
			life_event(&s, (enum life_event)event, "%n%s");
			CHECK(s.state < WIRE_STATES);
		}
	}
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
	return check_done();
}
