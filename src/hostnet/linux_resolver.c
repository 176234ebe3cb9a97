/*
 * linux_resolver: this host asks the router for names, and stops doing so.
 *
 * Three ways, by what /etc/resolv.conf is: systemd-resolved's, through
 * resolvectl(1); resolvconf(8)'s; else it is a file or a link of somebody's
 * and is replaced by one of ours.  A way that fails hands over to the next.
 *
 * Before anything is touched, the file "resolver" of the state directory notes
 * the way, and for the third what /etc/resolv.conf was: contents, mode, owner,
 * or where the link led.  It outlives a power failure, as /etc/resolv.conf
 * does.  Undo puts that back exactly, unless /etc/resolv.conf is no longer what
 * was written here: then somebody else has changed it meanwhile, it is left
 * alone, and the note is kept beside under another name.
 *
 * Several machines share the file: each adds its router behind those that are
 * there, takes along what the first of them has noted, and removes its own. The
 * last puts the original back.  Those whose interface is gone were killed, and
 * are removed by whoever comes next.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostnet/internal.h"
#include "hostnet/linux_resolv_conf.h"

#define MAGIC "airlock-resolver 1"

enum way { RESOLVED, RESOLVCONF, REPLACE, WAYS };
static const char *const way_words[WAYS] = {"resolved", "resolvconf", "replace"};

struct note {
	enum way way;
	char interface[HOSTNET_NAME];
	struct resolv_conf was;
};

static const char *const kind_words[] = {
    [RESOLV_ABSENT] = "absent",
    [RESOLV_FILE] = "file",
    [RESOLV_LINK] = "link",
};
static_assert(ARRAY_LEN(kind_words) == RESOLV_KINDS, "a word for each kind");

static int note_path(char dst[PATH_MAX], const char *state, const char *suffix, struct err *e)
{
	if (!str_format(dst, PATH_MAX, "%s/resolver%s", state, suffix))
		return err_set(e, ENAMETOOLONG, "state directory %s", state);
	return 0;
}

static int save(const struct note *n, const char *state, struct err *e)
{
	char path[PATH_MAX];
	struct buf b = {0};
	int r;

	if (note_path(path, state, "", e) < 0)
		return -1;
	buf_addf(&b, "%s %s %s %s %o %u %u\n", MAGIC, way_words[n->way], n->interface,
	    kind_words[n->was.kind], n->was.mode, n->was.uid, n->was.gid);
	buf_add(&b, n->was.text.data, n->was.text.len);
	r = file_replace(path, b.data, b.len, 0600, e);
	buf_fini(&b);
	if (r < 0)
		return err_ctx(e, "note what %s was", RESOLV_CONF);
	resolv_sync(state);
	return 0;
}

static unsigned word_index(const char *word, const char *const *words, unsigned count)
{
	unsigned i = 0;

	while (i < count && strcmp(words[i], word) != 0)
		i++;
	return i;
}

static bool parse(struct note *n, const char *text, size_t len)
{
	char way[16], kind[16];
	const char *newline = memchr(text, '\n', len);

	if (newline == NULL || strncmp(text, MAGIC " ", strlen(MAGIC) + 1) != 0 ||
	    sscanf(text + strlen(MAGIC), "%15s %15s %15s %o %u %u", way, n->interface, kind,
		&n->was.mode, &n->was.uid, &n->was.gid) != 6)
		return false;
	n->way = (enum way)word_index(way, way_words, WAYS);
	n->was.kind = (enum resolv_kind)word_index(kind, kind_words, RESOLV_KINDS);
	buf_add(&n->was.text, newline + 1, len - (size_t)(newline + 1 - text));
	return n->way < WAYS && n->was.kind < RESOLV_KINDS;
}

/* 1 with *n, 0 when nothing is noted, -1 with *e. */
static int load(struct note *n, const char *state, struct err *e)
{
	char path[PATH_MAX];
	auto_free char *text = NULL;
	size_t len;

	if (note_path(path, state, "", e) < 0)
		return -1;
	text = file_read_own(path, RESOLV_MAX + PATH_MAX, &len, e);
	if (text == NULL && e->num == ENOENT) {
		memset(e, 0, sizeof(*e));
		return 0;
	}
	if (text == NULL)
		return -1;
	if (!parse(n, text, len)) {
		err_set(e, 0, "%s does not say what %s was", path, RESOLV_CONF);
		err_hint(e, "look at both, then: rm %s", path);
		return -1;
	}
	return 1;
}

