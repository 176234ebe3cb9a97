/*
 * report: the daemon's report, for people and for programs.
 *
 * People get aligned lines and only those that say something now; programs get
 * every key always, named as airlock(8) documents them, null where a value is
 * not known.  SSIDs are bytes: escaped here, hexadecimal beside it in JSON.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

static void row(const char *name, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void row(const char *name, const char *fmt, ...)
{
	va_list ap;

	printf("  %-11s ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static uint64_t seconds_since(uint64_t unix_s)
{
	uint64_t now = (uint64_t)time(NULL);

	return unix_s != 0 && now > unix_s ? now - unix_s : 0;
}

/* "▂▄▆█" by the usual thresholds of -80, -70, -60 dBm. */
static const char *bars(int dbm)
{
	return dbm >= -60   ? "\u2582\u2584\u2586\u2588"
	       : dbm >= -70 ? "\u2582\u2584\u2586_"
	       : dbm >= -80 ? "\u2582\u2584__"
			    : "\u2582___";
}

static void print_network(const struct wire_status *g)
{
	char ssid[129], security[4 * sizeof(g->security)], a[16], b[16], t[32], u[32];

	str_escape(ssid, sizeof(ssid), g->ssid, MIN(g->ssid_len, (uint8_t)32));
	str_clean(security, sizeof(security), g->security, strlen(g->security));
	if (cli_cable_words(g, t, sizeof(t)))
		row("cable", "%s", t);
	if (g->ssid_len > 0)
		row("network", "%s  (%s, %u MHz)", ssid, security, g->frequency_mhz);
	if (g->signal_dbm != 0)
		row("signal", "%s  %d dBm, %u.%u Mbit/s", bars(g->signal_dbm), g->signal_dbm,
		    g->tx_kbit / 1000, g->tx_kbit % 1000 / 100);
	if (g->address != 0)
		row("uplink", "%s/%u by %s, lease for %s", wire_ipv4_text(a, g->address),
		    g->prefix, wire_ipv4_text(b, g->gateway),
		    str_duration(t, sizeof(t), (uint64_t)g->lease_s * 1000));
	if (g->rx_bytes + g->tx_bytes > 0)
		row("traffic", "%s received, %s sent", str_bytes(t, sizeof(t), g->rx_bytes),
		    str_bytes(u, sizeof(u), g->tx_bytes));
}

void cli_print_report(const struct cli *c, const struct wire_report *r)
{
	const char *colour = r->state == WIRE_ONLINE   ? cli_green(c)
			     : r->state == WIRE_FAILED ? cli_red(c)
						       : cli_bold(c);
	char a[16], b[16], t[32], reason[800], words[700], name[64];
	const struct wire_status *g = &r->guest;

	str_clean(reason, sizeof(reason), r->reason, strlen(r->reason));
	str_clean(name, sizeof(name), r->name, strlen(r->name));
	if (strcmp(name, CONF_MACHINE) != 0)
		row("machine", "%s", name);
	printf("  %-11s %s%s%s", "state", colour, wire_state_name(r->state), cli_plain(c));
	if (r->state_since_unix != 0)
		printf(" for %s",
		    str_duration(t, sizeof(t), seconds_since(r->state_since_unix) * 1000));
	printf("%s%s\n", reason[0] != '\0' ? ": " : "", reason);
	if (r->notice[0] != '\0') {
		str_clean(reason, sizeof(reason), r->notice, strlen(r->notice));
		row("notice", "%s%s%s", cli_red(c), reason, cli_plain(c));
	}
	print_network(g);
	if (cli_internet_words(g, words, sizeof(words)))
		row("internet", "%s", words);
	if (r->host != 0)
		row("host", "%s on %s, router %s", wire_ipv4_text(a, r->host), r->interface,
		    wire_ipv4_text(b, r->router));
	if (g->memory_total_kib != 0)
		row("guest", "%u of %u MB used, up %s",
		    (g->memory_total_kib - g->memory_available_kib) / 1024, r->memory_mib,
		    str_duration(t, sizeof(t), g->uptime_ms));
	if (r->card[0] != '\0') {
		str_clean(reason, sizeof(reason), r->card, strlen(r->card));
		row("card", "%s", reason);
	}
	if (r->starts > 1)
		row("restarts", "%u of the guest, %u of its services", r->starts - 1,
		    g->restarts);
	if (r->hypervisor_pid != 0)
		row("hypervisor", "%s, %s, process %u, image %s", r->hypervisor, r->accelerator,
		    r->hypervisor_pid, r->image);
}

/* ------------------------------------------------------------------- JSON */

