/*
 * bsd_share: the note of who has the default route, as text.
 *
 *     airlock-route 1
 *     was 192.168.1.1 em0 800
 *     machine airlock0 10.0.0.1
 *
 * First what was the default route before the first machine took it: gateway (0.0.0.0:
 * the interface itself), interface, flags in hexadecimal; several lines where it had
 * several paths.  Then the machines in the order in which they came.  Pure.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnet/bsd.h"

#define HEADING "airlock-route 1\n"

void bsd_share_write(const struct bsd_share *s, struct buf *b)
{
	char ip[HOSTNET_IP_TEXT];

	buf_addf(b, "%s", HEADING);
	for (size_t i = 0; i < s->was_count; i++)
		buf_addf(b, "was %s %s %x\n", hostnet_ip(ip, s->was[i].gateway),
		    s->was[i].interface, (unsigned)s->was[i].flags);
	for (size_t i = 0; i < s->machine_count; i++)
		buf_addf(b, "machine %s %s\n", s->machine[i].interface,
		    hostnet_ip(ip, s->machine[i].router));
}

static bool read_ip(const char *text, uint32_t *ip)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*ip = ntohl(in.s_addr);
	return true;
}

static bool read_line(struct bsd_share *s, const char *line)
{
	struct bsd_machine *m = &s->machine[s->machine_count];
	struct bsd_was *w = &s->was[s->was_count];
	char ip[HOSTNET_IP_TEXT];
	unsigned flags;

	if (s->was_count < BSD_PATHS &&
	    sscanf(line, "was %15s %15s %8x", ip, w->interface, &flags) == 3) {
		w->flags = (int)flags;
		s->was_count++;
		return read_ip(ip, &w->gateway);
	}
	if (s->machine_count < BSD_MACHINES &&
	    sscanf(line, "machine %15s %15s", m->interface, ip) == 2) {
		s->machine_count++;
		return read_ip(ip, &m->router);
	}
	return false;
}

bool bsd_share_read(struct bsd_share *s, const char *text)
{
	const char *at = strchr(text, '\n');
	struct buf again = {0};
	bool good = true;

	*s = (struct bsd_share){0};
	while (good && at != NULL && at[1] != '\0') {
		good = read_line(s, at + 1);
		at = strchr(at + 1, '\n');
	}
	bsd_share_write(s, &again);
	good = good && strcmp(again.data, text) == 0;
	buf_fini(&again);
	if (!good)
		*s = (struct bsd_share){0};
	return good;
}
