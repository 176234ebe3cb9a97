/* keyfile: a connection of NetworkManager's, read as a wireless network of ours. */
#ifndef CLI_KEYFILE_H
#define CLI_KEYFILE_H

#include "station/station.h"

/*
 * Read the text of a file of system-connections (nm-settings-keyfile(5)).  Pure.
 * 1 with *n, which station_network_check() finds good; 0 when it is no wireless network
 * to be joined (Ethernet, a VPN, an access point of this host's); -1 with *e when it is
 * one that cannot be taken over, with the reason, which tells no secret.
 */
int keyfile_network(const char *text, size_t len, struct station_network *n, struct err *e);

#endif
