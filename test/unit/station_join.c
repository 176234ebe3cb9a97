/*
 * station_join: an attempt to join, against a supplicant that is made up: it has
 * networks that are enabled, selected and removed as the real one's are.  What
 * counts is what is left of them in the end.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "station/station.h"

#define FAKE_MAX 16

static struct fake {
	struct {
		bool there, enabled;
		char set[512]; /* "key=value\n" in their order */
	} net[FAKE_MAX];
	int selected; /* -1: none */
	bool disconnected;
	const char *refuse; /* commands that begin so fail */
	const char *deaf;   /* and those so are not answered */
	unsigned asked;
} fake;

static struct station_join j;
static struct station_list list;
static uint64_t now;

/* Three: 0 is current, 1 enabled, 2 disabled. */
static void fake_begin(void)
{
	static const char rows[] = "network id / ssid / bssid / flags\n"
				   "0\thome\tany\t[CURRENT]\n"
				   "1\twork\tany\t[TEMP-DISABLED]\n"
				   "2\told\tany\t[DISABLED]\n"
				   "3\tdirect\tany\t[DISABLED][P2P-PERSISTENT]\n";

	fake = (struct fake){.selected = 0};
	for (int i = 0; i < 4; i++)
		fake.net[i].there = true;
	fake.net[0].enabled = fake.net[1].enabled = true;
	list.count = 0;
	CHECK_INT(station_list_read(&list, rows), 3);
	now = 1000;
}

static const char *fake_ask(const char *command)
{
	int id = -1, at = 0;
	char verb[32];
	const char *digits = strchr(command, ' ');

	fake.asked++;
	if (fake.deaf != NULL && strncmp(command, fake.deaf, strlen(fake.deaf)) == 0)
		return NULL;
	if (fake.refuse != NULL && strncmp(command, fake.refuse, strlen(fake.refuse)) == 0)
		return "FAIL\n";
	if (strcmp(command, "DISCONNECT") == 0) {
		fake.disconnected = true;
		return "OK\n";
	}
	if (strcmp(command, "ADD_NETWORK") == 0) {
		fake.net[4].there = true;
		return "4\n";
	}
	if (digits == NULL || sscanf(command, "%31s %d%n", verb, &id, &at) != 2 || id < 0 ||
	    id >= FAKE_MAX || !fake.net[id].there)
		return "FAIL\n";
	if (strcmp(verb, "SET_NETWORK") == 0) {
		strncat(fake.net[id].set, command + at + 1,
		    sizeof(fake.net[id].set) - strlen(fake.net[id].set) - 2);
		strcat(fake.net[id].set, "\n");
	} else if (strcmp(verb, "SELECT_NETWORK") == 0) {
		for (int i = 0; i < FAKE_MAX; i++)
			fake.net[i].enabled = i == id;
		fake.selected = id;
		fake.disconnected = false;
	} else if (strcmp(verb, "ENABLE_NETWORK") == 0) {
		fake.net[id].enabled = true;
		if (strstr(command, "no-connect") == NULL)
			fake.disconnected = false;
	} else if (strcmp(verb, "DISABLE_NETWORK") == 0) {
		fake.net[id].enabled = false;
	} else if (strcmp(verb, "REMOVE_NETWORK") == 0) {
		memset(&fake.net[id], 0, sizeof(fake.net[id]));
		if (fake.selected == id)
			fake.selected = -1;
	} else {
		return "FAIL\n";
	}
	return "OK\n";
}

/* Ask until there is something to wait for, or the end. */
static enum station_act run(void)
{
	for (int i = 0; j.act == STATION_ASK && i < 100; i++)
		station_join_reply(&j, fake_ask(j.command), now);
	return j.act;
}

static enum station_act hear(const char *text)
{
	struct station_event ev;

	station_parse(text, &ev);
	station_join_event(&j, &ev, now);
	return run();
}

static struct station_network network(
    const char *ssid, enum station_security security, const char *secret)
{
	struct station_network n = {.security = security};
	struct err e = {0};

	CHECK_INT(station_ssid_take(&n.ssid, ssid, &e), 0);
	str_copy(n.secret, sizeof(n.secret), secret);
	CHECK_INT(station_network_check(&n, &e), 0);
	return n;
}

static enum station_act begin_cafe(void)
{
	struct station_network n = network("cafe", STATION_WPA2, "a passphrase");
	struct station_from from = {&list, -1, -1, false, false};

	station_join_begin(&j, &n, &from, now);
	return run();
}

static enum station_act begin_known(int id, const char *ssid, bool left, bool there)
{
	struct station_network n = {0};
	struct station_from from = {&list, id, -1, left, there};
	struct err e = {0};

