/*
 * hostnet_frames: a hostile guest on the tap.
 *
 * It sends one frame of each kind to the host and says what comes back.  A frame is
 * composed behind room for the head that this system's taps want before each.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostnet_tool.h"

#define HEAD_MAX 10

/* f has HEAD_MAX bytes before its Ethernet header, of which this system wants some. */
static void send_bytes(int tap, const uint8_t *f, size_t len)
{
	size_t skip = HEAD_MAX - tool_head;

	if (write(tap, f + skip, len - skip) < 0)
		fprintf(stderr, "write frame: %s\n", strerror(errno));
}

static void put_ip(uint8_t *p, uint32_t ip)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(ip >> (24 - 8 * i));
}

static uint16_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A TCP SYN (or an ICMP echo for port 0) as the guest would send it. */
static void send_frame(
    int tap, const uint8_t *dst, const uint8_t *src, uint32_t from, uint32_t to, uint16_t port)
{
	/* virtio_net_hdr, Ethernet, IPv4, then TCP of 20 bytes or ICMP of 8. */
	uint8_t f[10 + 14 + 20 + 20] = {0}, *ip = f + 24, *l4 = f + 44;
	size_t len = port != 0 ? 20 : 8;
	uint16_t sum;

	memcpy(f + 10, dst, 6);
	memcpy(f + 16, src, 6);
	f[22] = 8;
	ip[0] = 0x45;
	ip[3] = (uint8_t)(20 + len);
	ip[8] = 64;
	ip[9] = port != 0 ? 6 : 1;
	put_ip(ip + 12, from);
	put_ip(ip + 16, to);
	sum = sum16(ip, 20, 0);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	if (port != 0) {
		l4[0] = 0x99;
		l4[2] = (uint8_t)(port >> 8);
		l4[3] = (uint8_t)port;
		l4[12] = 0x50;
		l4[13] = 0x02;
		l4[14] = 0x20;
	} else {
		l4[0] = 8;
	}
	sum = port != 0
		  ? sum16(l4, len,
			(from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + 6 + 20)
		  : sum16(l4, len, 0);
	l4[port != 0 ? 16 : 2] = (uint8_t)(sum >> 8);
	l4[port != 0 ? 17 : 3] = (uint8_t)sum;
	send_bytes(tap, f, 44 + len);
}

/* Answer the host's question where the router is. */
static void send_arp(int tap)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 2};
	uint8_t f[10 + 42] = {0}, *a = f + 24;

	memset(f + 10, 0xff, 6);
	memcpy(f + 16, router_mac, 6);
	f[22] = 8;
	f[23] = 6;
	memcpy(a, head, sizeof(head));
	memcpy(a + 8, router_mac, 6);
	put_ip(a + 14, IP(10, 0, 0, 1));
	memset(a + 18, 0xff, 6);
	put_ip(a + 24, IP(10, 0, 0, 2));
	send_bytes(tap, f, sizeof(f));
}

/* Does the host answer the last frame within 300 ms?  Prints what with. */
static void expect(const char *what, int tap)
{
	struct pollfd p = {tap, POLLIN, 0};
	uint64_t end = now_ms() + 300;
	const char *answer = "silence";
	uint8_t f[2048];

	while (now_ms() < end && poll(&p, 1, (int)(end - now_ms())) > 0) {
		size_t skip = HEAD_MAX - tool_head;
		ssize_t n = read(tap, f + skip, sizeof(f) - skip) + (ssize_t)skip;

		if (n < 10 + 14 + 28)
			continue;
		if (f[22] == 8 && f[23] == 6 && f[24 + 7] == 1)
			send_arp(tap);
		if (f[22] == 8 && f[23] == 0 && f[24 + 9] == 1 && f[44] == 0)
			answer = "echo";
		else if (f[22] == 8 && f[23] == 0 && f[24 + 9] == 6 && n >= 64)
			answer = (f[44 + 13] & 4) != 0 ? "reset" : "accepted";
		else
			continue;
		break;
	}
	printf("%s: %s\n", what, answer);
}

void send_frames(int tap, const char *interface)
{
	static const uint8_t other_mac[6] = {0x02, 0xa1, 0x0c, 0x4b, 0x00, 0x99};
	uint8_t host[6] = {0};
	static const struct {
		const char *what;
		uint32_t from, to;
		uint16_t port;
		bool other;
	} frames[] = {
	    {"ping", IP(10, 0, 0, 1), IP(10, 0, 0, 2), 0, false},
	    {"ping from the Internet", IP(198, 51, 100, 7), IP(10, 0, 0, 2), 0, false},
	    {"service", IP(10, 0, 0, 1), IP(10, 0, 0, 2), 22, false},
	    {"forwarded service", IP(198, 51, 100, 7), IP(10, 0, 0, 2), 8080, false},
	    {"service on another address of the host", IP(10, 0, 0, 1), IP(192, 0, 2, 9), 22,
		false},
	    {"ping from another MAC", IP(10, 0, 0, 1), IP(10, 0, 0, 2), 0, true},
	    {"ping from the host's own address", IP(192, 0, 2, 9), IP(10, 0, 0, 2), 0, false},
	    {"ping from loopback", IP(127, 0, 0, 1), IP(10, 0, 0, 2), 0, false},
	    {"ping from a multicast address", IP(224, 0, 0, 1), IP(10, 0, 0, 2), 0, false},
	};

	tool_mac(tap, interface, host);
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		send_frame(tap, host, frames[i].other ? other_mac : router_mac, frames[i].from,
		    frames[i].to, frames[i].port);
		expect(frames[i].what, tap);
	}
}
