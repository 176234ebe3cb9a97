/*
 * reload: airlock.conf read again while the router runs.
 *
 * What a running guest or the host's end can take over is taken over at once;
 * what was settled at the start keeps its old value and is named in the
 * answer, with the command that applies it.  A file with an error changes
 * nothing.
 */
#include <string.h>

#include "daemon/machine.h"
#include "daemon/priv.h"

/* What only a restart of the guest, or of the daemon, can change. */
#define GUEST(member)                                                                       \
	{                                                                                   \
#member, offsetof(struct conf, member), sizeof(((struct conf *)0)->member), \
		    true                                                                    \
	}
#define DAEMON(member)                                                                      \
	{                                                                                   \
#member, offsetof(struct conf, member), sizeof(((struct conf *)0)->member), \
		    false                                                                   \
	}
static const struct {
	const char *name;
	size_t offset, size;
	bool guest; /* `airlock restart` applies it; else stop and start */
} fixed[] = {
    GUEST(guest.cpus),
    GUEST(guest.memory_mib),
    GUEST(guest.accel),
    GUEST(guest.boot),
    GUEST(guest.console),
    DAEMON(radio),
    DAEMON(guest.extra_pci),
    DAEMON(mode),
    DAEMON(supplicant),
    DAEMON(socket_group),
    DAEMON(user),
    DAEMON(guest.nice),
    DAEMON(host.interface),
    DAEMON(run_dir),
    DAEMON(state_dir),
    DAEMON(sockets.supplicant),
    DAEMON(sockets.hostapd),
};

static bool same_address(const struct conf_address *a, const struct conf_address *b)
{
	return a->automatic == b->automatic && a->address == b->address &&
	       a->prefix == b->prefix;
}

/* Does the host's end stay as it is? */
static bool same_network(const struct conf *a, const struct conf *b)
{
	if (a->router.forwards != b->router.forwards)
		return false;
	for (size_t i = 0; i < a->router.forwards; i++)
		if (a->router.forward[i].to_port != b->router.forward[i].to_port ||
		    a->router.forward[i].to != b->router.forward[i].to ||
		    a->router.forward[i].protocol != b->router.forward[i].protocol)
			return false; /* the filter lets forwards through */
	return same_address(&a->host.address, &b->host.address) &&
	       same_address(&a->router.address, &b->router.address) &&
	       a->host.default_route == b->host.default_route &&
	       a->host.resolver == b->host.resolver && a->host.filter == b->host.filter;
}

static int read_conf(struct machine *m, struct conf *fresh, struct err *e)
{
	auto_free char *text = NULL;
	auto_fd fd = -1;
	size_t len;

	if (priv_ask(m->priv, PRIV_OPEN_CONF, NULL, &fd, e) < 0)
		return -1;
	text = fd_read_all(fd, m->conf_path, 1 << 20, &len, e);
	return text == NULL ? -1
			    : conf_parse(fresh, m->conf.machine, text, len, m->conf_path, e);
}

int reload(struct machine *m, char *text, size_t size, struct err *e)
{
	struct conf fresh, old = m->conf;
	bool network_changed, daemon_only = false;
	struct buf names = {0};

	if (read_conf(m, &fresh, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		const char *before = (const char *)&old + fixed[i].offset;
		char *after = (char *)&fresh + fixed[i].offset;

		if (memcmp(before, after, fixed[i].size) == 0)
			continue;
		buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", fixed[i].name);
		daemon_only |= !fixed[i].guest;
		/* Values that the next launch reads may come in; the others stay. */
		if (!fixed[i].guest)
			memcpy(after, before, fixed[i].size);
	}
	fresh.guest.extras = old.guest.extras; /* goes with the list */
	network_changed = !same_network(&old, &fresh);
	m->conf = fresh;
	log_level_set(fresh.log_level);
	m->logto.to = fresh.log_to;
	if (network_changed && m->plan.count > 0 && network_renumber(m, e) < 0) {
		m->conf = old;
		buf_fini(&names);
		return -1;
	}
	names_retry(m);
	channel_settings(m);
	str_copy(text, size, "reloaded");
	if (names.len > 0)
		str_format(text, size, "reloaded; to apply %s type: %s", names.data,
		    daemon_only ? "airlock stop && airlock start" : "airlock restart");
	buf_fini(&names);
	return 0;
}
