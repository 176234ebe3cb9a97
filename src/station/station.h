/*
 * station: wpa_supplicant's language, as spoken by whoever drives it.
 *
 * What it says on its control socket, taken apart: events, replies, SSIDs.
 * airlock-init and the command line share it.  What it says comes in part from
 * whoever is in radio range: nothing here trusts a byte of it.
 */
#ifndef STATION_STATION_H
#define STATION_STATION_H

#include "base/base.h"

/* ----------------------------------------------------------------- SSIDs */

#define STATION_SSID_MAX 32

/* The name of a network: bytes, not text.  A hidden one says none: len 0. */
struct station_ssid {
	uint8_t bytes[STATION_SSID_MAX];
	uint8_t len;
};

/*
 * Undo the supplicant's escapes (\xHH, \n, \", \\, \e ...) in `len` bytes.
 * False when there are more than 32 bytes.
 */
bool station_unescape(const char *text, size_t len, struct station_ssid *out);

/* The way an SSID is shown: escaped, in double quotes.  dst of STATION_SSID_TEXT bytes. */
#define STATION_SSID_TEXT (STATION_SSID_MAX * 4 + 3)
char *station_ssid_text(char dst[STATION_SSID_TEXT], const struct station_ssid *s);

/* ---------------------------------------------------------------- events */

/* What an unsolicited message of the supplicant means. */
enum station_kind {
	STATION_OTHER,
	STATION_SCANNING,
	STATION_NOT_FOUND,  /* a scan ended and no known network was in it */
	STATION_TRYING,     /* ssid */
	STATION_WRONG_KEY,  /* ssid */
	STATION_REFUSED,    /* ssid when known; code is the IEEE 802.11 status code */
	STATION_EAP_FAILED, /* the credentials were refused */
	STATION_CONNECTED,
	STATION_DISCONNECTED, /* code is the IEEE 802.11 reason code */
};

struct station_event {
	enum station_kind kind;
	struct station_ssid ssid; /* len 0: the message does not say */
	int code;
	bool local; /* this end ended it */
};

/* Understand one message, without its "<3>".  Pure. */
void station_parse(const char *text, struct station_event *out);

/*
 * Take the value out of a complaint about the configuration: "Line 3: Invalid
 * PSK 'secret'." shows what was typed.  True when it was such a complaint.
 */
bool station_redact(char *text);

/* --------------------------------------------------------------- replies */

/* The value of "key=value" at the start of a line in a reply, cut to fit; false if absent. */
bool station_value(const char *reply, const char *key, char *dst, size_t size);

/*
 * Go through the table that SCAN_RESULTS gives: the SSID of the next row.
 * *at is the reply at first.  Returns whether there was another row.
 */
bool station_result(const char **at, struct station_ssid *out);

#endif
