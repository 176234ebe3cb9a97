/*
 * others: software of this host that may hold a network interface.
 *
 * Whether a program runs is told by /proc, what it does with an interface by its own
 * state files, its command line or its configuration, so that neither D-Bus nor its
 * client is needed; NetworkManager is asked by nmcli where there is one, because what it
 * keeps in /run may be old.  Reading only.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "cli/others.h"

static const char *const names[OTHERS] = {
    [OTHER_NETWORKMANAGER] = "NetworkManager",
    [OTHER_NETWORKD] = "systemd-networkd",
    [OTHER_SUPPLICANT] = "wpa_supplicant",
    [OTHER_IWD] = "iwd",
    [OTHER_DHCPCD] = "dhcpcd",
    [OTHER_CONNMAN] = "connman",
    [OTHER_IFUPDOWN] = "ifupdown",
};

const char *other_name(enum other which)
{
	return names[which];
}

static void say(struct other_look *out, enum other_state state, const char *text)
{
	out->state = state;
	str_copy(out->text, sizeof(out->text), text);
}

static void say_manages(struct other_look *out, const char *interface)
{
	out->state = OTHER_HOLDS;
	str_format(out->text, sizeof(out->text), "it manages %s", interface);
	str_copy(out->fix, sizeof(out->fix), "airlock setup");
}

static void say_leaves(struct other_look *out, const char *interface)
{
	out->state = OTHER_AWAY;
	str_format(out->text, sizeof(out->text), "it leaves %s alone", interface);
}

static bool interface_index(
    const struct probe *p, const char *interface, char *dst, size_t size)
{
	char path[128];

	str_format(path, sizeof(path), "/sys/class/net/%s/ifindex", interface);
	return probe_line(p, path, dst, size) && dst[0] != '\0';
}

/* The value of KEY=value at the start of a line, without the line's end. */
static bool value_of(const char *text, const char *key, char *dst, size_t size)
{
	size_t len = strlen(key);

	for (const char *p = text; p != NULL && *p != '\0';) {
		if (strncmp(p, key, len) == 0 && p[len] == '=') {
			str_format(
			    dst, size, "%.*s", (int)strcspn(p + len + 1, "\n"), p + len + 1);
			return true;
		}
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
	}
	return false;
}

/* --- NetworkManager */

unsigned other_nm_state(const char *text)
{
	static const char head[] = "GENERAL.STATE:";
	const char *at = strstr(text, head);
	unsigned state = 0;

	return at != NULL && sscanf(at + sizeof(head) - 1, "%4u", &state) == 1 ? state : 0;
}

static void look_nm(const struct probe *p, const char *interface, struct other_look *out)
{
	const char *argv[] = {
	    "/usr/bin/nmcli", "-t", "-f", "GENERAL.STATE", "device", "show", interface, NULL};
	auto_free char *text = NULL;
	char path[128], index[16], value[16];
	struct err ignored = {0};
	struct buf said = {0};
	unsigned state = 0;

	if (probe_processes(p, "NetworkManager", NULL, NULL) == 0)
		return;
	if (p->run(p, argv, &said, &ignored) == 0 && said.data != NULL)
		state = other_nm_state(said.data);
	buf_fini(&said);
	str_copy(value, sizeof(value), "");
	if (state == 0 && interface_index(p, interface, index, sizeof(index))) {
		str_format(path, sizeof(path), "/run/NetworkManager/devices/%s", index);
		text = probe_read(p, path, NULL);
		if (text != NULL)
			value_of(text, "managed", value, sizeof(value));
	}
	if (state == 10 || strcmp(value, "false") == 0) {
		say_leaves(out, interface);
	} else if (state != 0 || strcmp(value, "true") == 0) {
		say_manages(out, interface);
		if (state == 100)
			str_format(out->text, sizeof(out->text),
			    "it manages %s, which is connected", interface);
		if (probe_exists(p, "/etc/NetworkManager/conf.d/airlock.conf"))
			str_copy(out->fix, sizeof(out->fix),
			    "systemctl reload NetworkManager.service");
	} else {
		say(out, OTHER_UNKNOWN, "it runs and does not say what it manages");
		str_copy(out->fix, sizeof(out->fix), "nmcli device status");
	}
}

