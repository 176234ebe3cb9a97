/*
 * text: the configurations that are written for the services.  Pure.
 */
#ifndef GUEST_TEXT_H
#define GUEST_TEXT_H

#include "guest/lease.h"
#include "guest/settings.h"

/* nftables' rules: NAT, the fast path, forwarded ports, and who may ask what. */
void text_nat(struct buf *b, const struct settings *s);

/* dnsmasq towards the host: names and, when wanted, addresses. */
void text_dnsmasq(struct buf *b, const struct settings *s);

/* dhcpcd on the uplink: IPv4, no delay, nothing that a server could abuse. */
void text_dhcpcd(struct buf *b);

/* Whether a user's file says anything of P2P, the sharing between devices. */
bool text_has_p2p(const struct buf *file);

/* What is laid over the user's wpa_supplicant.conf. */
void text_supplicant(struct buf *b, const struct settings *s);

/* resolv.conf of a lease, without name servers that are the router itself. */
void text_resolv(struct buf *b, const struct lease *l, uint32_t router);

#endif
