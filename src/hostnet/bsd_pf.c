/*
 * bsd_pf: what the guest may do to this host, by pf(4).
 *
 * The guest parses frames of strangers, so it is taken for hostile.  FreeBSD filters
 * nothing unless its administrator wants it, and whether a firewall is loaded, which one
 * and with which rules, is his: so there is only an anchor, and rules in it while pf
 * runs and its own rules come by it.  Otherwise the guest reaches what this
 * host serves on all its addresses, which is said with the lines that mend it.
 *
 * On our interface only: IPv4 and nothing else; no source that is the host's own, a
 * loopback or a multicast address; to the host itself replies, pings and the services
 * that the user forwards.  What is forbidden is so at once (quick); what is allowed is
 * only not forbidden, and meets the administrator's own rules after the anchor.  A tag
 * carries from one rule to the next what may pass.  ARP is not pf's.
 *
 * Rules of an anchor are replaced in one transaction, so there is no moment without.
 */
#include <errno.h>
#include <string.h>

#include "hostnet/bsd.h"

#define ANCHOR "airlock/"

static const char pf_lines[] =
    "put into /etc/pf.conf: anchor \"airlock/*\"; then: sysrc pf_enable=YES; service pf start";
static const char anchor_lines[] =
    "put into /etc/pf.conf: anchor \"airlock/*\"; then: service pf reload";

void bsd_pf_rules(const struct hostnet_op *op, struct buf *b)
{
	const char *name = op->interface;
	char ip[HOSTNET_IP_TEXT];
	uint32_t last = op->net.address | ~hostnet_mask(op->net.prefix);

	buf_addf(b, "block drop in quick on %s inet6 all\n", name);
	buf_addf(b,
	    "block drop in quick on %s inet from { 0.0.0.0/8 127.0.0.0/8 224.0.0.0/3 } to "
	    "any\n",
	    name);
	buf_addf(b, "block drop in quick on %s inet from (self) to any\n", name);
	buf_addf(b,
	    "pass in on %s inet proto icmp from any to (self) icmp-type echoreq tag %s_ok\n",
	    name, name);
	for (uint32_t i = 0; i < op->open_count; i++)
		buf_addf(b,
		    "pass in on %s inet proto %s from any to (self) port %u tag %s_ok\n", name,
		    hostnet_protocol(op->open[i].protocol), op->open[i].port, name);
	buf_addf(b, "block drop in quick on %s inet from any to (self) ! tagged %s_ok\n", name,
	    name);
	buf_addf(b,
	    "block drop in quick on %s inet from any to { 224.0.0.0/3 %s } ! tagged %s_ok\n",
	    name, hostnet_ip(ip, last), name);
	buf_addf(b, "pass out on %s inet all keep state\n", name);
}

enum bsd_wall bsd_wall_of(const char *info, const char *rules)
{
	if (info == NULL || strstr(info, "Status: Enabled") == NULL)
		return BSD_WALL_NONE;
	return rules != NULL && strstr(rules, "anchor \"" ANCHOR "*\"") != NULL ? BSD_WALL_PF
										: BSD_WALL_DEAF;
}

const char *hostnet_filter_missing(const char *info, const char *rules, const char **mend)
{
	switch (bsd_wall_of(info, rules)) {
	case BSD_WALL_PF:
		return NULL;
	case BSD_WALL_DEAF:
		*mend = anchor_lines;
		return "pf runs, but its rules have no anchor for airlock";
	case BSD_WALL_NONE:
		break;
	}
	*mend = pf_lines;
	return "pf does not run";
}

/* What pfctl -s WHAT says, or nothing. */
static void show(const char *what, struct buf *b)
{
	const char *const argv[] = {"pfctl", "-s", what, NULL};
	struct err ignored = {0};

	if (child_run(argv, NULL, b, &ignored) != 0)
		buf_fini(b);
}

/* NULL when pf does it. */
static const char *missing(const char **mend)
{
	struct buf info = {0}, rules = {0};
	const char *what;

	show("info", &info);
	if (info.data != NULL)
		show("rules", &rules);
	what = hostnet_filter_missing(info.data, rules.data, mend);
	buf_fini(&info);
	buf_fini(&rules);
	return what;
}

int bsd_pf_apply(const struct hostnet_op *op, struct err *e)
{
	static bool said;
	char anchor[sizeof(ANCHOR) + HOSTNET_NAME];
	const char *const argv[] = {"pfctl", "-q", "-a", anchor, "-f", "-", NULL};
	const char *mend, *what = missing(&mend);
	struct buf rules = {0};
	int status;

	if (what != NULL) {
		if (!said)
			log_warn("the guest is not kept from this host's services: %s; %s",
			    what, mend);
		said = true;
		return 0;
	}
	str_format(anchor, sizeof(anchor), ANCHOR "%s", op->interface);
	bsd_pf_rules(op, &rules);
	status = child_run(argv, rules.data, NULL, e);
	buf_fini(&rules);
	return status == 0 ? 0 : -1;
}

int bsd_pf_undo(const struct hostnet_op *op, struct err *e)
{
	char anchor[sizeof(ANCHOR) + HOSTNET_NAME];
	const char *const argv[] = {"pfctl", "-q", "-a", anchor, "-F", "rules", NULL};
	const char *mend;

	if (missing(&mend) != NULL && mend == pf_lines)
		return 0;
	str_format(anchor, sizeof(anchor), ANCHOR "%s", op->interface);
	return child_run(argv, NULL, NULL, e) == 0 ? 0 : -1;
}