/* --- systemd-networkd */

static void look_networkd(const struct probe *p, const char *interface, struct other_look *out)
{
	auto_free char *text = NULL;
	char path[128], index[16], value[32];

	if (probe_processes(p, "systemd-network", NULL, NULL) == 0)
		return;
	say_leaves(out, interface);
	if (!interface_index(p, interface, index, sizeof(index)))
		return;
	str_format(path, sizeof(path), "/run/systemd/netif/links/%s", index);
	text = probe_read(p, path, NULL);
	if (text == NULL || !value_of(text, "ADMIN_STATE", value, sizeof(value)) ||
	    strcmp(value, "unmanaged") == 0)
		return;
	say_manages(out, interface);
	if (probe_exists(p, "/etc/systemd/network/05-airlock-card.network"))
		str_copy(out->fix, sizeof(out->fix), "networkctl reload");
}

/* --- programs that say it in their arguments */

struct arguments {
	const char *interface;
	bool named;  /* -i INTERFACE, -iINTERFACE */
	bool denied; /* -I, --nointerfaces of iwd */
};

static bool look_at_arguments(void *arg, const char *args, size_t len)
{
	struct arguments *a = arg;
	const char *before = "";

	for (const char *p = args; p < args + len; p += strlen(p) + 1) {
		a->named = a->named ||
			   (strncmp(p, "-i", 2) == 0 && strcmp(p + 2, a->interface) == 0) ||
			   (strcmp(before, "-i") == 0 && strcmp(p, a->interface) == 0);
		a->denied =
		    a->denied ||
		    ((strcmp(before, "-I") == 0 || strcmp(before, "--nointerfaces") == 0) &&
			fnmatch(p, a->interface, 0) == 0);
		before = p;
	}
	return true;
}

static void look_supplicant(
    const struct probe *p, const char *interface, struct other_look *out)
{
	struct arguments a = {.interface = interface};

	if (probe_processes(p, "wpa_supplicant", look_at_arguments, &a) == 0)
		return;
	if (!a.named) {
		say(out, OTHER_AWAY, "it does what others ask of it");
		return;
	}
	say_manages(out, interface);
	str_format(out->fix, sizeof(out->fix),
	    "systemctl disable --now wpa_supplicant@%s.service", interface);
}

static void look_iwd(const struct probe *p, const char *interface, struct other_look *out)
{
	struct arguments a = {.interface = interface};
	char path[64];

	str_format(path, sizeof(path), "/sys/class/net/%s/phy80211", interface);
	if (probe_processes(p, "iwd", look_at_arguments, &a) == 0)
		return;
	if (a.denied || !probe_exists(p, path)) {
		say_leaves(out, interface);
		return;
	}
	say_manages(out, interface);
	str_format(out->fix, sizeof(out->fix),
	    "systemctl disable --now iwd.service, or start it with --nointerfaces %s",
	    interface);
}

/* --- dhcpcd */

/* Is the interface among patterns with blanks or commas between them? */
static bool is_among(const char *list, size_t len, const char *interface)
{
	char pattern[64];

	for (const char *p = list, *end = list + len; p < end;) {
		size_t n = strcspn(p, " \t,\n#");

		n = MIN(n, (size_t)(end - p));
		if (str_format(pattern, sizeof(pattern), "%.*s", (int)n, p) && n > 0 &&
		    fnmatch(pattern, interface, 0) == 0)
			return true;
		if (n == 0 && *p == '#')
			return false;
		p += n > 0 ? n : 1;
	}
	return false;
}

