/*
 * station: from what happens on the air to the state people see.
 *
 * Pure: events in, a state and a reason in words out.
 */
#ifndef GUEST_STATION_H
#define GUEST_STATION_H

#include "wire/wire.h"

enum station_event {
	STATION_RADIO_MISSING, /* text: what is missing */
	STATION_RADIO_READY,
	STATION_NEW_CONFIGURATION, /* the networks to look for may be others */
	STATION_UNCONFIGURED,      /* text: why there is no network to look for */
	STATION_SCAN,              /* looking for networks */
	STATION_NOT_FOUND,         /* text: "saw 3 others" */
	STATION_TRYING,            /* text: the network */
	STATION_WRONG_KEY,         /* text: the network */
	STATION_REFUSED,           /* text: the network and why */
	STATION_CONNECTED,         /* text: the network; keys are agreed */
	STATION_DISCONNECTED,      /* text: by whom and why */
	STATION_SUPPLICANT_ENDED,  /* text: its last words */
	STATION_LEASE,             /* text: the address */
	STATION_NO_LEASE,          /* text: why the address is gone or does not come */
	STATION_STOPPING,
	STATION_FAILED, /* text: why */
	STATION_EVENTS, /* their number */
};

struct station {
	enum wire_state state;
	char reason[160];
	char network[132]; /* the one tried or connected, as it is shown */
	char fault[160];   /* why it is not online, as long as that holds; "" */
	bool associated;
};

void station_init(struct station *s);

/*
 * Something happened.
 *
 * @text as said at the event, escaped; or NULL
 * Returns whether state or reason changed.
 */
bool station_event(struct station *s, enum station_event event, const char *text);

#endif
