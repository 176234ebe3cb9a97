/*
 * prepare: what root does before the daemon becomes several processes, and after.
 *
 * What cannot work is refused before anything is touched.  Then comes the lock, and
 * under it what a killed run left is undone: operations of the journal, control
 * sockets.  The control socket is last: who can connect finds a daemon.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/prepare.h"

#define LOCK_WAIT_MS 3000

/* What this version does not drive is refused before anything is touched. */
static int check_supported(const struct conf *c, struct err *e)
{
	if (conf_has_card(c)) {
		err_set(e, 0, "radio = \"%s\": this version drives simulated radios only",
		    c->radio);
		err_hint(e, "set radio = \"simulated\"; in airlock.conf, or run: airlock demo");
		return err_is(e, ERR_CONF);
	}
	if (c->mode != CONF_ROUTER) {
		err_set(e, 0, "this version knows mode = \"router\" only");
		return err_is(e, ERR_CONF);
	}
	return 0;
}

static int open_control_socket(struct daemon *d, struct err *e)
{
	struct group *gr = NULL;
	char path[300];

	str_format(path, sizeof(path), "%s/control", d->conf.run_dir);
	if (d->conf.socket_group[0] != '\0') {
		gr = getgrnam(d->conf.socket_group);
		if (gr == NULL) {
			err_set(e, 0, "socket_group: there is no group \"%s\"",
			    d->conf.socket_group);
			return err_is(e, ERR_CONF);
		}
	}
	d->listener = unix_listen(path, 0660, e);
	if (d->listener < 0)
		return -1;
	d->priv.bound.group = gr != NULL ? gr->gr_gid : 0;
	if (gr != NULL && chown(path, 0, gr->gr_gid) < 0)
		return err_set(e, errno, "give %s to group %s", path, d->conf.socket_group);
	return 0;
}

/* Where the guest's control sockets will be; those of a killed run go. */
static void prepare_sockets(struct daemon *d)
{
	struct bound *b = &d->priv.bound;
	int removed;

	b->directories[0] = d->conf.sockets.supplicant;
	b->directories[1] = d->conf.sockets.hostapd;
	b->global = d->conf.run_dir;
	str_format(b->list, sizeof(b->list), "%s/sockets", d->conf.run_dir);
	removed = bound_recover(b);
	if (removed > 0)
		log_warn("removed %d control sockets of a run that ended badly", removed);
}

int daemon_prepare(struct daemon *d, struct err *e)
{
	char path[300];
	int undone;

	if (check_supported(&d->conf, e) < 0)
		return -1;
	if (geteuid() != 0) {
		err_set(e, 0, "taps and routes need root");
		err_hint(e, "sudo airlock start");
		return err_is(e, ERR_HOST);
	}
	if (process_user_find(d->conf.user, &d->user, e) < 0 ||
	    dir_make(d->conf.run_dir, 0755, e) < 0 || dir_make(d->conf.state_dir, 0755, e) < 0)
		return -1;
	str_format(path, sizeof(path), "%s/lock", d->conf.run_dir);
	d->lock = process_lock(path, LOCK_WAIT_MS, e);
	if (d->lock < 0)
		return -1;
	undone = hostnet_journal_open(
	    &d->priv.journal, &hostnet_linux, d->conf.run_dir, d->conf.state_dir, e);
	if (undone < 0)
		return err_ctx(e, "clean up after the last run");
	if (undone > 0)
		log_warn(
		    "cleaned up after a run that ended badly: %d operations undone", undone);
	prepare_sockets(d);
	d->priv.conf = &d->conf;
	d->priv.conf_path = d->conf_path;
	str_format(d->priv.air, sizeof(d->priv.air), "%.11s-air", d->conf.host.interface);
	return open_control_socket(d, e);
}

/* Nothing on the host outlives the daemon, but for the lock's empty file. */
void daemon_tidy(const struct daemon *d)
{
	static const char *const names[] = {"control", "empty", "lock", ""};
	char path[300];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		str_format(path, sizeof(path), "%s/%s", d->conf.run_dir, names[i]);
		if (remove(path) < 0 && errno != ENOENT && errno != ENOTEMPTY)
			log_debug("remove %s: %s", path, strerror(errno));
	}
}
