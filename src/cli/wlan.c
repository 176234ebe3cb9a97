/*
 * wlan: the supplicant's socket, as the verbs for networks use it.
 *
 * The relay makes it appear on this host while the guest has a supplicant, so
 * when it cannot be opened the daemon is asked why.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/wlan.h"

#define INTERFACE     "wlan0"
#define COMES_MS      5000 /* from the state `scanning` to the supplicant's socket, at most */
#define LOOK_AGAIN_US 200000

static bool is_not_there(const struct err *cause)
{
	return cause->num == ENOENT || cause->num == ECONNREFUSED;
}

/* The guest has a radio, and says so a moment before its supplicant listens. */
static bool comes(struct cli *c, const struct err *cause)
{
	struct wire_report r;
	struct err ignored = {0};
	char words[32];

	return is_not_there(cause) && cli_get_report(c, &r, &ignored) == 0 &&
	       r.state == WIRE_SCANNING && !cli_cable_words(&r.guest, words, sizeof(words));
}

static int explain(struct cli *c, const struct err *cause, struct err *e)
{
	struct wire_report r;
	struct err why = {0};
	char words[32];

	if (cause->num == EACCES || cause->num == EPERM) {
		*e = *cause;
		return err_hint(e, "sudo airlock, or be in the group that socket_group names");
	}
	if (!is_not_there(cause)) {
		*e = *cause;
		return -1;
	}
	if (cli_get_report(c, &r, &why) < 0 || why.kind == ERR_NOT_RUNNING) {
		*e = why;
		return -1;
	}
	if (cli_cable_words(&r.guest, words, sizeof(words)))
		return err_set(e, 0, "the uplink is a cable (%s): there is no radio", words);
	err_set(e, 0, "the router has no supplicant to speak with: it is %s%s%s",
	    wire_state_name(r.state), r.reason[0] != '\0' ? ", " : "", r.reason);
	return err_hint(e, "airlock status");
}

int wlan_open(struct cli *c, struct station_ctrl *ctrl, struct err *e)
{
	char path[sizeof(c->conf->sockets.supplicant) + sizeof("/" INTERFACE)];
	uint64_t until = now_ms() + COMES_MS;

	if (c->conf->sockets.supplicant[0] == '\0') {
		err_set(e, 0, "the supplicant's sockets are switched off");
		err_hint(
		    e, "set sockets.supplicant in %s, then: airlock restart", c->conf_path);
		return err_is(e, ERR_CONF);
	}
	str_format(path, sizeof(path), "%s/" INTERFACE, c->conf->sockets.supplicant);
	for (;;) {
		struct err cause = {0};

		if (station_open(ctrl, path, &cause) == 0) {
			if (station_attach(ctrl, &cause) == 0)
				return 0;
			station_close(ctrl);
		}
		if (now_ms() >= until || !comes(c, &cause))
			return explain(c, &cause, e);
		usleep(LOOK_AGAIN_US);
	}
}

int wlan_do(struct station_ctrl *ctrl, const char *command, const char *what, struct err *e)
{
	char reply[STATION_REPLY];

	if (station_ask(ctrl, command, reply, sizeof(reply), e) < 0)
		return err_ctx(e, "%s", what);
	if (strncmp(reply, "OK", 2) != 0)
		return err_set(e, 0, "%s: the supplicant does not do it", what);
	return 0;
}

int wlan_status(struct station_ctrl *ctrl, struct wlan_status *out, struct err *e)
{
	char reply[STATION_REPLY], name[4 * STATION_SSID_MAX + 1];

	*out = (struct wlan_status){0};
	if (station_ask(ctrl, "STATUS", reply, sizeof(reply), e) < 0)
		return -1;
	station_value(reply, "wpa_state", out->state, sizeof(out->state));
	if (strcmp(out->state, "COMPLETED") == 0 &&
	    station_value(reply, "ssid", name, sizeof(name)) &&
	    !station_unescape(name, strlen(name), &out->ssid))
		out->ssid.len = 0;
	return 0;
}

int wlan_list(struct station_ctrl *ctrl, struct station_list *list, struct err *e)
{
	char reply[STATION_REPLY], command[64] = "LIST_NETWORKS";

	list->count = 0;
	do {
		if (station_ask(ctrl, command, reply, sizeof(reply), e) < 0)
			return -1;
		if (station_list_read(list, reply) == 0)
			return 0;
		str_format(command, sizeof(command), "LIST_NETWORKS LAST_ID=%d",
		    list->row[list->count - 1].id);
	} while (list->count < STATION_LISTED_MAX);
	return 0;
}

#define PAGES_MAX 64

