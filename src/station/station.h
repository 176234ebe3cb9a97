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
 * Undo the supplicant's escapes (\xHH, \n, \", \\, \e, octal) in `len` bytes.
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

/* ------------------------------------------------------------------ ctrl */

#define STATION_REPLY      4097 /* the supplicant's longest answer, and a NUL */
#define STATION_ANSWER_MS  5000 /* it works out keys before it answers */
#define STATION_EVENTS_MAX 32

/* A client of a supplicant's control socket; the host's end alone uses it. */
struct station_ctrl {
	int fd; /* for poll(2); -1 while there is none */
	bool attached;
	char path[108];
	size_t events; /* waiting for station_next */
	struct station_event event[STATION_EVENTS_MAX];
};

/*
 * Open a socket to the one at `path`.  0, or -1 with *e: e->num ENOENT or
 * ECONNREFUSED when nobody is there, EACCES when we may not.
 */
int station_open(struct station_ctrl *c, const char *path, struct err *e);
void station_close(struct station_ctrl *c);

/*
 * Ask something and wait for the answer, at most STATION_ANSWER_MS.
 *
 * @reply of `size` bytes, best STATION_REPLY; always terminated
 * 0, or -1 with *e: e->num ETIMEDOUT when there is no answer.  The question is
 * never part of the error.  After a failure the next call opens a new socket.
 */
int station_ask(
    struct station_ctrl *c, const char *command, char *reply, size_t size, struct err *e);

/* Hear events from now on.  0, or -1 with *e. */
int station_attach(struct station_ctrl *c, struct err *e);

/*
 * The next event that means something, without waiting: 1, 0 when there is
 * none now, -1 with *e when the supplicant is gone.
 */
int station_next(struct station_ctrl *c, struct station_event *ev, struct err *e);

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

/* An answer longer than this may be cut short. */
#define STATION_FULL 3600

/* Numbers, addresses, frequencies, levels, flags, names, and a line between them. */
#define STATION_BSS_MASK "0x21887"

/*
 * Go through the access points that "BSS RANGE=<*next>- MASK=" STATION_BSS_MASK
 * gives: rows as those of SCAN_RESULTS are appended, and *next is from where to
 * ask again.  Returns how many there were.
 */
size_t station_bss_rows(const char *reply, struct buf *out, unsigned *next);

/* Take SCAN_RESULTS together by name. */
void station_air_read(struct station_air *air, const char *reply);
/* The network of that name, or NULL. */
struct station_seen *station_seen(struct station_air *air, const struct station_ssid *ssid);

/* --------------------------------------------------------------- networks */

#define STATION_PASSPHRASE_MIN 8
#define STATION_PASSPHRASE_MAX 63
#define STATION_PSK_DIGITS     64
#define STATION_PASSWORD_MAX   128 /* of SAE, bytes */
#define STATION_PRIORITY_MAX   999 /* and as much below 0 */

/* A network as it is to be joined. */
struct station_network {
	struct station_ssid ssid;
	enum station_security security;
	char secret[STATION_PASSWORD_MAX + 2]; /* passphrase, key or password; "": none */
	bool hidden;                           /* ask for it by name */
	bool has_priority;
	int priority;
};

/* Does joining it take a secret? */
bool station_wants_secret(enum station_security security);

/*
 * Whether a network can be joined as it is: the security one that a name and a
 * secret suffice for, the secret one that fits it.  Its words are not repeated.
 * 0, or -1 with *e, a sentence of its own for each thing that can be wrong.
 */
int station_network_check(const struct station_network *n, struct err *e);

/* Take the bytes of an argument for an SSID.  0, or -1 with *e (ERR_USAGE). */
int station_ssid_take(struct station_ssid *out, const char *text, struct err *e);

#define STATION_SETTINGS_MAX 8

/* One line of a network block: key=value. */
struct station_setting {
	const char *key;
	char value[2 * STATION_PASSWORD_MAX + 4];
};

/*
 * The lines of a network that was checked, ssid first.
 *
 * @legible the ssid in quotes where that is possible; else in hexadecimal always
 * Returns their number.
 */
size_t station_settings(
    const struct station_network *n, bool legible, struct station_setting *out);

/* ------------------------------------------------------- wpa_supplicant.conf */

/* A network block of the file. */
struct station_block {
	size_t start, end; /* its lines, in the text */
	unsigned line;     /* of its "network={", from 1 */
	struct station_ssid ssid;
	bool has_ssid; /* one that could be understood */
	enum station_security security;
	int priority;
	bool disabled;
};

/* A file as it is, byte for byte, and where its networks are. */
struct station_file {
	char *text;
	size_t len;
	struct station_block *block;
	size_t blocks;
};

/*
 * Read the text of a wpa_supplicant.conf(5); `name` stands for it in errors.
 * 0, or -1 with *e (ERR_CONF): "name:line: ...", for a block that is not closed,
 * a line that is none of a setting, and such.  Values are not judged.
 */
int station_file_read(
    struct station_file *f, const char *text, size_t len, const char *name, struct err *e);
void station_file_fini(struct station_file *f);

/* The first network of that name at or after `from`, or NULL. */
const struct station_block *station_file_find(
    const struct station_file *f, const struct station_ssid *ssid, size_t from);

/*
 * The text after an edit, appended to *out.  Whatever is not edited keeps every
 * byte; lines end as those of the file do.
 */

/* With one more network, at its end. */
void station_file_add(
    const struct station_file *f, const struct station_network *n, struct buf *out);
/* With another secret (and security) in a block, whose other lines stay. */
void station_file_change(const struct station_file *f, const struct station_block *b,
    const struct station_network *n, struct buf *out);
