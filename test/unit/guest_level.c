/* guest_level: how much what a service writes matters. */
#include "check.h"
#include "guest/level.h"

static void every_line_has_the_level_that_fits(void)
{
	static const struct {
		const char *service, *text;
		enum log_level level;
	} lines[] = {
	    {"wpa_supplicant", "Line 3: failed to parse psk", LEVEL_ERROR},
	    {"wpa_supplicant", "wlan0: Failed to parse the configuration file", LEVEL_WARN},
	    {"wpa_supplicant", "wlan0: CTRL-EVENT-CONNECTED - Connection to x", LEVEL_INFO},
	    {"wpa_supplicant", "wlan0: CTRL-EVENT-DISCONNECTED bssid=x reason=3", LEVEL_WARN},
	    {"wpa_supplicant", "wlan0: CTRL-EVENT-DSCP-POLICY clear_all", LEVEL_DEBUG},
	    {"wpa_supplicant", "wlan0: Failed to initiate AP scan", LEVEL_DEBUG},
	    {"wpa_supplicant", "wlan0: Trying to associate with x", LEVEL_INFO},
	    {"wpa_supplicant", "wlan0: WPA: 4-Way Handshake failed", LEVEL_WARN},
	    {"dnsmasq", "dnsmasq[144]: using nameserver 192.168.77.1#53", LEVEL_DEBUG},
	    {"dnsmasq", "dnsmasq: failed to bind listening socket", LEVEL_WARN},
	    {"dnsmasq", "dnsmasq[144]: started, version 2.91", LEVEL_INFO},
	    {"dhcpcd", "wlan0: 192.168.1.1 is in use", LEVEL_WARN},
	    {"nft", "/run/airlock/nat.nft:3:1-5: Error: syntax error", LEVEL_ERROR},
	    {"airlock-sim", "airlock-sim: warn: hostapd ended", LEVEL_WARN},
	    {"airlock-sim", "hostapd: wlan1: the handshake failed", LEVEL_INFO},
	    {"another", "", LEVEL_INFO},
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (line_level(lines[i].service, lines[i].text) != lines[i].level)
			CHECK_FAIL("%s: %s: %s", lines[i].service, lines[i].text,
			    log_level_name(line_level(lines[i].service, lines[i].text)));
}

int main(void)
{
	RUN(every_line_has_the_level_that_fits);
	return check_done();
}