bool other_dhcpcd_denies(const char *text, const char *interface)
{
	bool denied = false, allows = false, allowed = false;

	for (const char *p = text; *p != '\0';) {
		size_t len, word;

		p += strspn(p, " \t");
		len = strcspn(p, "\n");
		word = strcspn(p, " \t\n");
		if (word == 14 && strncmp(p, "denyinterfaces", word) == 0)
			denied = denied || is_among(p + word, len - word, interface);
		if (word == 15 && strncmp(p, "allowinterfaces", word) == 0) {
			allows = true;
			allowed = allowed || is_among(p + word, len - word, interface);
		}
		p += len + (p[len] == '\n');
	}
	return denied || (allows && !allowed);
}

static void look_dhcpcd(const struct probe *p, const char *interface, struct other_look *out)
{
	auto_free char *text = NULL;

	if (probe_processes(p, "dhcpcd", NULL, NULL) == 0)
		return;
	text = probe_read(p, "/etc/dhcpcd.conf", NULL);
	if (text != NULL && other_dhcpcd_denies(text, interface))
		say_leaves(out, interface);
	else
		say_manages(out, interface);
}

/* --- connman */

static void look_connman(const struct probe *p, const char *interface, struct other_look *out)
{
	if (probe_processes(p, "connmand", NULL, NULL) == 0)
		return;
	say(out, OTHER_UNKNOWN, "it runs and does not say what it manages");
	str_format(out->fix, sizeof(out->fix),
	    "add %s,airlock to NetworkInterfaceBlacklist in /etc/connman/main.conf", interface);
}

/* --- ifupdown */

bool other_ifupdown_has(const char *text, const char *interface)
{
	for (const char *p = text; *p != '\0';) {
		size_t len, word;

		p += strspn(p, " \t");
		len = strcspn(p, "\n");
		word = strcspn(p, " \t\n");
		if (((word == 5 && strncmp(p, "iface", word) == 0) ||
			(word == 4 && strncmp(p, "auto", word) == 0) ||
			(word > 6 && strncmp(p, "allow-", 6) == 0)) &&
		    is_among(p + word, len - word, interface))
			return true;
		p += len + (p[len] == '\n');
	}
	return false;
}

struct interfaces {
	const struct probe *p;
	const char *interface;
	char found[300];
};

static bool look_at_interfaces(void *arg, const char *name)
{
	struct interfaces *s = arg;
	auto_free char *text = NULL;
	char path[300];

	/* A name with a slash is the main file. */
	str_format(path, sizeof(path), "%s%s",
	    name[0] == '/' ? "" : "/etc/network/interfaces.d/", name);
	text = probe_read(s->p, path, NULL);
	if (text == NULL || !other_ifupdown_has(text, s->interface))
		return true;
	str_copy(s->found, sizeof(s->found), path);
	return false;
}

static void look_ifupdown(const struct probe *p, const char *interface, struct other_look *out)
{
	struct interfaces s = {.p = p, .interface = interface};

	if (!probe_exists(p, "/usr/sbin/ifup") && !probe_exists(p, "/sbin/ifup"))
		return;
	if (look_at_interfaces(&s, "/etc/network/interfaces"))
		probe_each(p, "/etc/network/interfaces.d", look_at_interfaces, &s);
	if (s.found[0] == '\0')
		return;
	out->state = OTHER_HOLDS;
	str_format(
	    out->text, sizeof(out->text), "%.120s has a stanza for %s", s.found, interface);
	str_format(out->fix, sizeof(out->fix), "take %s out of %.150s", interface, s.found);
}

void other_look(
    const struct probe *p, enum other which, const char *interface, struct other_look *out)
{
	static void (*const look[OTHERS])(
	    const struct probe *p, const char *interface, struct other_look *out) = {
	    [OTHER_NETWORKMANAGER] = look_nm,
	    [OTHER_NETWORKD] = look_networkd,
	    [OTHER_SUPPLICANT] = look_supplicant,
	    [OTHER_IWD] = look_iwd,
	    [OTHER_DHCPCD] = look_dhcpcd,
	    [OTHER_CONNMAN] = look_connman,
	    [OTHER_IFUPDOWN] = look_ifupdown,
	};

	*out = (struct other_look){.state = OTHER_ABSENT};
	look[which](p, interface, out);
}
