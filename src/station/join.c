/*
 * join: one attempt to join a network, as decisions.  Pure.
 *
 * Forward: the network is added and set line by line, or is one that the
 * supplicant knows; it is selected, which disables all others; then events say
 * how far it is, until the router is online on it.
 *
 * Then, whether it went well or not, what selecting did to the others is mended
 * by a list of steps: who was enabled is enabled again and nobody else.  After a
 * failure the network is taken away again first and the one before is selected;
 * a station that was told to stay away is told so again.  A step that fails
 * stops none of those behind it.
 */
#include <stdio.h>
#include <string.h>

#include "station/station.h"

#define REFUSALS 2 /* the supplicant tries again by itself, with other methods */
#define MISSES   2 /* a scan may miss an access point */

enum { ADD, SET, SELECT, FOLLOW, MEND };

enum { REMOVE, CHOOSE, ENABLE, ENABLE_QUIETLY, DISABLE, DISCONNECT, PRIORITY };

static void step(struct station_join *j, uint8_t verb, int id)
{
	if (j->steps < ARRAY_LEN(j->step))
		j->step[j->steps++] = (struct station_step){verb, id};
}

/* The command of the next step, or the end. */
static void mend(struct station_join *j)
{
	static const char *const verbs[] = {
	    [REMOVE] = "REMOVE_NETWORK %d",
	    [CHOOSE] = "SELECT_NETWORK %d",
	    [ENABLE] = "ENABLE_NETWORK %d",
	    [ENABLE_QUIETLY] = "ENABLE_NETWORK %d no-connect",
	    [DISABLE] = "DISABLE_NETWORK %d",
	};
	const struct station_step *s = &j->step[j->at];

	if (j->at == j->steps) {
		j->act = j->why == STATION_WHY_NOTHING ? STATION_JOINED : STATION_FAILED;
		return;
	}
	j->act = STATION_ASK;
	if (s->verb == DISCONNECT)
		str_copy(j->command, sizeof(j->command), "DISCONNECT");
	else if (s->verb == PRIORITY)
		str_format(j->command, sizeof(j->command), "SET_NETWORK %d priority %d", s->id,
		    j->network.priority);
	else
		snprintf(j->command, sizeof(j->command), verbs[s->verb], s->id);
}

/* All that were enabled, but for two. */
static void enable_others(struct station_join *j, uint8_t verb, int but, int nor)
{
	for (size_t i = 0; i < j->list->count; i++) {
		const struct station_listed *l = &j->list->row[i];

		if (!l->disabled && l->id != but && l->id != nor)
			step(j, verb, l->id);
	}
}

static void begin_mending(struct station_join *j)
{
	explicit_bzero(j->command, sizeof(j->command));
	explicit_bzero(j->setting, sizeof(j->setting));
	j->phase = MEND;
	j->at = j->steps = 0;
}

static void fail(struct station_join *j, enum station_why why, int code)
{
	if (j->phase == MEND)
		return;
	j->why = why;
	j->code = code;
	begin_mending(j);
	if (j->added)
		step(j, REMOVE, j->id);
	else if (j->selected && j->was_disabled)
		step(j, DISABLE, j->id);
	if (j->selected) {
		bool back = j->before >= 0 && !j->was_left;

		if (back)
			step(j, CHOOSE, j->before);
		enable_others(j, back || j->was_left ? ENABLE_QUIETLY : ENABLE,
		    back ? j->before : -1, -1);
		if (j->was_left)
			step(j, DISCONNECT, 0);
	}
	mend(j);
}

static void succeed(struct station_join *j)
{
	begin_mending(j);
	if (j->replaces >= 0)
		step(j, REMOVE, j->replaces);
	if (!j->added && j->network.has_priority)
		step(j, PRIORITY, j->id);
	if (j->selected)
		enable_others(j, ENABLE_QUIETLY, j->id, j->replaces);
	mend(j);
}

