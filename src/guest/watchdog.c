/*
 * watchdog: signs, and the step that follows from them.
 *
 * Dead is a radio whose interface went away and stays away, whose firmware crashes
 * again and again, whose driver gave it up, or that answers every request with an
 * error of the device.  The steps are taken in order, each with time for the radio
 * to come back, and begin anew after it was well for some minutes.  A radio whose
 * interface never was there is none to revive: what it lacks is said elsewhere.
 *
 * The texts are those of the drivers in Linux 6.12.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/paths.h"
#include "guest/watchdog.h"

static void forget_signs(struct watchdog *w)
{
	w->gave_up = false;
	w->crash_count = 0;
	w->failures = 0;
}

/* A crash takes many lines; one that goes on and on becomes several. */
static void take_crash(struct watchdog *w, uint64_t now)
{
	unsigned n = w->crash_count;

	if (n > 0 && now - w->crashes[n - 1] < WATCHDOG_APART_MS)
		return;
	if (n == WATCHDOG_CRASHES) {
		memmove(w->crashes, w->crashes + 1, sizeof(w->crashes) - sizeof(w->crashes[0]));
		w->crash_count--;
	}
	w->crashes[w->crash_count++] = now;
}

void watchdog_see(struct watchdog *w, uint64_t now, enum watchdog_sign sign, const char *words)
{
	bool bad =
	    sign == WATCHDOG_CRASHED || sign == WATCHDOG_GAVE_UP || sign == WATCHDOG_FAILED;

	/* What is said while a driver is taken off and put on is of no use. */
	if (bad && (w->acting || !w->known))
		return;
	if (bad) {
		w->bad_ms = now;
		if (words != NULL)
			str_copy(w->words, sizeof(w->words), words);
	}
	switch (sign) {
	case WATCHDOG_THERE:
		w->known = w->there = true;
		break;
	case WATCHDOG_GONE:
		if (w->there)
			w->gone_ms = w->bad_ms = now;
		w->there = false;
		break;
	case WATCHDOG_CRASHED:
		take_crash(w, now);
		break;
	case WATCHDOG_GAVE_UP:
		w->gave_up = true;
		break;
	case WATCHDOG_FAILED:
		if (w->failures++ == 0)
			w->failing_ms = now;
		break;
	case WATCHDOG_WORKED:
		w->failures = 0;
		break;
	case WATCHDOG_NOTHING:
	case WATCHDOG_SIGNS:
		break;
	}
}

/* How long until something that began at `since` has lasted so long. */
static uint64_t until(uint64_t since, uint64_t ms, uint64_t now)
{
	return now - since >= ms ? 0 : ms - (now - since);
}

static void sooner(uint64_t *wait, uint64_t ms)
{
	if (*wait == 0 || ms < *wait)
		*wait = ms;
}

/* Whether it is dead now, with w->reason; else *wait may become shorter. */
static bool is_dead(struct watchdog *w, uint64_t now, uint64_t *wait)
{
	uint64_t rest;

	if (w->gave_up) {
		str_format(w->reason, sizeof(w->reason), "its driver gave up: %s", w->words);
		return true;
	}
	if (!w->there) {
		rest = until(w->gone_ms, WATCHDOG_GONE_MS, now);
		str_copy(w->reason, sizeof(w->reason), "its interface is gone");
		if (rest == 0)
			return true;
		sooner(wait, rest);
	}
	if (w->crash_count == WATCHDOG_CRASHES && now - w->crashes[0] < WATCHDOG_WINDOW_MS) {
		str_format(w->reason, sizeof(w->reason), "it crashed %d times in %u s: %s",
		    WATCHDOG_CRASHES,
		    (unsigned)((w->crashes[WATCHDOG_CRASHES - 1] - w->crashes[0]) / 1000),
		    w->words);
		return true;
	}
	if (w->failures >= WATCHDOG_FAILURES) {
		rest = until(w->failing_ms, WATCHDOG_FAILING_MS, now);
		str_format(w->reason, sizeof(w->reason), "it failed %u times in a row: %s",
		    w->failures, w->words);
		if (rest == 0)
			return true;
		sooner(wait, rest);
	}
	return false;
}

/* After a while without trouble, what was done is forgotten. */
static void recover(struct watchdog *w, uint64_t now, uint64_t *wait)
{
	uint64_t rest = until(MAX(w->acted_ms, w->bad_ms), WATCHDOG_WELL_MS, now);

	if (!w->there)
		return;
	if (rest == 0)
		w->level = 0;
	else
		sooner(wait, rest);
}

