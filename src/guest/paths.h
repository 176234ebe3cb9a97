/*
 * paths: where things are in the guest.  One place, as the image, the services
 * and the programs they call have to agree.
 */
#ifndef GUEST_PATHS_H
#define GUEST_PATHS_H

#define PATH_RUN            "/run/airlock"
#define PATH_SUPPLICANT     PATH_RUN "/wpa_supplicant.conf"    /* the user's, verbatim */
#define PATH_SUPPLICANT_OUR PATH_RUN "/wpa_supplicant.airlock" /* what is ours to say */
#define PATH_SUPPLICANT_DIR "/run/wpa_supplicant"
#define PATH_GLOBAL         PATH_SUPPLICANT_DIR "/global" /* of no interface */
#define PATH_HOSTAPD_DIR    "/run/hostapd"
#define PATH_PEERS          PATH_RUN "/peer" /* a socket for each client on the host */
#define PATH_DHCPCD         PATH_RUN "/dhcpcd.conf"
#define PATH_DNSMASQ        PATH_RUN "/dnsmasq.conf"
#define PATH_NAT            PATH_RUN "/nat.nft"
#define PATH_UPSTREAM       PATH_RUN "/upstream.conf" /* the name servers of the lease */
#define PATH_LEASE          PATH_RUN "/lease"         /* socket: dhcpcd's script -> PID 1 */
#define PATH_INIT           "/usr/sbin/airlock-init"
#define PATH_LEASE_SCRIPT   PATH_RUN "/airlock-lease" /* these are links to PATH_INIT */
#define PATH_PROBE          PATH_RUN "/airlock-probe"
#define PATH_REVIVE         PATH_RUN "/airlock-revive"
#define PATH_MODPROBE       PATH_RUN "/modprobe"
#define PATH_RESOLV         "/run/resolv.conf"

#define RADIO_NAME "wlan0"
#define WIRED_NAME "wan0" /* the uplink when it is an Ethernet card */
#define LAN_NAME   "lan"

#endif