	CHECK_INT(station_ssid_take(&n.ssid, ssid, &e), 0);
	station_join_begin(&j, &n, &from, now);
	return run();
}

/* All is as fake_begin made it. */
static void check_undone(void)
{
	CHECK_INT(j.act, STATION_FAILED);
	CHECK(fake.net[0].enabled && fake.net[1].enabled);
	CHECK(!fake.net[2].enabled && !fake.net[3].enabled);
	CHECK(!fake.net[4].there);
	CHECK_INT(fake.selected, 0);
	CHECK(!fake.disconnected);
}

static void why_is(enum station_why why, const char *words)
{
	char text[160];

	CHECK_INT(j.why, why);
	CHECK_STR(station_join_words(&j, text, sizeof(text)), words);
}

static void trying(void)
{
	CHECK_INT(hear("SME: Trying to authenticate with 02:00 (SSID='cafe' freq=2412 MHz)"),
	    STATION_WAIT);
	CHECK_INT(j.stage, STATION_ASSOCIATING);
}

static void joins_a_new_network(void)
{
	fake_begin();
	CHECK_INT(begin_cafe(), STATION_WAIT);
	CHECK_INT(j.stage, STATION_LOOKING);
	CHECK_STR(fake.net[4].set, "ssid 63616665\nkey_mgmt WPA-PSK\npsk \"a passphrase\"\n");
	CHECK_INT(fake.selected, 4);
	CHECK(!fake.net[0].enabled);
	hear("CTRL-EVENT-DISCONNECTED bssid=02:00 reason=3 locally_generated=1");
	trying();
	station_join_online(&j); /* still the network before */
	CHECK_INT(j.act, STATION_WAIT);
	CHECK_INT(hear("CTRL-EVENT-CONNECTED - Connection to 02:00 completed"), STATION_WAIT);
	CHECK_INT(j.stage, STATION_ADDRESSING);
	station_join_online(&j);
	CHECK_INT(run(), STATION_JOINED);
	CHECK(fake.net[0].enabled && fake.net[1].enabled && fake.net[4].enabled);
	CHECK(!fake.net[2].enabled && !fake.net[3].enabled);
	CHECK_INT(fake.selected, 4);
	/* No secret stays in what is left of it. */
	CHECK_STR(j.command, "");
	for (size_t i = 0; i < STATION_SETTINGS_MAX; i++)
		CHECK_STR(j.setting[i].value, "");
}

static void a_wrong_passphrase_is_undone(void)
{
	fake_begin();
	begin_cafe();
	trying();
	CHECK_INT(hear("CTRL-EVENT-SSID-TEMP-DISABLED id=4 ssid=\"cafe\" auth_failures=1 "
		       "duration=10 reason=WRONG_KEY"),
	    STATION_FAILED);
	why_is(STATION_WHY_WRONG_KEY, "wrong passphrase");
	check_undone();
}

static void the_last_words_about_another_do_not_count(void)
{
	fake_begin();
	begin_cafe();
	CHECK_INT(hear("CTRL-EVENT-SSID-TEMP-DISABLED id=1 ssid=\"work\" auth_failures=1 "
		       "duration=10 reason=WRONG_KEY"),
	    STATION_WAIT);
	CHECK_INT(
	    hear("Trying to associate with 02:00 (SSID='work' freq=2412 MHz)"), STATION_WAIT);
	CHECK_INT(j.stage, STATION_LOOKING);
}

static void an_absent_network_is_given_up(void)
{
	fake_begin();
	begin_cafe();
	CHECK_INT(hear("CTRL-EVENT-NETWORK-NOT-FOUND "), STATION_WAIT);
	CHECK_INT(hear("CTRL-EVENT-NETWORK-NOT-FOUND "), STATION_FAILED);
	why_is(STATION_WHY_ABSENT, "it is not in range");
	check_undone();
	/* Or by the clock. */
	fake_begin();
	begin_cafe();
	station_join_time(&j, now + STATION_LOOK_MS - 1);
	CHECK_INT(run(), STATION_WAIT);
	station_join_time(&j, now + STATION_LOOK_MS);
	CHECK_INT(run(), STATION_FAILED);
	CHECK_INT(j.why, STATION_WHY_ABSENT);
	check_undone();
}

