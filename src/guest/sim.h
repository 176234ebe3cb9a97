/*
 * sim: the simulated air: two access points and what is behind them.
 *
 * airlock-sim lives in a network namespace of its own, with all radios of
 * mac80211_hwsim but the first and the second interface of the machine.
 */
#ifndef GUEST_SIM_H
#define GUEST_SIM_H

#include "guest/netlink.h"
#include "guest/service.h"
#include "station/station.h"

#define SIM_APS    2
#define SIM_SUBNET 0xc0a84d00u /* 192.168.77.0/24, a half of it for each access point */
#define SIM_PREFIX 25
#define SIM_PORT   "airlock.sim"
#define SIM_CROWD  62 /* more networks than a reply of the supplicant can hold */

#define PATH_SIM_AP      "/run/airlock/hostapd%u.conf"
#define PATH_SIM_USERS   "/run/airlock/hostapd%u.users"
#define PATH_SIM_DNSMASQ "/run/airlock/air-dnsmasq.conf"

enum sim_security { SIM_OPEN, SIM_OWE, SIM_WPA2, SIM_WPA3, SIM_TRANSITION, SIM_ENTERPRISE };

struct sim_ap {
	enum sim_security security;
	bool up;
	bool hidden; /* says its name only to those who ask for it */
	bool full;   /* takes no more stations */
	unsigned channel;
	struct station_ssid ssid;
	char passphrase[64]; /* 8 to 63 printable bytes */
};

/* What the air is like; pure data. */
struct sim_air {
	struct sim_ap aps[SIM_APS];
	uint32_t subnet; /* /24, host byte order */
	bool dhcp;
	unsigned crowd; /* networks besides, open and without anything behind them */
};

/* The air as it is at the start. */
void sim_air_init(struct sim_air *a);

/* What a command changed, as bits. */
enum sim_change { SIM_CHANGE_APS = 1, SIM_CHANGE_DHCP = 2, SIM_CHANGE_SUBNET = 4 };

/*
 * Obey one line: "ap 1 down", "ap 1 up", "ap 1 ssid <hex>",
 * "ap 1 passphrase <text>", "ap 1 security <word>", "ap 1 hidden on|off",
 * "ap 1 full on|off", "crowd <n>", "dhcp on", "dhcp off", "dhcp subnet <a.b.c>";
 * the words are open, owe, wpa2, wpa3, transition and enterprise.
 * Access points count from 1.  The bits of what changed, or -1 with *e and
 * the air as it was.  Pure.
 */
int sim_obey(struct sim_air *a, const char *line, struct err *e);

/* The router's address behind access point i (from 0). */
uint32_t sim_router(const struct sim_air *a, unsigned i);

/* hostapd's configuration of access point i (from 0).  Pure. */
void sim_hostapd_text(struct buf *b, const struct sim_air *a, unsigned i);

/* Who may enter an enterprise network: one user, by EAP-PWD (RFC 5931).  Pure. */
void sim_users_text(struct buf *b, const struct sim_ap *ap);

/* dnsmasq's, for all of them.  Pure. */
void sim_dnsmasq_text(struct buf *b, const struct sim_air *a);

/*
 * Move into a new network namespace with the radios of the access points
 * (wlan1, wlan2) and the interface with this MAC.  0, or -1 with *e.
 */
int sim_enter(const uint8_t way_out[6], char name[16], struct err *e);

#endif
