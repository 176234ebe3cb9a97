/*
 * text: one function a file.  Everything that varies is a number or one of our
 * own names, so nothing of a stranger's can end a line or a quote.
 */
#include <string.h>

#include "guest/paths.h"
#include "guest/text.h"

/*
 * One transaction: the table is made, so that deleting it cannot fail, deleted
 * and made anew.  Rules apply to the uplink before it has an address.
 */
static const char nat_head[] =
    "table ip airlock\n"
    "delete table ip airlock\n"
    "table ip airlock {\n"
    "	flowtable fast {\n"
    "		hook ingress priority filter\n"
    "		devices = { " LAN_NAME ", %s }\n"
    "	}\n"
    "	chain forward {\n"
    "		type filter hook forward priority filter; policy drop;\n"
    "		meta l4proto { tcp, udp } flow add @fast\n"
    "		ct state established,related accept\n"
    "		ct state invalid drop\n"
    "		iifname " LAN_NAME " oifname %s accept\n"
    "		iifname %s ct status dnat accept\n"
    "	}\n"
    "	chain input {\n"
    "		type filter hook input priority filter; policy drop;\n"
    "		iifname lo accept\n"
    "		ct state established,related accept\n"
    "		iifname " LAN_NAME " udp dport { 53, 67 } accept\n"
    "		iifname " LAN_NAME " tcp dport 53 accept\n"
    "		iifname " LAN_NAME " ip protocol icmp accept\n"
    "		iifname %s udp sport 67 udp dport 68 accept\n"
    "		iifname %s icmp type echo-request accept\n"
    "	}\n"
    "	chain postrouting {\n"
    "		type nat hook postrouting priority srcnat;\n"
    "		oifname %s masquerade\n"
    "	}\n";

void text_nat(struct buf *b, const struct settings *s)
{
	const char *up = settings_uplink(s);
	char to[16];

	buf_addf(b, nat_head, up, up, up, up, up, up);
	if (s->forward_count > 0)
		buf_addf(b, "	chain prerouting {\n"
			    "		type nat hook prerouting priority dstnat;\n");
	for (size_t i = 0; i < s->forward_count; i++) {
		const struct forward *f = &s->forwards[i];

		buf_addf(b, "		iifname %s %s dport %u dnat to %s:%u\n", up,
		    f->protocol == 6 ? "tcp" : "udp", f->port, wire_ipv4_text(to, f->to),
		    f->to_port);
	}
	buf_addf(b, "%s}\n", s->forward_count > 0 ? "	}\n" : "");
}

void text_dnsmasq(struct buf *b, const struct settings *s)
{
	char first[16], last[16], mask[16], router[16];

	buf_addf(b, "user=dnsmasq\n"
		    "interface=" LAN_NAME "\n"
		    "except-interface=lo\n"
		    "bind-interfaces\n"
		    "no-hosts\n"
		    "resolv-file=" PATH_UPSTREAM "\n"
		    "cache-size=1000\n"
		    "log-facility=-\n");
	if (s->dhcp_first == 0)
		return;
	wire_ipv4_text(router, s->router);
	buf_addf(b,
	    "dhcp-range=%s,%s,%s,12h\n"
	    "dhcp-option=option:router,%s\n"
	    "dhcp-option=option:dns-server,%s\n"
	    "dhcp-authoritative\n"
	    "dhcp-rapid-commit\n"
	    "no-ping\n"
	    "dhcp-leasefile=/run/dnsmasq.leases\n",
	    wire_ipv4_text(first, s->dhcp_first), wire_ipv4_text(last, s->dhcp_last),
	    wire_ipv4_text(mask, prefix_mask(s->prefix)), router, router);
}

/*
 * `nooption` drops what would let a server send routes of its choice
 * (TunnelVision); what is not requested by `option` is not asked for.  The
 * client is known by its MAC, as a random DUID would take another address at
 * every start.
 */
void text_dhcpcd(struct buf *b)
{
	buf_addf(b, "ipv4only\n"
		    "noipv4ll\n"
		    "noarp\n"
		    "nodelay\n"
		    "clientid\n"
		    "vendorclassid\n"
		    "reboot 0\n"
		    "script " PATH_LEASE_SCRIPT "\n"
		    "option rapid_commit\n"
		    "option subnet_mask, routers, broadcast_address, domain_name_servers\n"
		    "nooption classless_static_routes, ms_classless_static_routes, "
		    "static_routes\n");
}

/*
 * The simulated access points are known to be on these channels, and looking at
 * all that the simulated card has takes seconds.  The limit is lifted after the
 * first look.  A real card looks everywhere from the start: the best access
 * point of a network may be on any channel.
 */
#define SIMULATED_CHANNELS "2412 2437 2462"

bool text_has_p2p(const struct buf *file)
{
	static const char key[] = "p2p_";

	/* A line that begins with it, behind blanks; never in a comment or a value. */
	for (size_t at = 0; at < file->len;) {
		const char *line = file->data + at;
		size_t len = file->len - at, blanks = 0;
		const char *end = memchr(line, '\n', len);

		if (end != NULL)
			len = (size_t)(end - line);
		while (blanks < len && (line[blanks] == ' ' || line[blanks] == '\t'))
			blanks++;
		if (len - blanks >= sizeof(key) - 1 &&
		    memcmp(line + blanks, key, sizeof(key) - 1) == 0)
			return true;
		at += len + 1;
	}
	return false;
}

void text_supplicant(struct buf *b, const struct settings *s)
{
	buf_addf(b, "ctrl_interface=" PATH_SUPPLICANT_DIR "\n"
		    "ctrl_interface_group=0\n");
	/* It costs an interface and time at the start, so only who names it has it. */
	if (!text_has_p2p(&s->supplicant))
		buf_addf(b, "p2p_disabled=1\n");
	if (s->country[0] != '\0')
		buf_addf(b, "country=%s\n", s->country);
	if (s->simulated)
		buf_addf(b, "freq_list=" SIMULATED_CHANNELS "\n");
}

void text_resolv(struct buf *b, const struct lease *l, uint32_t router)
{
	char address[16];

	for (size_t i = 0; i < ARRAY_LEN(l->dns); i++)
		if (l->dns[i] != 0 && l->dns[i] != router)
			buf_addf(b, "nameserver %s\n", wire_ipv4_text(address, l->dns[i]));
}