static void a_refusal_says_why(void)
{
	fake_begin();
	begin_cafe();
	trying();
	CHECK_INT(hear("CTRL-EVENT-ASSOC-REJECT bssid=02:00 status_code=17"), STATION_WAIT);
	CHECK_INT(hear("CTRL-EVENT-NETWORK-NOT-FOUND "), STATION_FAILED);
	why_is(STATION_WHY_REFUSED,
	    "its access point refused us: it has too many stations (status 17)");
	check_undone();
	fake_begin();
	begin_cafe();
	trying();
	hear("CTRL-EVENT-ASSOC-REJECT bssid=02:00 status_code=99");
	hear("CTRL-EVENT-ASSOC-REJECT bssid=02:00 status_code=99");
	why_is(STATION_WHY_REFUSED, "its access point refused us (status 99)");
	check_undone();
}

static void who_is_sent_away_is_told(void)
{
	fake_begin();
	begin_cafe();
	trying();
	hear("CTRL-EVENT-DISCONNECTED bssid=02:00 reason=5");
	CHECK_INT(hear("CTRL-EVENT-SSID-TEMP-DISABLED id=4 ssid=\"cafe\" auth_failures=1 "
		       "duration=10 reason=CONN_FAILED"),
	    STATION_FAILED);
	why_is(STATION_WHY_SENT_AWAY, "its access point sent us away (reason 5)");
	check_undone();
}

static void silence_and_no_address_are_given_up(void)
{
	fake_begin();
	begin_cafe();
	trying();
	station_join_time(&j, now + STATION_ASSOCIATE_MS);
	CHECK_INT(run(), STATION_FAILED);
	why_is(STATION_WHY_NO_ANSWER, "its access point does not answer any more");
	check_undone();
	fake_begin();
	begin_cafe();
	trying();
	hear("CTRL-EVENT-CONNECTED - Connection to 02:00 completed");
	station_join_time(&j, now + STATION_ADDRESS_MS);
	CHECK_INT(run(), STATION_FAILED);
	why_is(STATION_WHY_NO_ADDRESS, "it gives no address: no DHCP server answers there");
	check_undone();
}

static void refused_credentials_are_said(void)
{
	fake_begin();
	begin_known(1, "work", false, false);
	CHECK_INT(hear("CTRL-EVENT-EAP-FAILURE EAP authentication failed"), STATION_FAILED);
	why_is(STATION_WHY_EAP, "it refuses the credentials");
	check_undone();
}

static void a_supplicant_that_refuses_changes_nothing(void)
{
	static const char *const commands[] = {"ADD_NETWORK", "SET_NETWORK 4 ssid",
	    "SET_NETWORK 4 key_mgmt", "SET_NETWORK 4 psk", "SELECT_NETWORK 4"};

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		fake_begin();
		fake.refuse = commands[i];
		CHECK_INT(begin_cafe(), STATION_FAILED);
		why_is(STATION_WHY_SUPPLICANT, "the supplicant does not take it");
		check_undone();
		fake_begin();
		fake.deaf = commands[i];
		CHECK_INT(begin_cafe(), STATION_FAILED);
		why_is(STATION_WHY_GONE, "the supplicant does not answer");
		check_undone();
	}
}

static void a_step_back_that_fails_stops_no_other(void)
{
	fake_begin();
	begin_cafe();
	fake.refuse = "REMOVE_NETWORK";
	station_join_cancel(&j, STATION_WHY_CANCELLED);
	CHECK_INT(run(), STATION_FAILED);
	CHECK_INT(fake.selected, 0);
	CHECK(fake.net[0].enabled && fake.net[1].enabled && !fake.net[2].enabled);
}

static void giving_up_undoes_at_every_point(void)
{
	for (unsigned asks = 0; asks < 12; asks++) {
		struct station_network n = network("cafe", STATION_WPA3, "x");
		struct station_from from = {&list, -1, -1, false, false};

		fake_begin();
		station_join_begin(&j, &n, &from, now);
		for (unsigned i = 0; i < asks && j.act == STATION_ASK; i++)
			station_join_reply(&j, fake_ask(j.command), now);
		station_join_cancel(&j, STATION_WHY_CANCELLED);
		CHECK_INT(run(), STATION_FAILED);
		why_is(STATION_WHY_CANCELLED, "given up");
		check_undone();
	}
}

static void a_known_network_is_selected(void)
{
	fake_begin();
	CHECK_INT(begin_known(1, "work", false, false), STATION_WAIT);
	CHECK_INT(fake.selected, 1);
	hear("CTRL-EVENT-CONNECTED - Connection to 02:00 completed");
	station_join_online(&j);
	CHECK_INT(run(), STATION_JOINED);
	CHECK(fake.net[0].enabled && fake.net[1].enabled && !fake.net[2].enabled);
	/* A disabled one is disabled again when it fails. */
	fake_begin();
	begin_known(2, "old", false, false);
	station_join_cancel(&j, STATION_WHY_CANCELLED);
	run();
	check_undone();
}

