/* guest_watchdog: when a radio is dead, what is done about it, and which lines tell. */
#include "check.h"
#include "guest/watchdog.h"

#define CARD "0000:00:05.0"

static struct watchdog w;
static uint64_t now, wait_ms;

static void begin(void)
{
	w = (struct watchdog){0};
	now = 1000000;
	wait_ms = 0;
}

static void see(enum watchdog_sign sign, const char *words)
{
	watchdog_see(&w, now, sign, words);
}

static unsigned decide(void)
{
	return watchdog_decide(&w, now, &wait_ms);
}

/* Time passes as the decision asks for, until there is a step or nothing to wait for. */
static unsigned wait_for_step(uint64_t most_ms)
{
	uint64_t end = now + most_ms;
	unsigned step;

	for (;;) {
		step = decide();
		if (step != 0 || wait_ms == 0 || now + wait_ms > end)
			return step;
		now += wait_ms;
	}
}

static void a_radio_that_never_was_there_is_none_of_its_business(void)
{
	begin();
	see(WATCHDOG_GONE, NULL);
	see(WATCHDOG_CRASHED, "firmware crashed!");
	see(WATCHDOG_GAVE_UP, "chip reset failed");
	CHECK_INT(wait_for_step(3600000), 0);
	CHECK_INT(wait_ms, 0);
}

static void a_radio_that_hears_nothing_is_well(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	for (int i = 0; i < 1000; i++) {
		now += 5000;
		see(WATCHDOG_WORKED, NULL);
		CHECK_INT(decide(), 0);
		CHECK_INT(wait_ms, 0);
	}
}

static void an_interface_that_stays_away_escalates(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	see(WATCHDOG_GONE, NULL);
	CHECK_INT(decide(), 0);
	CHECK_INT(wait_ms, WATCHDOG_GONE_MS);
	now += WATCHDOG_GONE_MS;
	CHECK_INT(decide(), WIRE_WATCHDOG_DRIVER);
	CHECK_STR(w.reason, "its interface is gone");
	/* Nothing is decided while a step is taken. */
	now += 60000;
	CHECK_INT(decide(), 0);
	watchdog_done(&w, now, true);
	CHECK_INT(decide(), 0);
	CHECK_INT(wait_ms, WATCHDOG_PATIENCE_MS);
	see(WATCHDOG_GONE, NULL);
	now += WATCHDOG_PATIENCE_MS - 1;
	CHECK_INT(decide(), 0);
	now++;
	CHECK_INT(decide(), WIRE_WATCHDOG_RESET);
	watchdog_done(&w, now, true);
	now += WATCHDOG_PATIENCE_MS;
	CHECK_INT(decide(), WIRE_WATCHDOG_RESTART);
	/* That was the last. */
	CHECK_INT(wait_for_step(3600000), 0);
}

static void an_interface_that_comes_back_in_time_is_left_alone(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	for (int i = 0; i < 10; i++) {
		see(WATCHDOG_GONE, NULL);
		now += WATCHDOG_GONE_MS - 1;
		CHECK_INT(decide(), 0);
		see(WATCHDOG_THERE, NULL);
		now += 60000;
		CHECK_INT(decide(), 0);
	}
}

static void a_step_that_can_t_be_taken_is_followed_by_the_next(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	see(WATCHDOG_GONE, NULL);
	CHECK_INT(wait_for_step(60000), WIRE_WATCHDOG_DRIVER);
	watchdog_done(&w, now, false);
	CHECK_INT(decide(), WIRE_WATCHDOG_RESET);
	CHECK_STR(w.reason, "its interface is gone");
	watchdog_done(&w, now, false);
	/* Also when the interface is there: it is the same trouble. */
	see(WATCHDOG_THERE, NULL);
	CHECK_INT(decide(), WIRE_WATCHDOG_RESTART);
	CHECK_STR(w.reason, "its interface is gone");
	CHECK_INT(decide(), 0);
}

static void after_some_good_minutes_it_begins_anew(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	see(WATCHDOG_GONE, NULL);
	CHECK_INT(wait_for_step(60000), WIRE_WATCHDOG_DRIVER);
	watchdog_done(&w, now, true);
	see(WATCHDOG_THERE, NULL);
	/* Too early to have forgotten. */
	now += WATCHDOG_WELL_MS - 1000;
	CHECK_INT(decide(), 0);
	see(WATCHDOG_GONE, NULL);
	CHECK_INT(wait_for_step(60000), WIRE_WATCHDOG_RESET);
	watchdog_done(&w, now, true);
	see(WATCHDOG_THERE, NULL);
	CHECK_INT(wait_for_step(WATCHDOG_WELL_MS + 60000), 0);
	CHECK_INT(w.level, 0);
	CHECK_INT(wait_ms, 0);
	see(WATCHDOG_GONE, NULL);
	CHECK_INT(wait_for_step(60000), WIRE_WATCHDOG_DRIVER);
}