static void go_to(struct station_join *j, enum station_stage stage, uint64_t due_ms)
{
	j->act = STATION_WAIT;
	j->stage = stage;
	j->due_ms = due_ms;
}

static void select_it(struct station_join *j)
{
	j->phase = SELECT;
	j->act = STATION_ASK;
	str_format(j->command, sizeof(j->command), "SELECT_NETWORK %d", j->id);
}

static void set_next(struct station_join *j)
{
	const struct station_setting *s = &j->setting[j->at];

	if (j->at == j->settings) {
		select_it(j);
		return;
	}
	j->phase = SET;
	str_format(
	    j->command, sizeof(j->command), "SET_NETWORK %d %s %s", j->id, s->key, s->value);
}

void station_join_begin(struct station_join *j, const struct station_network *n,
    const struct station_from *from, uint64_t now)
{
	*j = (struct station_join){.network = *n,
	    .list = from->list,
	    .id = from->known,
	    .replaces = from->replaces,
	    .before = -1,
	    .was_left = from->left,
	    .phase = ADD};
	for (size_t i = 0; i < from->list->count; i++) {
		const struct station_listed *l = &from->list->row[i];

		if (l->current)
			j->before = l->id;
		if (l->id == j->id)
			j->was_disabled = l->disabled;
	}
	if (from->known >= 0 && from->there) {
		j->phase = FOLLOW;
		j->connected = true;
		go_to(j, STATION_ADDRESSING, now + STATION_ADDRESS_MS);
	} else if (from->known >= 0) {
		select_it(j);
	} else {
		j->settings = station_settings(n, false, j->setting);
		j->act = STATION_ASK;
		str_copy(j->command, sizeof(j->command), "ADD_NETWORK");
	}
}

static void on_added(struct station_join *j, const char *reply)
{
	char digits[12];
	uint64_t id;

	str_format(digits, sizeof(digits), "%.*s", (int)strcspn(reply, "\n"), reply);
	if (!str_u64(digits, 0, INT32_MAX, &id)) {
		fail(j, STATION_WHY_SUPPLICANT, 0);
		return;
	}
	j->id = (int)id;
	j->added = true;
	set_next(j);
}

void station_join_reply(struct station_join *j, const char *reply, uint64_t now)
{
	bool ok = reply != NULL && strncmp(reply, "OK", 2) == 0;

	explicit_bzero(j->command, sizeof(j->command));
	if (j->act != STATION_ASK)
		return;
	if (j->phase == MEND) {
		j->at++;
		mend(j);
	} else if (reply == NULL) {
		/* Perhaps it did take it. */
		j->selected = j->selected || j->phase == SELECT;
		fail(j, STATION_WHY_GONE, 0);
	} else if (j->phase == ADD) {
		on_added(j, reply);
	} else if (!ok) {
		fail(j, STATION_WHY_SUPPLICANT, 0);
	} else if (j->phase == SET) {
		j->at++;
		set_next(j);
	} else {
		j->selected = true;
		j->phase = FOLLOW;
		go_to(j, STATION_LOOKING, now + STATION_LOOK_MS);
	}
}

/* It is not there, or not any more; why it went is the better answer. */
static void missing(struct station_join *j)
{
	if (j->refused > 0)
		fail(j, STATION_WHY_REFUSED, j->code);
	else if (j->sent_away > 0)
		fail(j, STATION_WHY_SENT_AWAY, j->sent_away);
	else
		fail(j, STATION_WHY_ABSENT, 0);
}

static void on_refused(struct station_join *j, int code)
{
	if (code != 0)
		j->code = code;
	/* Without a code it is the supplicant that has given up for now. */
	if (++j->refused < REFUSALS && code != 0)
		return;
	if (j->code == 0 && j->sent_away > 0)
		fail(j, STATION_WHY_SENT_AWAY, j->sent_away);
	else
		fail(j, STATION_WHY_REFUSED, j->code);
}