/* Without the networks of that name.  Returns how many there were. */
size_t station_file_remove(
    const struct station_file *f, const struct station_ssid *ssid, struct buf *out);
/* With another priority for all of that name.  Returns how many there are. */
size_t station_file_priority(const struct station_file *f, const struct station_ssid *ssid,
    int priority, struct buf *out);

/*
 * The user's file, held by us: whoever else edits it by this program waits.
 * Between station_store_open and station_store_close nothing should be waited for.
 */
struct station_store {
	char path[4096]; /* what a symbolic link leads to */
	int lock;        /* of the directory, -1 */
	bool missing;    /* there is none yet */
	uint32_t uid, gid;
	struct station_file file;
};

/*
 * Open and read the user's file.  A missing one reads as a head with nothing in it.
 *
 * @write it is to be replaced: whether that is possible is found out now
 * 0, or -1 with *e: e->num EACCES when we may not, ERR_CONF when it cannot be
 * understood.
 */
int station_store_open(struct station_store *s, const char *path, bool write, struct err *e);
void station_store_close(struct station_store *s);

/*
 * Put a new text in place of the file, mode 0600, owned by who owned the old one
 * as far as we may.  Refused when somebody else has changed it meanwhile.
 * 0, or -1 with *e and the file as it was.
 */
int station_store_put(struct station_store *s, const struct buf *text, struct err *e);

/* ------------------------------------------------------------------ join */

#define STATION_LISTED_MAX 128

/* What the running supplicant knows, as LIST_NETWORKS has it. */
struct station_listed {
	int id;
	struct station_ssid ssid;
	bool current, disabled;
};

struct station_list {
	size_t count;
	struct station_listed row[STATION_LISTED_MAX];
};

/*
 * Append the rows of one answer.  Returns how many it held: when there were any
 * more may come, of "LIST_NETWORKS LAST_ID=<the last>".
 */
size_t station_list_read(struct station_list *list, const char *reply);
/* The network of that name, one that is not disabled before one that is; or NULL. */
const struct station_listed *station_listed(
    const struct station_list *list, const struct station_ssid *ssid);

#define STATION_LOOK_MS      20000 /* until the network must have been found */
#define STATION_ASSOCIATE_MS 20000 /* until the keys must have been agreed */
#define STATION_ADDRESS_MS   30000 /* until there must be an address */

enum station_act {
	STATION_ASK,  /* ask the supplicant `command`, then station_join_reply */
	STATION_WAIT, /* for events and reports until due_ms, then station_join_time */
	STATION_JOINED,
	STATION_FAILED, /* `why`; all is as it was */
};

enum station_stage { STATION_LOOKING, STATION_ASSOCIATING, STATION_ADDRESSING };

enum station_why {
	STATION_WHY_NOTHING,
	STATION_WHY_WRONG_KEY,
	STATION_WHY_ABSENT,    /* not in range */
	STATION_WHY_REFUSED,   /* `code` is the status code, 0: unknown */
	STATION_WHY_SENT_AWAY, /* `code` is the reason code */
	STATION_WHY_EAP,       /* the credentials */
	STATION_WHY_NO_ANSWER, /* the access point does not go on */
	STATION_WHY_NO_ADDRESS,
	STATION_WHY_SUPPLICANT, /* it does not take a setting, or has no room */
	STATION_WHY_GONE,       /* it does not answer any more */
	STATION_WHY_CANCELLED,
};

/*
 * One attempt to join a network, as decisions: what to ask next, what an event
 * means, what is to be undone.  The caller does the asking and the waiting.
 */
struct station_join {
	/* for the caller to read */
	enum station_act act;
	char command[384]; /* may hold a secret */
	uint64_t due_ms;
	enum station_stage stage;
	enum station_why why;
	int code;

	/* its own */
	struct station_network network;
	const struct station_list *list;
	struct station_setting setting[STATION_SETTINGS_MAX];
	size_t settings, at; /* of the settings, then of the steps */
	int phase;
	int id;       /* of the network, -1: not yet added */
	int replaces; /* another one that it takes the place of, or -1 */
	int before;   /* the one that was current, or -1 */
	bool added, selected, connected, was_left, was_disabled;
	unsigned missed, refused;
	int sent_away;
	size_t steps;
	struct station_step {
		uint8_t verb;
		int id;
	} step[STATION_LISTED_MAX + 8];
};

/* What to join and from where; the list must outlive the attempt. */
struct station_from {
	const struct station_list *list;
	int known;    /* join the supplicant's own network of this number; -1: add it */
	int replaces; /* with -1 as `known`: that one has the old secret; or -1 */
	bool left;    /* the supplicant was told to stay disconnected */
	bool there;   /* `known` is the one that the station is connected to */
};
void station_join_begin(struct station_join *j, const struct station_network *n,
    const struct station_from *from, uint64_t now);

/* The answer to `command`; NULL when there is none. */
void station_join_reply(struct station_join *j, const char *reply, uint64_t now);
void station_join_event(struct station_join *j, const struct station_event *ev, uint64_t now);
/* The router is online on that network. */
void station_join_online(struct station_join *j);
/* Time passes. */
void station_join_time(struct station_join *j, uint64_t now);
/* Give it up: the user wants it, or (STATION_WHY_GONE) nobody hears us any more. */
void station_join_cancel(struct station_join *j, enum station_why why);
/* Wipe the secrets in it. */
void station_join_fini(struct station_join *j);

/* Why it failed, in words that go behind the network's name and a colon.  Returns dst. */
char *station_join_words(const struct station_join *j, char *dst, size_t size);

#endif
