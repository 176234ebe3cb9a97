/*
 * peers: a table of fixed size with hash chains.
 *
 * A number is made of the slot (its low 8 bits) and of a generation from 1 to
 * 255 that advances whenever the slot is given away; slots are given away in
 * turn.  So a message that was on its way for an earlier client finds nobody,
 * unless 65,280 clients came and went meanwhile.
 */
#include <assert.h>
#include <string.h>

#include "relay/peers.h"

static_assert(RELAY_PEERS == 256, "a slot is the low byte of a number");

bool relay_address_bound(const struct relay_address *a)
{
	return a->len > offsetof(struct sockaddr_un, sun_path);
}

/* FNV-1a */
static unsigned head_of(unsigned socket, const struct relay_address *a)
{
	const uint8_t *bytes = (const uint8_t *)&a->sun;
	uint32_t h = (2166136261u ^ socket) * 16777619u;

	for (socklen_t i = 0; i < a->len; i++)
		h = (h ^ bytes[i]) * 16777619u;
	return h % PEERS_HEADS;
}

struct relay_peer *peers_find(
    struct relay_peers *p, unsigned socket, const struct relay_address *a)
{
	for (unsigned i = p->heads[head_of(socket, a)]; i != 0; i = p->peer[i - 1].next) {
		struct relay_peer *peer = &p->peer[i - 1];

		if (peer->socket == socket && peer->address.len == a->len &&
		    memcmp(&peer->address.sun, &a->sun, a->len) == 0)
			return peer;
	}
	return NULL;
}

struct relay_peer *peers_numbered(struct relay_peers *p, uint16_t number)
{
	struct relay_peer *peer = &p->peer[number % RELAY_PEERS];

	return number != 0 && peer->number == number ? peer : NULL;
}

struct relay_peer *peers_add(
    struct relay_peers *p, unsigned socket, const struct relay_address *a, uint64_t now)
{
	unsigned slot = p->last, head = head_of(socket, a);
	struct relay_peer *peer;

	if (p->count == RELAY_PEERS)
		return NULL;
	do
		slot = (slot + 1) % RELAY_PEERS;
	while (p->peer[slot].number != 0);
	p->last = slot;
	p->generation[slot] = (uint8_t)(p->generation[slot] % 255 + 1);
	peer = &p->peer[slot];
	*peer = (struct relay_peer){.number = (uint16_t)(p->generation[slot] << 8 | slot),
	    .next = p->heads[head],
	    .socket = (uint8_t)socket,
	    .used_ms = now,
	    .address = *a};
	p->heads[head] = (uint16_t)(slot + 1);
	p->count++;
	return peer;
}

void peers_remove(struct relay_peers *p, struct relay_peer *peer)
{
	uint16_t *at = &p->heads[head_of(peer->socket, &peer->address)];

	while (*at != (uint16_t)(peer - p->peer + 1))
		at = &p->peer[*at - 1].next;
	*at = peer->next;
	peer->number = 0;
	p->count--;
}

struct relay_peer *peers_idlest(struct relay_peers *p)
{
	struct relay_peer *idlest = NULL;

	for (unsigned i = 0; i < RELAY_PEERS; i++) {
		struct relay_peer *peer = &p->peer[i];

		if (peer->number != 0 && !peer->attached &&
		    (idlest == NULL || peer->used_ms < idlest->used_ms))
			idlest = peer;
	}
	return idlest;
}
