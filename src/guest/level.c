/*
 * level: how much a line of a service matters.  Pure.
 *
 * The services write lines without a level, so it is told by what they say; the
 * first row that fits counts.  What is not known is news: info.
 */
#include <string.h>

#include "guest/level.h"

static const struct {
	const char *service, *has;
	enum log_level level;
} rows[] = {
    /* The user's file is broken. */
    {"wpa_supplicant", "Line ", LEVEL_ERROR},
    {"wpa_supplicant", "Failed to read or parse configuration", LEVEL_ERROR},
    /* It is told by what follows anyway. */
    {"wpa_supplicant", "Reject scan trigger since one is already pending", LEVEL_DEBUG},
    {"wpa_supplicant", "Failed to initiate AP scan", LEVEL_DEBUG},
    {"wpa_supplicant", "CTRL-EVENT-SCAN-FAILED", LEVEL_DEBUG},
    {"wpa_supplicant", "CTRL-EVENT-DISCONNECTED", LEVEL_WARN},
    {"wpa_supplicant", "CTRL-EVENT-SSID-TEMP-DISABLED", LEVEL_WARN},
    {"wpa_supplicant", "CTRL-EVENT-ASSOC-REJECT", LEVEL_WARN},
    {"wpa_supplicant", "CTRL-EVENT-AUTH-REJECT", LEVEL_WARN},
    {"wpa_supplicant", "CTRL-EVENT-EAP-FAILURE", LEVEL_WARN},
    {"wpa_supplicant", "CTRL-EVENT-EAP-TLS-CERT-ERROR", LEVEL_WARN},
    {"wpa_supplicant", "CTRL-EVENT-CONNECTED", LEVEL_INFO},
    {"wpa_supplicant", "CTRL-EVENT-SSID-REENABLED", LEVEL_INFO},
    {"wpa_supplicant", "CTRL-EVENT-EAP-", LEVEL_INFO},
    {"wpa_supplicant", "CTRL-EVENT-", LEVEL_DEBUG},
    {"wpa_supplicant", "PMKSA-CACHE-", LEVEL_DEBUG},
    {"wpa_supplicant", "nl80211: deinit", LEVEL_DEBUG},
    {"dnsmasq", "using nameserver", LEVEL_DEBUG},
    {"dnsmasq", "using only locally-known addresses", LEVEL_DEBUG},
    {"dnsmasq", "reading ", LEVEL_DEBUG},
    {"dnsmasq", "compile time options", LEVEL_DEBUG},
    {"airlock-sim", "airlock-sim: error: ", LEVEL_ERROR},
    {"airlock-sim", "airlock-sim: warn: ", LEVEL_WARN},
    {"airlock-sim", "airlock-sim: debug: ", LEVEL_DEBUG},
    {"airlock-sim", "", LEVEL_INFO},
    {"nft", "", LEVEL_ERROR}, /* these speak of trouble only */
    {"airlock-revive", "", LEVEL_WARN},
    {"dhcpcd", "", LEVEL_WARN},
    {"", "error", LEVEL_WARN},
    {"", "Error", LEVEL_WARN},
    {"", "failed", LEVEL_WARN},
    {"", "Failed", LEVEL_WARN},
    {"", "Could not", LEVEL_WARN},
    {"", "cannot ", LEVEL_WARN},
    {"", "warning", LEVEL_WARN},
};

enum log_level line_level(const char *service, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((rows[i].service[0] == '\0' || strcmp(rows[i].service, service) == 0) &&
		    strstr(text, rows[i].has) != NULL)
			return rows[i].level;
	return LEVEL_INFO;
}