static json_t *text_or_null(const char *text)
{
	char clean[1200];

	if (text[0] == '\0')
		return json_null();
	str_clean(clean, sizeof(clean), text, strlen(text));
	return json_string(clean);
}

static json_t *address_or_null(uint32_t address)
{
	char t[16];

	return address != 0 ? json_string(wire_ipv4_text(t, address)) : json_null();
}

static json_t *number_or_null(int64_t n)
{
	return n != 0 ? json_integer(n) : json_null();
}

/* A cable has no name: what it has not is null then. */
static json_t *network_json(const struct wire_status *g)
{
	char ssid[129], hex[65], bssid[18], ignored[32];
	size_t len = MIN(g->ssid_len, (uint8_t)32);
	bool wired = cli_cable_words(g, ignored, sizeof(ignored));

	if (len == 0 && !wired)
		return json_null();
	str_escape(ssid, sizeof(ssid), g->ssid, len);
	str_hex(hex, g->ssid, len);
	snprintf(bssid, sizeof(bssid), "%02x:%02x:%02x:%02x:%02x:%02x", g->bssid[0],
	    g->bssid[1], g->bssid[2], g->bssid[3], g->bssid[4], g->bssid[5]);
	if (wired)
		ssid[0] = hex[0] = bssid[0] = '\0';
	return json_pack("{so so so so so so so so}", "ssid", text_or_null(ssid), "ssid_hex",
	    text_or_null(hex), "bssid", text_or_null(bssid), "security",
	    text_or_null(g->security), "frequency_mhz", number_or_null(g->frequency_mhz),
	    "signal_dbm", number_or_null(g->signal_dbm), "tx_kbit", number_or_null(g->tx_kbit),
	    "rx_kbit", number_or_null(g->rx_kbit));
}

static json_t *uplink_json(const struct wire_status *g)
{
	json_t *dns = json_array();

	for (size_t i = 0; i < ARRAY_LEN(g->dns); i++)
		if (g->dns[i] != 0)
			json_array_append_new(dns, address_or_null(g->dns[i]));
	return json_pack("{so si so so si sI sI}", "address", address_or_null(g->address),
	    "prefix", (int)g->prefix, "gateway", address_or_null(g->gateway), "dns", dns,
	    "lease_s", (int)g->lease_s, "rx_bytes", (json_int_t)g->rx_bytes, "tx_bytes",
	    (json_int_t)g->tx_bytes);
}

static json_t *stages_json(const struct wire_report *r)
{
	json_t *stages = json_object();

	for (unsigned i = 0; i < WIRE_STATES; i++)
		json_object_set_new(stages, wire_state_name(i), json_integer(r->stage_ms[i]));
	return stages;
}

void cli_print_report_json(const struct wire_report *r, bool one_line)
{
	const struct wire_status *g = &r->guest;
	json_t *host = json_pack("{so so si so}", "interface", text_or_null(r->interface),
	    "address", address_or_null(r->host), "prefix", (int)r->prefix, "router",
	    address_or_null(r->router));
	json_t *guest = json_pack("{sI sI sI si si so}", "uptime_ms", (json_int_t)g->uptime_ms,
	    "memory_total_kib", (json_int_t)g->memory_total_kib, "memory_available_kib",
	    (json_int_t)g->memory_available_kib, "service_restarts", (int)g->restarts, "starts",
	    (int)r->starts, "radio", text_or_null(g->radio));
	json_t *vm =
	    json_pack("{so so so so si}", "name", text_or_null(r->hypervisor), "accelerator",
		text_or_null(r->accelerator), "pid", number_or_null(r->hypervisor_pid), "image",
		text_or_null(r->image), "memory_mib", (int)r->memory_mib);
	json_t *internet = json_pack("{ss so}", "state", wire_internet_name(g->internet),
	    "portal", text_or_null(g->portal));
	json_t *all = json_pack("{so ss so so sI so so so so so so so so}", "machine",
	    text_or_null(r->name), "state", wire_state_name(r->state), "reason",
	    text_or_null(r->reason), "notice", text_or_null(r->notice), "state_for_s",
	    (json_int_t)seconds_since(r->state_since_unix), "stages_ms", stages_json(r),
	    "network", network_json(g), "internet", internet, "uplink", uplink_json(g), "host",
	    host, "guest", guest, "hypervisor", vm, "card", text_or_null(r->card));

	json_dumpf(
	    all, stdout, JSON_PRESERVE_ORDER | (one_line ? JSON_COMPACT : JSON_INDENT(2)));
	putchar('\n');
	json_decref(all);
}