/* Page by page.  0, also when the supplicant does not know how. */
static int read_pages(struct station_ctrl *ctrl, struct buf *rows, struct err *e)
{
	char reply[STATION_REPLY], command[64];
	unsigned next = 0;

	for (int i = 0; i < PAGES_MAX; i++) {
		str_format(
		    command, sizeof(command), "BSS RANGE=%u- MASK=" STATION_BSS_MASK, next);
		if (station_ask(ctrl, command, reply, sizeof(reply), e) < 0)
			return -1;
		if (station_bss_rows(reply, rows, &next) == 0)
			break;
	}
	return 0;
}

int wlan_results(struct station_ctrl *ctrl, struct station_air *air, struct err *e)
{
	char reply[STATION_REPLY];
	struct buf rows = {0};
	int rc = 0;

	if (station_ask(ctrl, "SCAN_RESULTS", reply, sizeof(reply), e) < 0)
		return -1;
	if (strlen(reply) > STATION_FULL)
		rc = read_pages(ctrl, &rows, e);
	station_air_read(air, rows.len > 0 ? rows.data : reply);
	buf_fini(&rows);
	return rc;
}

int wlan_priority(const char *text, int *priority, struct err *e)
{
	bool minus = text[0] == '-';
	uint64_t n;

	if (!str_u64(text + minus, 0, STATION_PRIORITY_MAX, &n)) {
		err_set(e, 0, "a priority is a number from -%d to %d", STATION_PRIORITY_MAX,
		    STATION_PRIORITY_MAX);
		return err_is(e, ERR_USAGE);
	}
	*priority = minus ? -(int)n : (int)n;
	return 0;
}

/* --- looking around */

static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	interrupted = 1;
}

void wlan_mind_signals(void)
{
	/* Without SA_RESTART: whatever is waited for ends. */
	struct sigaction act = {.sa_handler = on_signal};

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

bool wlan_interrupted(void)
{
	return interrupted != 0;
}

struct look {
	struct cli *c;
	struct station_ctrl *ctrl;
	uint64_t began, until;
	bool drawn;
};

static void draw(struct look *l)
{
	if (!isatty(STDERR_FILENO) || now_ms() - l->began < 1000)
		return;
	fprintf(stderr, "\r\033[Klooking around ... %u s",
	    (unsigned)((now_ms() - l->began) / 1000));
	l->drawn = true;
}

/* Until a scan ends, whoever asked for it: 1, 0 when it failed, -1 with *e. */
static int wait_scanned(struct look *l, struct err *e)
{
	while (now_ms() < l->until && !wlan_interrupted()) {
		struct pollfd p = {l->ctrl->fd, POLLIN, 0};
		struct station_event ev;
		int rc;

		while ((rc = station_next(l->ctrl, &ev, e)) == 1) {
			if (ev.kind == STATION_SCANNED)
				return 1;
			if (ev.kind == STATION_SCAN_FAILED)
				return 0;
		}
		if (rc < 0)
			return -1;
		poll(&p, 1, 250);
		draw(l);
	}
	if (wlan_interrupted())
		return err_set(e, 0, "given up");
	return err_set(e, 0, "no end of the scan within %d s", WLAN_SCAN_MS / 1000);
}

static int look(struct look *l, const char *command, struct err *e)
{
	struct station_event ignored;
	char reply[STATION_REPLY];
	int rc;

	for (;;) {
		while (station_next(l->ctrl, &ignored, e) == 1)
			;
		if (station_ask(l->ctrl, command, reply, sizeof(reply), e) < 0)
			return -1;
		if (strncmp(reply, "OK", 2) != 0 && strncmp(reply, "FAIL-BUSY", 9) != 0)
			return err_set(e, 0, "the supplicant does not scan");
		/* When it is busy its own scan has to end first. */
		rc = wait_scanned(l, e);
		if (rc < 0 || (rc > 0 && reply[0] == 'O'))
			return rc < 0 ? -1 : 0;
	}
}

int wlan_scan(struct cli *c, struct station_ctrl *ctrl, const struct station_ssid *ssid,
    struct station_air *air, struct err *e)
{
	struct look l = {c, ctrl, now_ms(), now_ms() + WLAN_SCAN_MS, false};
	char command[64 + 2 * STATION_SSID_MAX], hex[2 * STATION_SSID_MAX + 1] = "";
	struct wlan_status status;
	int rc;

	if (wlan_status(ctrl, &status, e) < 0)
		return -1;
	if (ssid != NULL)
		str_hex(hex, ssid->bytes, ssid->len);
	/* Who is connected shall stay so; who is not goes on looking by the same scan. */
	str_format(command, sizeof(command), "SCAN%s%s%s",
	    strcmp(status.state, "COMPLETED") == 0 ? " TYPE=ONLY" : "",
	    ssid != NULL ? " ssid " : "", hex);
	rc = look(&l, command, e);
	if (l.drawn)
		fprintf(stderr, "\r\033[K");
	if (rc < 0)
		return err_ctx(e, "look for networks");
	return wlan_results(ctrl, air, e);
}
