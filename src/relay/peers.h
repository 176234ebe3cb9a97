/*
 * peers: the clients of the host's end, by their address and by their number.
 */
#ifndef RELAY_PEERS_H
#define RELAY_PEERS_H

#include <sys/socket.h>
#include <sys/un.h>

#include "relay/relay.h"

/* A client's address as the kernel gave it: a path, abstract, or none at all. */
struct relay_address {
	socklen_t len; /* of sun_family and of what is used of sun_path */
	struct sockaddr_un sun;
};

struct relay_peer {
	uint16_t number; /* 0: free */
	uint16_t next;   /* in its hash chain: index + 1, or 0 */
	uint8_t socket;  /* which it speaks to */
	bool attached;   /* it asked for events */
	uint64_t used_ms;
	struct relay_address address;
};

#define PEERS_HEADS 512

/* Zeroed is empty. */
struct relay_peers {
	struct relay_peer peer[RELAY_PEERS];
	uint8_t generation[RELAY_PEERS]; /* of the number last given to a slot */
	uint16_t heads[PEERS_HEADS];     /* index + 1, or 0 */
	unsigned count, last;
};

/* Has the client an address to which can be answered? */
bool relay_address_bound(const struct relay_address *a);

struct relay_peer *peers_find(
    struct relay_peers *p, unsigned socket, const struct relay_address *a);
struct relay_peer *peers_numbered(struct relay_peers *p, uint16_t number);

/* Give a client a number, one that was not in use for long; NULL when all slots are taken. */
struct relay_peer *peers_add(
    struct relay_peers *p, unsigned socket, const struct relay_address *a, uint64_t now);
void peers_remove(struct relay_peers *p, struct relay_peer *peer);

/* The one that asked nothing for longest and waits for no events, or NULL. */
struct relay_peer *peers_idlest(struct relay_peers *p);

#endif
