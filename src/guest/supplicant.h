/*
 * supplicant: wpa_supplicant's control interface, as a client.
 */
#ifndef GUEST_SUPPLICANT_H
#define GUEST_SUPPLICANT_H

#include "base/base.h"

#define SSID_MAX 32

struct ssid {
	uint8_t bytes[SSID_MAX];
	uint8_t len;
};

/* What an unsolicited message of the supplicant means to the router. */
enum supplicant_kind {
	SUPPLICANT_OTHER,
	SUPPLICANT_SCANNING,
	SUPPLICANT_NOT_FOUND,  /* a scan ended and no known network was in it */
	SUPPLICANT_TRYING,     /* ssid */
	SUPPLICANT_WRONG_KEY,  /* ssid */
	SUPPLICANT_REFUSED,    /* ssid when known; code is the IEEE 802.11 status code */
	SUPPLICANT_EAP_FAILED, /* the credentials were refused */
	SUPPLICANT_CONNECTED,
	SUPPLICANT_DISCONNECTED, /* code is the IEEE 802.11 reason code */
};

struct supplicant_event {
	enum supplicant_kind kind;
	struct ssid ssid; /* len 0: the message does not say */
	int code;
	bool local; /* this end ended it */
};

/* Understand one message, without its "<3>".  Pure. */
void supplicant_parse(const char *text, struct supplicant_event *out);

/*
 * Take the value out of a complaint about the configuration: "Line 3: Invalid
 * PSK 'secret'." shows what was typed.  True when it was such a complaint.
 */
bool supplicant_redact(char *text);

/*
 * Undo the supplicant's escapes (\xHH, \n, \", \\, \e ...) in `len` bytes.
 * False when there are more than 32 bytes.
 */
bool supplicant_ssid(const char *text, size_t len, struct ssid *out);

/* The way an SSID is shown: escaped, in double quotes.  dst of SSID_TEXT bytes. */
#define SSID_TEXT (SSID_MAX * 4 + 3)
char *ssid_text(char dst[SSID_TEXT], const struct ssid *s);

/* The value of "key=value" at the start of a line in a reply, cut to fit; false if absent. */
bool supplicant_value(const char *reply, const char *key, char *dst, size_t size);

/*
 * Go through the table that SCAN_RESULTS gives: the SSID of the next row.
 * *at is the reply at first.  Returns whether there was another row.
 */
bool supplicant_result(const char **at, struct ssid *out);

/* Called with the reply, or with NULL when there is none within SUPPLICANT_WAIT_MS. */
typedef void supplicant_reply_fn(void *arg, const char *reply);

#define SUPPLICANT_WAIT_MS 2000
#define SUPPLICANT_QUEUE   8

struct supplicant {
	void (*event)(void *arg, const struct supplicant_event *ev);
	void (*attached)(void *arg);
	void *arg;

	/* supplicant's own */
	struct loop *loop;
	struct loop_io io;
	struct loop_timer timer; /* trying to attach, or waiting for a reply */
	bool open, ready;
	size_t queued;
	struct {
		char command[96];
		supplicant_reply_fn *fn;
	} queue[SUPPLICANT_QUEUE];
};

/* Prepare; the callbacks are set by the owner. */
void supplicant_init(struct supplicant *s, struct loop *l);

/*
 * Attach to the daemon's socket `dir`/`interface` as soon as it is there;
 * then `attached` is called once, and `event` for what is heard.
 */
void supplicant_attach(struct supplicant *s);

/* Let go of it; requests under way are answered with NULL. */
void supplicant_detach(struct supplicant *s);

/* Ask something; false when not attached or too much is asked already. */
bool supplicant_request(struct supplicant *s, const char *command, supplicant_reply_fn *fn);

#endif