/* Take the note away, or keep it under another name. */
static int drop(const char *state, bool keep, struct err *e)
{
	char path[PATH_MAX], kept[PATH_MAX];

	if (note_path(path, state, "", e) < 0 || note_path(kept, state, ".left", e) < 0)
		return -1;
	if ((keep ? rename(path, kept) : unlink(path)) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove %s", path);
	if (keep)
		log_warn("%s was changed by somebody else and is left as it is; what it was "
			 "before is in %s",
		    RESOLV_CONF, kept);
	resolv_sync(state);
	return 0;
}

/* The way that suits what /etc/resolv.conf is. */
static enum way choose(const struct resolv_conf *now)
{
	const char *text = now->text.data;

	if (now->kind == RESOLV_LINK && strstr(text, "/systemd/resolve/") != NULL)
		return RESOLVED;
	if (now->kind == RESOLV_FILE && strstr(text, "\nnameserver 127.0.0.53\n") != NULL)
		return RESOLVED;
	if (now->kind != RESOLV_ABSENT && strstr(text, "resolvconf") != NULL)
		return RESOLVCONF;
	return REPLACE;
}

static int run_resolved(const struct hostnet_op *op, struct err *e)
{
	char ip[HOSTNET_IP_TEXT];
	const char *const servers[] = {"resolvectl", "dns", op->interface, ip, NULL};
	const char *const domains[] = {"resolvectl", "domain", op->interface, "~.", NULL};

	hostnet_ip(ip, op->router);
	if (child_run(servers, NULL, NULL, e) != 0 || child_run(domains, NULL, NULL, e) != 0)
		return -1;
	return 0;
}

static int run_resolvconf(const struct hostnet_op *op, struct err *e)
{
	char name[HOSTNET_NAME + 8], ip[HOSTNET_IP_TEXT], text[HOSTNET_IP_TEXT + 16];
	const char *const argv[] = {"resolvconf", "-a", name, NULL};

	str_format(name, sizeof(name), "%s.airlock", op->interface);
	str_format(text, sizeof(text), "nameserver %s\n", hostnet_ip(ip, op->router));
	return child_run(argv, text, NULL, e) == 0 ? 0 : -1;
}

/* Take back what the first two ways did; the interface takes the rest along. */
static void revert(const struct note *n)
{
	char name[HOSTNET_NAME + 8];
	const char *const resolved[] = {"resolvectl", "revert", n->interface, NULL};
	const char *const resolvconf[] = {"resolvconf", "-d", name, NULL};
	struct err e = {0};

	str_format(name, sizeof(name), "%s.airlock", n->interface);
	if (child_run(n->way == RESOLVED ? resolved : resolvconf, NULL, NULL, &e) != 0)
		log_debug("%s", e.text);
}

/* Machines that are no more, by their interfaces, and with `leaving` that one too. */
static void drop_gone(struct resolv_ours *o, const char *leaving)
{
	for (size_t i = o->count; i-- > 0;) {
		struct hostnet_link link;
		struct err e = {0};

		if ((leaving != NULL && strcmp(o->entry[i].interface, leaving) == 0) ||
		    netlink_find(o->entry[i].interface, &link, &e) == 0)
			resolv_ours_drop(o, i);
	}
}

static int put_ours(const struct resolv_ours *o, struct err *e)
{
	struct resolv_conf c = {.kind = RESOLV_FILE, .mode = 0644};
	int r;

	resolv_ours_write(o, &c.text);
	r = resolv_put(&c, e);
	buf_fini(&c.text);
	return r;
}

static int replace(const struct hostnet_op *op, const char *state, struct err *e)
{
	struct resolv_conf now = {0};
	struct resolv_ours ours;
	int r = resolv_look(&now, e);

	if (r == 0) {
		resolv_ours_read(&ours, &now);
		drop_gone(&ours, NULL);
		r = resolv_ours_put(&ours, op->interface, state, op->router)
			? put_ours(&ours, e)
			: err_set(e, 0, "%s has no room for another router", RESOLV_CONF);
	}
	buf_fini(&now.text);
	return r;
}

/* What it was before the first machine came, as that noted it; else what it is. */
static void original(struct note *n)
{
	struct resolv_ours ours;

	if (!resolv_ours_read(&ours, &n->was))
		return;
	for (size_t i = 0; i < ours.count; i++) {
		struct note other = {0};
		struct err ignored = {0};

		if (load(&other, ours.entry[i].state, &ignored) > 0 && other.way == REPLACE) {
			buf_fini(&n->was.text);
			n->was = other.was;
			return;
		}
		buf_fini(&other.was.text);
	}
}

static int apply_by(const struct hostnet_op *op, const char *state, enum way way, struct err *e)
{
	switch (way) {
	case RESOLVED:
		return run_resolved(op, e);
	case RESOLVCONF:
		return run_resolvconf(op, e);
	case REPLACE:
		return replace(op, state, e);
	case WAYS:
		break;
	}
	return err_set(e, EINVAL, "name servers");
}

/* Note what is there, then try the ways from the one that suits on. */
static int apply_anew(
    const struct hostnet_op *op, const char *state, struct note *n, struct err *e)
{
	str_copy(n->interface, sizeof(n->interface), op->interface);
	n->way = choose(&n->was);
	original(n);
	for (; n->way < WAYS; n->way++) {
		struct err ignored = {0};

		if (save(n, state, e) < 0)
			return -1;
		if (apply_by(op, state, n->way, e) == 0)
			return 0;
		if (n->way != REPLACE) {
			/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): way < WAYS */
			log_info("name servers by %s: %s", way_words[n->way], e->text);
			revert(n);
		}
		if (drop(state, false, &ignored) < 0)
			log_warn("%s", ignored.text);
	}
	return -1;
}