static void crashes_that_the_driver_mends_are_left_to_it(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	for (int i = 0; i < 100; i++) {
		now += WATCHDOG_WINDOW_MS / (WATCHDOG_CRASHES - 1);
		/* Each says a lot. */
		for (int line = 0; line < 50; line++) {
			now += 30;
			see(WATCHDOG_CRASHED, "Microcode SW error detected.");
		}
		CHECK_INT(decide(), 0);
	}
}

static void a_loop_of_crashes_is_not(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	for (int i = 0; i < WATCHDOG_CRASHES; i++) {
		CHECK_INT(decide(), 0);
		now += 20000;
		see(WATCHDOG_CRASHED, "Microcode SW error detected.");
	}
	CHECK_INT(decide(), WIRE_WATCHDOG_DRIVER);
	CHECK_STR(w.reason, "it crashed 4 times in 60 s: Microcode SW error detected.");
	/* What is said meanwhile does not count for the next step. */
	for (int i = 0; i < 10; i++) {
		now += 3000;
		see(WATCHDOG_CRASHED, "Microcode SW error detected.");
	}
	watchdog_done(&w, now, true);
	now += WATCHDOG_PATIENCE_MS;
	CHECK_INT(decide(), 0);
	for (int i = 0; i < WATCHDOG_CRASHES; i++) {
		now += 20000;
		see(WATCHDOG_CRASHED, "Microcode SW error detected.");
	}
	CHECK_INT(decide(), WIRE_WATCHDOG_RESET);
}

static void a_crash_of_many_lines_is_one(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		now += (WATCHDOG_APART_MS - 1) / 1000;
		see(WATCHDOG_CRASHED, "SER catches error: 0x4000");
	}
	CHECK_INT(decide(), 0);
	CHECK_INT(w.crash_count, 1);
}

static void a_crash_that_does_not_end_is_a_loop(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	for (int i = 0; i < 15; i++) {
		see(WATCHDOG_CRASHED, "Detected Hardware Unit Hang:");
		CHECK_INT(decide(), 0);
		now += 2000;
	}
	see(WATCHDOG_CRASHED, "Detected Hardware Unit Hang:");
	CHECK_INT(decide(), WIRE_WATCHDOG_DRIVER);
	CHECK_STR(w.reason, "it crashed 4 times in 30 s: Detected Hardware Unit Hang:");
}

static void a_driver_that_gave_up_is_started_anew_at_once(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	see(WATCHDOG_GAVE_UP, "chip reset failed");
	CHECK_INT(decide(), WIRE_WATCHDOG_DRIVER);
	CHECK_STR(w.reason, "its driver gave up: chip reset failed");
}

static void failures_in_a_row_count_and_a_success_ends_them(void)
{
	begin();
	see(WATCHDOG_THERE, NULL);
	for (int i = 0; i < WATCHDOG_FAILURES; i++)
		see(WATCHDOG_FAILED, "wlan0: CTRL-EVENT-SCAN-FAILED ret=-5");
	/* Five within a moment may be one cause that passes. */
	CHECK_INT(decide(), 0);
	CHECK_INT(wait_ms, WATCHDOG_FAILING_MS);
	see(WATCHDOG_WORKED, NULL);
	CHECK_INT(decide(), 0);
	CHECK_INT(wait_ms, 0);
	for (int i = 0; i < WATCHDOG_FAILURES; i++) {
		CHECK_INT(decide(), 0);
		now += 3000;
		see(WATCHDOG_FAILED, "wlan0: CTRL-EVENT-SCAN-FAILED ret=-5");
	}
	CHECK_INT(decide(), WIRE_WATCHDOG_DRIVER);
	CHECK_STR(w.reason, "it failed 5 times in a row: wlan0: CTRL-EVENT-SCAN-FAILED ret=-5");
}

/* ------------------------------------------------------------------- lines */

