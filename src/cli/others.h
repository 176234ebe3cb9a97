/* others: software of this host that may hold a network interface. */
#ifndef CLI_OTHERS_H
#define CLI_OTHERS_H

#include "cli/probe.h"

enum other {
	OTHER_NETWORKMANAGER,
	OTHER_NETWORKD,
	OTHER_SUPPLICANT,
	OTHER_IWD,
	OTHER_DHCPCD,
	OTHER_CONNMAN,
	OTHER_IFUPDOWN,
	OTHERS,
};

enum other_state {
	OTHER_ABSENT,  /* it is not here, or does not run */
	OTHER_AWAY,    /* it runs and leaves the interface alone */
	OTHER_HOLDS,   /* it manages the interface */
	OTHER_UNKNOWN, /* it runs, and does not say */
};

struct other_look {
	enum other_state state;
	char text[200]; /* in words */
	char fix[256];  /* what keeps it away, a command or what to write where */
};

/* "NetworkManager", "systemd-networkd", ... */
const char *other_name(enum other which);

/* What one of them does with an interface. */
void other_look(
    const struct probe *p, enum other which, const char *interface, struct other_look *out);

/*
 * The number in `nmcli -t -f GENERAL.STATE device show`: 10 unmanaged, 100 connected;
 * 0 when it is none.
 */
unsigned other_nm_state(const char *text);

/* Does dhcpcd.conf(5) keep dhcpcd away from an interface? */
bool other_dhcpcd_denies(const char *text, const char *interface);

/* Has interfaces(5) a stanza for an interface? */
bool other_ifupdown_has(const char *text, const char *interface);

#endif