static bool is_listed(const struct resolv_ours *o, const char *interface)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->entry[i].interface, interface) == 0)
			return true;
	return false;
}

static int apply_locked(const struct hostnet_op *op, const char *state, struct err *e)
{
	struct note noted = {0}, now = {0};
	struct resolv_ours ours;
	int found = load(&noted, state, e);
	int r = found < 0 ? -1 : resolv_look(&now.was, e);

	/* A second time: the note stays, unless what it is about was changed by others. */
	if (r == 0 && found > 0 &&
	    (noted.way != REPLACE ||
		(resolv_ours_read(&ours, &now.was) && is_listed(&ours, op->interface))))
		r = apply_by(op, state, noted.way, e);
	else if (r == 0)
		r = apply_anew(op, state, &now, e);
	buf_fini(&noted.was.text);
	buf_fini(&now.was.text);
	return r;
}

int resolver_apply(const struct hostnet_op *op, const char *state, struct err *e)
{
	int lock = hostnet_lock(), r = apply_locked(op, state, e);

	hostnet_unlock(&lock);
	return r;
}

static int restore(const struct note *n, const char *state, struct err *e)
{
	struct resolv_conf now = {0};
	struct resolv_ours ours;
	int r = resolv_look(&now, e);
	bool keep = false;

	if (r == 0 && resolv_ours_read(&ours, &now)) {
		drop_gone(&ours, n->interface);
		r = ours.count > 0 ? put_ours(&ours, e) : resolv_put(&n->was, e);
	} else if (r == 0) {
		keep = !resolv_same(&n->was, &now);
	}
	resolv_tidy();
	buf_fini(&now.text);
	return r < 0 ? -1 : drop(state, keep, e);
}

int resolver_recover(const char *state, struct err *e)
{
	struct note n = {0};
	int r = load(&n, state, e), lock = -1;

	if (r > 0 && n.way == REPLACE) {
		lock = hostnet_lock();
		r = restore(&n, state, e) < 0 ? -1 : 1;
		hostnet_unlock(&lock);
	} else if (r > 0) {
		revert(&n);
		r = drop(state, false, e) < 0 ? -1 : 1;
	}
	buf_fini(&n.was.text);
	return r;
}

int resolver_undo(const char *state, struct err *e)
{
	return resolver_recover(state, e) < 0 ? -1 : 0;
}