static void lines_of_drivers(void)
{
	static const struct {
		const char *text;
		enum watchdog_sign sign;
	} cases[] = {
	    {"iwlwifi " CARD ": Microcode SW error detected. Restarting 0x0.",
		WATCHDOG_CRASHED},
	    {"iwlwifi " CARD ": Microcode SW error detected.  Restarting 0x2000000.",
		WATCHDOG_CRASHED},
	    {"iwlwifi " CARD ": Error sending REPLY_ADD_STA: time out after 2000ms.",
		WATCHDOG_CRASHED},
	    {"iwlwifi " CARD ": Failed to wake NIC for hcmd", WATCHDOG_CRASHED},
	    {"ieee80211 phy0: Hardware restart was requested", WATCHDOG_CRASHED},
	    {"ath10k_pci " CARD ": firmware crashed! (guid 4f81011e)", WATCHDOG_CRASHED},
	    {"ath11k_pci " CARD ": firmware crashed: MHI_CB_EE_RDDM", WATCHDOG_CRASHED},
	    {"ath11k_pci " CARD ": failed to reconfigure driver on crash recovery",
		WATCHDOG_GAVE_UP},
	    {"mt7921e " CARD ": Message 00020001 (seq 5) timeout", WATCHDOG_CRASHED},
	    {"mt7921e " CARD ": driver own failed", WATCHDOG_CRASHED},
	    {"mt7921e " CARD ": chip reset failed", WATCHDOG_GAVE_UP},
	    {"mt7921e " CARD ": chip reset", WATCHDOG_NOTHING},
	    {"rtw_8822ce " CARD ": firmware failed to leave power save mode", WATCHDOG_CRASHED},
	    {"rtw89_8852ce " CARD ": SER catches error: 0x4000", WATCHDOG_CRASHED},
	    {"ieee80211 phy0: brcmf_fw_crashed: Firmware has halted or crashed",
		WATCHDOG_CRASHED},
	    {"brcmfmac: brcmf_fw_crashed: Firmware has halted or crashed", WATCHDOG_CRASHED},
	    {"e1000e " CARD " wan0: Detected Hardware Unit Hang:", WATCHDOG_CRASHED},
	    {"r8169 " CARD " wan0: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out 5000 ms",
		WATCHDOG_CRASHED},
	    {"virtio_net virtio0 lan: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out 5000 "
	     "ms",
		WATCHDOG_NOTHING},
	    {"iwlwifi 0000:00:06.0: Microcode SW error detected. Restarting 0x0.",
		WATCHDOG_NOTHING},
	    {"iwlwifi " CARD ": loaded firmware version 77.2df8986f.0", WATCHDOG_NOTHING},
	    {"wlan0: associate with 02:00:00:00:00:00 (try 1/3) " CARD ": firmware crashed!",
		WATCHDOG_NOTHING},
	    {"firmware crashed! " CARD, WATCHDOG_NOTHING},
	    {"", WATCHDOG_NOTHING},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (watchdog_line(cases[i].text, CARD) != cases[i].sign)
			CHECK_FAIL("%s", cases[i].text);
	/* With the simulated radio there is no card that could crash. */
	CHECK_INT(watchdog_line("ieee80211 phy0: Hardware restart was requested", ""),
	    WATCHDOG_NOTHING);
}

static void lines_of_the_supplicant(void)
{
	static const struct {
		const char *text;
		enum watchdog_sign sign;
	} cases[] = {
	    {"wlan0: CTRL-EVENT-SCAN-FAILED ret=-5 retry=1", WATCHDOG_FAILED},
	    {"wlan0: CTRL-EVENT-SCAN-FAILED ret=-19", WATCHDOG_FAILED},
	    {"wlan0: CTRL-EVENT-SCAN-FAILED ret=-110 retry=1", WATCHDOG_FAILED},
	    {"wlan0: CTRL-EVENT-SCAN-FAILED ret=-16 retry=1", WATCHDOG_NOTHING},
	    {"wlan0: CTRL-EVENT-SCAN-FAILED ret=-100", WATCHDOG_NOTHING},
	    {"Could not set interface wlan0 flags (UP): Connection timed out", WATCHDOG_FAILED},
	    {"Could not set interface wlan0 flags (UP): Operation not possible due to RF-kill",
		WATCHDOG_NOTHING},
	    {"Could not set interface p2p-dev-wlan0 flags (UP): Input/output error",
		WATCHDOG_NOTHING},
	    /* A network may be called anything. */
	    {"wlan0: Trying to associate with SSID 'CTRL-EVENT-SCAN-FAILED ret=-5'",
		WATCHDOG_NOTHING},
	    {"wlan0: SSID 'wlan0: CTRL-EVENT-SCAN-FAILED ret=-5'", WATCHDOG_NOTHING},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (watchdog_supplicant(cases[i].text) != cases[i].sign)
			CHECK_FAIL("%s", cases[i].text);
}

int main(void)
{
	RUN(a_radio_that_never_was_there_is_none_of_its_business);
	RUN(a_radio_that_hears_nothing_is_well);
	RUN(an_interface_that_stays_away_escalates);
	RUN(an_interface_that_comes_back_in_time_is_left_alone);
	RUN(a_step_that_can_t_be_taken_is_followed_by_the_next);
	RUN(after_some_good_minutes_it_begins_anew);
	RUN(crashes_that_the_driver_mends_are_left_to_it);
	RUN(a_loop_of_crashes_is_not);
	RUN(a_crash_of_many_lines_is_one);
	RUN(a_crash_that_does_not_end_is_a_loop);
	RUN(a_driver_that_gave_up_is_started_anew_at_once);
	RUN(failures_in_a_row_count_and_a_success_ends_them);
	RUN(lines_of_drivers);
	RUN(lines_of_the_supplicant);
	return check_done();
}
