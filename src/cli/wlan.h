/*
 * wlan: what scan, join, leave and networks share: the supplicant's socket on
 * this host, its file, and asking for passphrases.
 */
#ifndef CLI_WLAN_H
#define CLI_WLAN_H

#include "cli/cli.h"
#include "station/station.h"

/*
 * Open the supplicant's socket and hear its events.  0, or -1 with *e in words:
 * ERR_NOT_RUNNING when there is no daemon, why the guest has no supplicant, or
 * who may use it.
 */
int wlan_open(struct cli *c, struct station_ctrl *ctrl, struct err *e);

/* Ask, and take anything but "OK" for a failure of `what`. */
int wlan_do(struct station_ctrl *ctrl, const char *command, const char *what, struct err *e);

/* What the supplicant is doing. */
struct wlan_status {
	char state[32];           /* wpa_state: COMPLETED, SCANNING, DISCONNECTED, ... */
	struct station_ssid ssid; /* of the network it is connected to; len 0: none */
};
int wlan_status(struct station_ctrl *ctrl, struct wlan_status *out, struct err *e);

/* All networks that it knows. */
int wlan_list(struct station_ctrl *ctrl, struct station_list *list, struct err *e);

#define WLAN_SCAN_MS \
	45000 /* all bands, a connection between the channels: slow radios take 20 s */

/*
 * Look around and wait for what was heard.
 *
 * @ssid a network to ask for by its name, as one that is hidden answers to
 *       nothing else; or NULL
 * Shows on a terminal that it is at work when it takes over a second.
 * 0, or -1 with *e.
 */
int wlan_scan(struct cli *c, struct station_ctrl *ctrl, const struct station_ssid *ssid,
    struct station_air *air, struct err *e);

/* What was heard last, without looking again. */
int wlan_results(struct station_ctrl *ctrl, struct station_air *air, struct err *e);

/*
 * Ask for a secret: on the terminal, without showing it, or else take the first
 * line of standard input.
 *
 * @what "passphrase of \"cafe\""
 * 0, or -1 with *e and nothing of it left in memory.
 */
int wlan_secret(const char *what, char *dst, size_t size, struct err *e);

/* A priority of the command line, -STATION_PRIORITY_MAX to STATION_PRIORITY_MAX. */
int wlan_priority(const char *text, int *priority, struct err *e);

/* Has the user had enough (SIGINT, SIGTERM, SIGHUP)?  Counts from wlan_mind_signals on. */
void wlan_mind_signals(void);
bool wlan_interrupted(void);

/* How the text of the user's file is to be changed; false: not at all. */
typedef bool wlan_edit(void *arg, const struct station_file *f, struct buf *out);

/*
 * Change the user's file.
 *
 * @told the running supplicant knows of it already
 * 1, 0 when nothing was to be changed, -1 with *e.
 */
int wlan_keep(struct cli *c, wlan_edit *edit, void *arg, bool told, struct err *e);

/* Could it be changed?  0, or -1 with *e and a hint. */
int wlan_may_keep(struct cli *c, struct err *e);

#endif