void station_join_event(struct station_join *j, const struct station_event *ev, uint64_t now)
{
	if (j->phase != FOLLOW)
		return;
	if (ev->ssid.len > 0 && !station_ssid_same(&ev->ssid, &j->network.ssid))
		return; /* the last words about the one before */
	switch (ev->kind) {
	case STATION_TRYING:
		j->missed = 0;
		if (j->stage == STATION_LOOKING)
			go_to(j, STATION_ASSOCIATING, now + STATION_ASSOCIATE_MS);
		break;
	case STATION_CONNECTED:
		j->connected = true;
		go_to(j, STATION_ADDRESSING, now + STATION_ADDRESS_MS);
		break;
	case STATION_NOT_FOUND:
		if (++j->missed >= MISSES || j->refused > 0)
			missing(j);
		break;
	case STATION_WRONG_KEY:
		fail(j, STATION_WHY_WRONG_KEY, 0);
		break;
	case STATION_REFUSED:
		on_refused(j, ev->code);
		break;
	case STATION_EAP_FAILED:
		fail(j, STATION_WHY_EAP, 0);
		break;
	case STATION_DISCONNECTED:
		/* What comes before we tried is the end of the one before. */
		if (j->stage != STATION_LOOKING && !ev->local)
			j->sent_away = ev->code;
		if (j->connected)
			go_to(j, STATION_LOOKING, now + STATION_LOOK_MS);
		j->connected = false;
		break;
	case STATION_OTHER:
	case STATION_SCANNING:
	case STATION_SCANNED:
	case STATION_SCAN_FAILED:
		break;
	}
}

void station_join_online(struct station_join *j)
{
	if (j->phase == FOLLOW && j->connected)
		succeed(j);
}

void station_join_time(struct station_join *j, uint64_t now)
{
	if (j->phase != FOLLOW || now < j->due_ms)
		return;
	switch (j->stage) {
	case STATION_LOOKING:
		missing(j);
		break;
	case STATION_ASSOCIATING:
		if (j->refused > 0 || j->sent_away > 0)
			missing(j);
		else
			fail(j, STATION_WHY_NO_ANSWER, 0);
		break;
	case STATION_ADDRESSING:
		fail(j, STATION_WHY_NO_ADDRESS, 0);
		break;
	}
}

void station_join_cancel(struct station_join *j, enum station_why why)
{
	fail(j, why, 0);
}

void station_join_fini(struct station_join *j)
{
	explicit_bzero(j->command, sizeof(j->command));
	explicit_bzero(j->setting, sizeof(j->setting));
	explicit_bzero(&j->network, sizeof(j->network));
}

char *station_join_words(const struct station_join *j, char *dst, size_t size)
{
	static const char *const words[] = {
	    [STATION_WHY_NOTHING] = "it is joined",
	    [STATION_WHY_WRONG_KEY] = "wrong passphrase",
	    [STATION_WHY_ABSENT] = "it is not in range",
	    [STATION_WHY_REFUSED] = "its access point refused us",
	    [STATION_WHY_SENT_AWAY] = "its access point sent us away",
	    [STATION_WHY_EAP] = "it refuses the credentials",
	    [STATION_WHY_NO_ANSWER] = "its access point does not answer any more",
	    [STATION_WHY_NO_ADDRESS] = "it gives no address: no DHCP server answers there",
	    [STATION_WHY_SUPPLICANT] = "the supplicant does not take it",
	    [STATION_WHY_GONE] = "the supplicant does not answer",
	    [STATION_WHY_CANCELLED] = "given up",
	};
	const char *more = j->why == STATION_WHY_REFUSED ? station_status_words(j->code) : NULL;

	if (more != NULL)
		str_format(dst, size, "%s: %s (status %d)", words[j->why], more, j->code);
	else if (j->code != 0)
		str_format(dst, size, "%s (%s %d)", words[j->why],
		    j->why == STATION_WHY_REFUSED ? "status" : "reason", j->code);
	else
		str_copy(dst, size, words[j->why]);
	return dst;
}
