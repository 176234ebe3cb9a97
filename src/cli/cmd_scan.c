/*
 * scan: the networks in range, strongest first.
 *
 * A network is one line, however many access points it has.  Names are bytes of
 * strangers: escaped here, hexadecimal beside it in JSON.
 */
#include <jansson.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/wlan.h"

/* What is shown beside what was heard. */
struct context {
	struct wlan_status status;
	struct station_list known;
};

/* By the usual thresholds of -60, -70, -80 dBm. */
static const char *bars(int dbm, bool utf8)
{
	static const char *const plain[] = {"*   ", "**  ", "*** ", "****"};
	static const char *const blocks[] = {
	    "\u2582   ", "\u2582\u2584  ", "\u2582\u2584\u2586 ", "\u2582\u2584\u2586\u2588"};
	int level = dbm >= -60 ? 3 : dbm >= -70 ? 2 : dbm >= -80 ? 1 : 0;

	return utf8 ? blocks[level] : plain[level];
}

static bool is_current(const struct context *x, const struct station_seen *s)
{
	return x->status.ssid.len > 0 && station_ssid_same(&x->status.ssid, &s->best.ssid);
}

static void print_row(
    const struct cli *c, const struct context *x, const struct station_seen *s, bool utf8)
{
	char name[4 * STATION_SSID_MAX + 1], aps[24] = "";
	bool current = is_current(x, s),
	     known = station_listed(&x->known, &s->best.ssid) != NULL;
	enum station_band band;
	unsigned channel = station_channel(s->best.frequency_mhz, &band);

	str_escape(name, sizeof(name), s->best.ssid.bytes, s->best.ssid.len);
	if (s->aps > 1)
		str_format(aps, sizeof(aps), "  (%u access points)", s->aps);
	printf("%s%c %s %4d dBm  %-7s %3u  %-10s  %s%s%s\n", current ? cli_green(c) : "",
	    current ? '>'
	    : known ? '+'
		    : ' ',
	    bars(s->best.signal_dbm, utf8), s->best.signal_dbm, station_band_name(band),
	    channel, station_security_name(s->security), name, current ? cli_plain(c) : "",
	    aps);
}

static void print(const struct cli *c, const struct context *x, const struct station_air *air)
{
	bool utf8 =
	    setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	bool current = false, known = false;

	if (air->count == 0)
		printf("no network in range\n");
	for (size_t i = 0; i < air->count; i++) {
		bool is = is_current(x, &air->seen[i]);

		print_row(c, x, &air->seen[i], utf8);
		current = current || is;
		known = known || (!is && station_listed(&x->known, &air->seen[i].best.ssid));
	}
	if (air->hidden > 0)
		printf("  and %u hidden; by name: %s join --hidden SSID\n", air->hidden,
		    c->command);
	if (c->tty && (current || known))
		printf("%s%s%s%s%s\n", cli_dim(c), current ? "> connected" : "",
		    current && known ? ", " : "", known ? "+ known" : "", cli_plain(c));
}

static json_t *row_json(const struct context *x, const struct station_seen *s)
{
	const struct station_ap *ap = &s->best;
	char name[4 * STATION_SSID_MAX + 1], hex[2 * STATION_SSID_MAX + 1], bssid[18];
	enum station_band band;
	unsigned channel = station_channel(ap->frequency_mhz, &band);

	str_escape(name, sizeof(name), ap->ssid.bytes, ap->ssid.len);
	str_hex(hex, ap->ssid.bytes, ap->ssid.len);
	snprintf(bssid, sizeof(bssid), "%02x:%02x:%02x:%02x:%02x:%02x", ap->bssid[0],
	    ap->bssid[1], ap->bssid[2], ap->bssid[3], ap->bssid[4], ap->bssid[5]);
	return json_pack("{ss ss ss si si si ss ss si sb sb}", "ssid", name, "ssid_hex", hex,
	    "bssid", bssid, "signal_dbm", ap->signal_dbm, "frequency_mhz",
	    (int)ap->frequency_mhz, "channel", (int)channel, "band", station_band_name(band),
	    "security", station_security_name(s->security), "access_points", (int)s->aps,
	    "current", (int)is_current(x, s), "known",
	    (int)(station_listed(&x->known, &ap->ssid) != NULL));
}

static void print_json(const struct context *x, const struct station_air *air)
{
	json_t *rows = json_array(), *all;

	for (size_t i = 0; i < air->count; i++)
		json_array_append_new(rows, row_json(x, &air->seen[i]));
	all = json_pack("{so si}", "networks", rows, "hidden", (int)air->hidden);
	json_dumpf(all, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(all);
}

int cmd_scan(struct cli *c, int argc, char **argv)
{
	static struct station_air air;
	static struct context x;
	bool json = false;
	const struct cli_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("scan", argc, argv, options), rc;
	struct station_ctrl ctrl;
	struct err e = {0};

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("scan");
	if (wlan_open(c, &ctrl, &e) < 0)
		return cli_fail(&e);
	wlan_mind_signals();
	rc = wlan_list(&ctrl, &x.known, &e);
	if (rc == 0)
		rc = wlan_scan(c, &ctrl, NULL, &air, &e);
	if (rc == 0)
		rc = wlan_status(&ctrl, &x.status, &e);
	station_close(&ctrl);
	if (rc < 0)
		return cli_fail(&e);
	if (json)
		print_json(&x, &air);
	else
		print(c, &x, &air);
	return 0;
}
