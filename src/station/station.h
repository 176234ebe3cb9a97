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

bool station_ssid_same(const struct station_ssid *a, const struct station_ssid *b);

/* ---------------------------------------------------------------- events */

/* What an unsolicited message of the supplicant means. */
enum station_kind {
	STATION_OTHER,
	STATION_SCANNING,
	STATION_SCANNED,     /* a scan ended: SCAN_RESULTS has what was heard */
	STATION_SCAN_FAILED, /* it could not be done */
	STATION_NOT_FOUND,   /* a scan ended and no known network was in it */
	STATION_TRYING,      /* ssid */
	STATION_WRONG_KEY,   /* ssid */
	STATION_REFUSED,     /* ssid when known; code is the IEEE 802.11 status code */
	STATION_EAP_FAILED,  /* the credentials were refused */
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

/* What the commoner status codes of IEEE 802.11 (table 9-50) mean to people, or NULL. */
const char *station_status_words(int code);

/* ------------------------------------------------------------------ scan */

/* How a network is protected; of two of one name the later in this list counts. */
enum station_security {
	STATION_OPEN,
	STATION_WEP,
	STATION_OWE, /* encrypted, for anybody */
	STATION_EAP, /* a name and a password or certificate for each user */
	STATION_WPA, /* the first WPA */
	STATION_WPA2,
	STATION_TRANSITION, /* WPA2 and WPA3 */
	STATION_WPA3,
};

/* "open", "WPA2-PSK", "WPA3-SAE", "WPA2/WPA3", "enterprise", ... */
const char *station_security_name(enum station_security security);
/* Of the flags of SCAN_RESULTS: "[WPA2-PSK-CCMP][ESS]". */
enum station_security station_security_of(const char *flags, size_t len);
/* How a network is joined of which one access point offers a and another one b. */
enum station_security station_security_both(enum station_security a, enum station_security b);

enum station_band {
	STATION_BAND_OTHER,
	STATION_BAND_2GHZ,
	STATION_BAND_5GHZ,
	STATION_BAND_6GHZ,
};

/* The channel of a frequency in MHz, 0 when it is none; band may be NULL. */
unsigned station_channel(unsigned mhz, enum station_band *band);
/* "2.4 GHz", "5 GHz", "6 GHz", "other". */
const char *station_band_name(enum station_band band);

/* "02:00:00:00:01:00"; false when it is none. */
bool station_bssid(const char *text, size_t len, uint8_t bssid[6]);

/* An access point, as SCAN_RESULTS has it. */
struct station_ap {
	uint8_t bssid[6];
	unsigned frequency_mhz;
	int signal_dbm;
	enum station_security security;
	struct station_ssid ssid; /* len 0: hidden */
};

/*
 * Go through the table that SCAN_RESULTS gives: the next row, those that are
 * none left out.  *at is the reply at first.  Returns whether there was one.
 */
bool station_result(const char **at, struct station_ap *out);

#define STATION_SEEN_MAX 128

/* A network: its access points, taken together. */
struct station_seen {
	struct station_ap best; /* the strongest */
	unsigned aps;
	enum station_security security; /* of all of them */
	bool hidden;                    /* it says its name only when asked for it */
};

struct station_air {
	size_t count;
	unsigned hidden; /* access points that keep their name to themselves */
	struct station_seen seen[STATION_SEEN_MAX]; /* strongest first */
};

/* Take SCAN_RESULTS together by name. */
void station_air_read(struct station_air *air, const char *reply);
/* The network of that name, or NULL. */
struct station_seen *station_seen(struct station_air *air, const struct station_ssid *ssid);

#endif
