/*
 * supplicant: wpa_supplicant's control interface, as a client.  What it says is
 * understood by station/.
 */
#ifndef GUEST_SUPPLICANT_H
#define GUEST_SUPPLICANT_H

#include "station/station.h"

/* Called with the reply, or with NULL when there is none in time. */
typedef void supplicant_reply_fn(void *arg, const char *reply);

#define SUPPLICANT_WAIT_MS 2000
#define SUPPLICANT_QUEUE   8

struct supplicant {
	void (*event)(void *arg, const struct station_event *ev);
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
		unsigned wait_ms;
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
/* The same for what takes longer than SUPPLICANT_WAIT_MS. */
bool supplicant_request_long(
    struct supplicant *s, const char *command, unsigned wait_ms, supplicant_reply_fn *fn);

#endif
