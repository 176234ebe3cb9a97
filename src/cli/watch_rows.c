/*
 * watch_rows: what a live view says, row by row.
 *
 * A new row is a function that makes clean text of the model and a line of the
 * table.  Where it stands and how it is cut is watch_draw.c's.
 */
#include <string.h>

#include "cli/watch_rows.h"

static bool text_reason(const struct watch_model *m, char *dst, size_t size)
{
	const char *reason = m->running ? m->report.reason : m->gone;

	str_clean(dst, size, reason, strlen(reason));
	return dst[0] != '\0';
}

static bool text_notice(const struct watch_model *m, char *dst, size_t size)
{
	str_clean(dst, size, m->report.notice, strlen(m->report.notice));
	return dst[0] != '\0';
}

static bool text_network(const struct watch_model *m, char *dst, size_t size)
{
	const struct wire_status *g = &m->report.guest;
	char ssid[129], security[4 * sizeof(g->security)];

	str_escape(ssid, sizeof(ssid), g->ssid, MIN(g->ssid_len, (uint8_t)32));
	str_clean(security, sizeof(security), g->security, strlen(g->security));
	str_format(dst, size, "%s  %s  %u MHz", ssid, security, g->frequency_mhz);
	return g->ssid_len > 0;
}

static bool text_cable(const struct watch_model *m, char *dst, size_t size)
{
	return cli_cable_words(&m->report.guest, dst, size);
}

static bool text_signal(const struct watch_model *m, char *dst, size_t size)
{
	str_format(dst, size, "%d dBm", m->report.guest.signal_dbm);
	return m->report.guest.signal_dbm != 0;
}

static bool text_rates(const struct watch_model *m, char *dst, size_t size)
{
	const struct wire_status *g = &m->report.guest;

	str_format(dst, size, "%u.%u Mbit/s to us, %u.%u from us", g->rx_kbit / 1000,
	    g->rx_kbit % 1000 / 100, g->tx_kbit / 1000, g->tx_kbit % 1000 / 100);
	return (g->rx_kbit != 0 || g->tx_kbit != 0) && g->ssid_len > 0;
}

static bool text_flow(const struct watch_model *m, bool sent, char *dst, size_t size)
{
	const struct watch_sample *s = &m->sample[m->samples - (m->samples > 0)];
	char bytes[32];

	if (!m->running || m->samples == 0 || m->report.guest.uptime_ms == 0)
		return false;
	str_format(
	    dst, size, "%s/s", str_bytes(bytes, sizeof(bytes), sent ? s->sent : s->received));
	return true;
}

static bool text_received(const struct watch_model *m, char *dst, size_t size)
{
	return text_flow(m, false, dst, size);
}

static bool text_sent(const struct watch_model *m, char *dst, size_t size)
{
	return text_flow(m, true, dst, size);
}

static bool text_internet(const struct watch_model *m, char *dst, size_t size)
{
	return cli_internet_words(&m->report.guest, dst, size);
}

static bool text_lease(const struct watch_model *m, char *dst, size_t size)
{
	const struct wire_status *g = &m->report.guest;
	char a[16], b[16], t[32];

	str_format(dst, size, "%s/%u by %s, for %s", wire_ipv4_text(a, g->address), g->prefix,
	    wire_ipv4_text(b, g->gateway),
	    str_duration(t, sizeof(t), (uint64_t)g->lease_s * 1000));
	return g->address != 0;
}

static bool text_host(const struct watch_model *m, char *dst, size_t size)
{
	char a[16], b[16], name[4 * sizeof(m->report.interface)];

	str_clean(name, sizeof(name), m->report.interface, strlen(m->report.interface));
	str_format(dst, size, "%s on %s, router %s", wire_ipv4_text(a, m->report.host), name,
	    wire_ipv4_text(b, m->report.router));
	return m->report.host != 0;
}

static bool text_memory(const struct watch_model *m, char *dst, size_t size)
{
	const struct wire_status *g = &m->report.guest;
	uint32_t free_kib = MIN(g->memory_available_kib, g->memory_total_kib);
	char t[32];

	str_format(dst, size, "%u of %u MB used, up %s",
	    (g->memory_total_kib - free_kib) / 1024, m->report.memory_mib,
	    str_duration(t, sizeof(t), g->uptime_ms));
	return g->memory_total_kib != 0;
}

const struct watch_row watch_rows[WATCH_ROWS] = {
    {"", 1, text_reason, .wraps = true},
    {"notice", 2, text_notice, .wraps = true, .alarms = true},
    {"network", 2, text_network},
    {"cable", 2, text_cable},
    {"signal", 3, text_signal, .graph = 's'},
    {"rates", 7, text_rates},
    {"received", 4, text_received, .graph = 'r'},
    {"sent", 4, text_sent, .graph = 't'},
    {"internet", 2, text_internet, .wraps = true},
    {"lease", 5, text_lease},
    {"host", 6, text_host},
    {"memory", 6, text_memory},
};

void watch_say(const struct watch_model *m, struct buf *out)
{
	static const char *const labels[] = {"network", "cable", "internet", "notice"};
	char text[800];

	buf_addf(out, "%s", m->running ? wire_state_name(m->report.state) : "not running");
	if (text_reason(m, text, sizeof(text)))
		buf_addf(out, ": %s", text);
	for (size_t k = 0; k < ARRAY_LEN(labels); k++)
		for (size_t i = 0; i < WATCH_ROWS; i++)
			if (strcmp(watch_rows[i].label, labels[k]) == 0 &&
			    watch_rows[i].text(m, text, sizeof(text)))
				buf_addf(out, "; %s: %s", labels[k], text);
}