unsigned watchdog_decide(struct watchdog *w, uint64_t now, uint64_t *wait)
{
	uint64_t patience = 0;

	*wait = 0;
	if (!w->known || w->acting)
		return 0;
	if (w->level != 0 && !w->in_vain)
		patience = until(w->acted_ms, WATCHDOG_PATIENCE_MS, now);
	if (patience > 0) {
		*wait = patience;
		return 0;
	}
	/* Then the reason is still the one that it was. */
	if (!w->in_vain && !is_dead(w, now, wait)) {
		if (w->level != 0)
			recover(w, now, wait);
		return 0;
	}
	*wait = 0;
	w->in_vain = false;
	if (w->level == WIRE_WATCHDOG_RESTART)
		return 0;
	w->level++;
	w->acted_ms = w->bad_ms = now;
	w->acting = w->level != WIRE_WATCHDOG_RESTART;
	forget_signs(w);
	return w->level;
}

void watchdog_done(struct watchdog *w, uint64_t now, bool taken)
{
	if (!w->acting)
		return;
	w->acting = false;
	w->acted_ms = now;
	w->in_vain = !taken;
}

/* -------------------------------------------------------------------- lines */

/* Of the two parts both have to be there, in this order. */
static const struct {
	const char *first, *then;
	enum watchdog_sign sign;
} lines[] = {
    /* mac80211, for every driver that begins anew after a crash */
    {"Hardware restart was requested", "", WATCHDOG_CRASHED},
    /* iwlwifi */
    {"Microcode SW error detected", "", WATCHDOG_CRASHED},
    {"Hardware error detected", "Restarting", WATCHDOG_CRASHED},
    {"Error sending ", "time out after", WATCHDOG_CRASHED},
    {"Failed to wake NIC for hcmd", "", WATCHDOG_CRASHED},
    {"Failed to start RT ucode", "", WATCHDOG_CRASHED},
    /* ath10k, ath11k, ath12k */
    {"firmware crashed", "", WATCHDOG_CRASHED},
    {"failed to reconfigure driver on crash recovery", "", WATCHDOG_GAVE_UP},
    /* mt76 */
    {"Message ", " timeout", WATCHDOG_CRASHED},
    {"driver own failed", "", WATCHDOG_CRASHED},
    {"chip reset failed", "", WATCHDOG_GAVE_UP},
    /* rtw88, rtw89 */
    {"firmware failed to", "", WATCHDOG_CRASHED},
    {"SER catches error", "", WATCHDOG_CRASHED},
    /* brcmfmac */
    {"Firmware has halted or crashed", "", WATCHDOG_CRASHED},
    /* e1000e and its kin; then the kernel's own, of any card for cables */
    {"Detected Hardware Unit Hang", "", WATCHDOG_CRASHED},
    {"Detected Tx Unit Hang", "", WATCHDOG_CRASHED},
    {"transmit queue ", "timed out", WATCHDOG_CRASHED},
};

/* Whether the words before the first ": " are of that device, or of the one radio there is. */
static bool is_about(const char *text, const char *address)
{
	const char *end = strstr(text, ": "), *at;

	if (end == NULL || address[0] == '\0')
		return false;
	if (strncmp(text, "ieee80211 phy", 13) == 0 || strncmp(text, "brcmfmac: ", 10) == 0)
		return true;
	at = strstr(text, address);
	return at != NULL && at < end && at > text && at[-1] == ' ';
}

enum watchdog_sign watchdog_line(const char *text, const char *address)
{
	if (!is_about(text, address))
		return WATCHDOG_NOTHING;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *p = strstr(text, lines[i].first);

		if (p != NULL && strstr(p + strlen(lines[i].first), lines[i].then) != NULL)
			return lines[i].sign;
	}
	return WATCHDOG_NOTHING;
}

/* Errors of a device that does not answer: EIO, ENODEV, ETIMEDOUT. */
static bool is_of_device(int error)
{
	return error == -5 || error == -19 || error == -110;
}

enum watchdog_sign watchdog_supplicant(const char *text)
{
	static const char failed[] = RADIO_NAME ": CTRL-EVENT-SCAN-FAILED ret=";
	static const char up[] = "Could not set interface " RADIO_NAME " flags (UP): ";
	bool bad;

	if (strncmp(text, failed, sizeof(failed) - 1) == 0)
		bad = is_of_device(atoi(text + sizeof(failed) - 1));
	else
		/* A switch that is off (rfkill) is no fault of the card. */
		bad = strncmp(text, up, sizeof(up) - 1) == 0 && strstr(text, "RF-kill") == NULL;
	return bad ? WATCHDOG_FAILED : WATCHDOG_NOTHING;
}
