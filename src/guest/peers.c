/*
 * peers: the relay's end in the guest, on the channel.
 *
 * The relay is a convenience: when it cannot be set up the router goes on
 * without it, and says so.
 */
#include <string.h>

#include "guest/guest.h"

static void to_host(void *arg, const struct wire_msg *m)
{
	struct guest *g = arg;

	channel_relay(&g->channel, m);
}

static size_t waiting(void *arg)
{
	const struct guest *g = arg;

	return channel_relay_waiting(&g->channel);
}

static void on_host(void *arg, bool there)
{
	struct guest *g = arg;

	relay_guest_host(g->relay, there);
}

static void on_drained(void *arg)
{
	struct guest *g = arg;

	relay_guest_drained(g->relay);
}

void peers_init(struct guest *g)
{
	const struct relay_guest_spec spec = {
	    .directories = {PATH_SUPPLICANT_DIR, PATH_HOSTAPD_DIR},
	    .peers = PATH_PEERS,
	    .send = to_host,
	    .waiting = waiting,
	    .arg = g,
	};
	struct err e = {0};

	/* The global socket is bound before the supplicant makes the directory. */
	if (dir_make(PATH_SUPPLICANT_DIR, 0750, &e) < 0)
		log_error("%s", e.text);
	g->relay = relay_guest_new(g->loop, &spec, &e);
	if (g->relay == NULL) {
		log_error("control sockets are not passed on: %s", e.text);
		return;
	}
	g->channel.host = on_host;
	g->channel.drained = on_drained;
	if (g->channel.watching)
		on_host(g, true);
}

/* No event tells of a request to leave while nothing was connected. */
static bool is_leave(const struct wire_msg *m)
{
	static const char leave[] = "DISCONNECT";

	return m->type == WIRE_DATAGRAM && m->bytes.len == sizeof(leave) - 1 &&
	       memcmp(m->bytes.data, leave, sizeof(leave) - 1) == 0;
}

void peers_message(struct guest *g, const struct wire_msg *m)
{
	if (is_leave(m))
		uplink_leaves(g);
	if (g->relay != NULL)
		relay_guest_message(g->relay, m);
}