static void the_current_network_is_left_alone(void)
{
	fake_begin();
	CHECK_INT(begin_known(0, "home", false, true), STATION_WAIT);
	station_join_online(&j);
	CHECK_INT(run(), STATION_JOINED);
	CHECK_INT(fake.asked, 0);
	CHECK_INT(fake.selected, 0);
}

static void who_had_left_stays_away_after_a_failure(void)
{
	struct station_network n = network("cafe", STATION_OPEN, "");
	struct station_from from = {&list, -1, -1, true, false};

	fake_begin();
	list.row[0].current = false;
	fake.selected = -1;
	fake.disconnected = true;
	station_join_begin(&j, &n, &from, now);
	run();
	CHECK(!fake.disconnected);
	station_join_cancel(&j, STATION_WHY_CANCELLED);
	run();
	CHECK(fake.disconnected);
	CHECK(fake.net[0].enabled && fake.net[1].enabled && !fake.net[2].enabled);
	CHECK(!fake.net[4].there);
}

static void another_secret_takes_the_place_of_the_old(void)
{
	struct station_network n = network("work", STATION_TRANSITION, "another one");
	struct station_from from = {&list, -1, 1, false, false};

	fake_begin();
	station_join_begin(&j, &n, &from, now);
	run();
	CHECK_STR(fake.net[4].set, "ssid 776f726b\nkey_mgmt WPA-PSK SAE\nieee80211w 1\n"
				   "psk \"another one\"\n");
	hear("CTRL-EVENT-CONNECTED - Connection to 02:00 completed");
	station_join_online(&j);
	CHECK_INT(run(), STATION_JOINED);
	CHECK(!fake.net[1].there && fake.net[4].enabled && fake.net[0].enabled);
	/* When that is wrong too the old one stays. */
	fake_begin();
	station_join_begin(&j, &n, &from, now);
	run();
	hear("CTRL-EVENT-SSID-TEMP-DISABLED id=4 ssid=\"work\" auth_failures=1 duration=10 "
	     "reason=WRONG_KEY");
	check_undone();
}

static void a_connection_lost_is_looked_for_again(void)
{
	fake_begin();
	begin_cafe();
	trying();
	hear("CTRL-EVENT-CONNECTED - Connection to 02:00 completed");
	CHECK_INT(hear("CTRL-EVENT-DISCONNECTED bssid=02:00 reason=8"), STATION_WAIT);
	CHECK_INT(j.stage, STATION_LOOKING);
	station_join_online(&j); /* said before it was lost */
	CHECK_INT(j.act, STATION_WAIT);
	station_join_time(&j, now + STATION_LOOK_MS);
	CHECK_INT(run(), STATION_FAILED);
	why_is(STATION_WHY_SENT_AWAY, "its access point sent us away (reason 8)");
	check_undone();
}

static void answers_out_of_turn_are_harmless(void)
{
	fake_begin();
	begin_cafe();
	station_join_reply(&j, "OK\n", now);
	CHECK_INT(j.act, STATION_WAIT);
	fake_begin();
	fake.refuse = "nothing";
	begin_cafe();
	station_join_cancel(&j, STATION_WHY_CANCELLED);
	hear("CTRL-EVENT-CONNECTED - Connection to 02:00 completed");
	station_join_online(&j);
	station_join_time(&j, now + 1000000);
	station_join_cancel(&j, STATION_WHY_GONE);
	run();
	CHECK_INT(j.why, STATION_WHY_CANCELLED);
	check_undone();
}

int main(void)
{
	RUN(joins_a_new_network);
	RUN(a_wrong_passphrase_is_undone);
	RUN(the_last_words_about_another_do_not_count);
	RUN(an_absent_network_is_given_up);
	RUN(a_refusal_says_why);
	RUN(who_is_sent_away_is_told);
	RUN(silence_and_no_address_are_given_up);
	RUN(refused_credentials_are_said);
	RUN(a_supplicant_that_refuses_changes_nothing);
	RUN(a_step_back_that_fails_stops_no_other);
	RUN(giving_up_undoes_at_every_point);
	RUN(a_known_network_is_selected);
	RUN(the_current_network_is_left_alone);
	RUN(who_had_left_stays_away_after_a_failure);
	RUN(another_secret_takes_the_place_of_the_old);
	RUN(a_connection_lost_is_looked_for_again);
	RUN(answers_out_of_turn_are_harmless);
	station_join_fini(&j);
	return check_done();
}
