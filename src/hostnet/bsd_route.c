/*
 * bsd_route: whose the default route is.
 *
 * A table of FreeBSD's has one default route and no metrics, so ours takes the place
 * of another, which comes back.  What it was is noted before anything is changed, in a
 * file that all machines of this host share and that is gone with a reboot, as routes
 * are.  The first machine that came is the default; when it goes it is the next one,
 * and after the last what was there before.
 *
 * Somebody else (a DHCP client, the administrator) may set another one meanwhile.  That
 * is left alone, also when ours is taken once more without having been given back.  A path that
 * was appended beside ours (net.route.multipath) stays alone when ours goes.
 *
 * Killed at any moment: the journal has the operation, and giving it back starts from
 * what the kernel says then.  No default route at all counts as ours that was lost.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hostnet/bsd.h"

#define NOTE_MAX 4096

static void share_load(struct bsd_share *s, const char *path)
{
	struct err e = {0};
	auto_free char *text = file_read_own(path, NOTE_MAX, NULL, &e);

	*s = (struct bsd_share){0};
	if (text != NULL && !bsd_share_read(s, text))
		log_warn("%s does not say what the default route was", path);
	else if (text == NULL && e.num != ENOENT)
		log_warn("%s", e.text);
}

static int share_save(const struct bsd_share *s, const char *path, struct err *e)
{
	struct buf b = {0};
	int r;

	if (s->machine_count == 0) {
		r = unlink(path) < 0 && errno != ENOENT ? err_set(e, errno, "remove %s", path)
							: 0;
		return r;
	}
	bsd_share_write(s, &b);
	r = file_replace(path, b.data, b.len, 0600, e);
	buf_fini(&b);
	return r < 0 ? err_ctx(e, "note what the default route was") : 0;
}

/* Machines whose interface is gone, and that which is `leaving` ("": none). */
static void drop_gone(const struct bsd_kernel *k, struct bsd_share *s, const char *leaving)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->machine_count; i++) {
		const char *name = s->machine[i].interface;

		if (strcmp(name, leaving) != 0 && k->index(name) != 0)
			s->machine[kept++] = s->machine[i];
	}
	s->machine_count = kept;
}

static bool put_machine(struct bsd_share *s, const struct hostnet_op *op)
{
	size_t i = 0;

	while (i < s->machine_count && strcmp(s->machine[i].interface, op->interface) != 0)
		i++;
	if (i == BSD_MACHINES)
		return false;
	str_copy(s->machine[i].interface, HOSTNET_NAME, op->interface);
	s->machine[i].router = op->router;
	s->machine_count = MAX(s->machine_count, i + 1);
	return true;
}

/* By whom a default route goes. */
enum via { VIA_OTHERS, VIA_MACHINE, VIA_OP };

static enum via via(const struct bsd_kernel *k, const struct bsd_share *s,
    const struct hostnet_op *op, const struct bsd_route *r)
{
	char name[HOSTNET_NAME];

	/* An interface that is gone by now has taken its route along. */
	if (!k->name(r->index, name))
		return VIA_OP;
	if (strcmp(name, op->interface) == 0)
		return VIA_OP;
	for (size_t i = 0; i < s->machine_count; i++)
		if (strcmp(name, s->machine[i].interface) == 0)
			return VIA_MACHINE;
	return VIA_OTHERS;
}

/* Note those of others; false when one could not be made again. */
static bool note_others(const struct bsd_kernel *k, struct bsd_share *s,
    const struct hostnet_op *op, const struct bsd_route *now, size_t count)
{
	struct bsd_share anew = *s;

	anew.was_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct bsd_was *w = &anew.was[anew.was_count];

		if (via(k, s, op, &now[i]) != VIA_OTHERS)
			continue;
		if (((now[i].flags & BSD_GATEWAY) != 0) != (now[i].gateway != 0))
			return false;
		*w = (struct bsd_was){.gateway = now[i].gateway, .flags = now[i].flags};
		k->name(now[i].index, w->interface);
		anew.was_count++;
	}
	/* None beside ours: what the first machine noted still holds. */
	if (anew.was_count > 0 || s->machine_count == 0)
		*s = anew;
	return true;
}

static struct bsd_route route_to(
    const struct bsd_kernel *k, const char *interface, uint32_t gateway, int flags)
{
	return (struct bsd_route){.family = BSD_FAMILY_INET,
	    .gateway = gateway,
	    .index = k->index(interface),
	    .flags = flags | BSD_UP};
}

static bool same(const struct bsd_route *a, const struct bsd_route *b)
{
	return a->index == b->index && a->gateway == b->gateway;
}

static void bring_back(const struct bsd_kernel *k, const struct bsd_share *s)
{
	char ip[HOSTNET_IP_TEXT];

	for (size_t i = 0; i < s->was_count; i++) {
		const struct bsd_was *w = &s->was[i];
		struct bsd_route r = route_to(k, w->interface, w->gateway, w->flags);
		struct err e = {0};

		/* Its network may be gone, a cable pulled: then there is nothing to lead to. */
		if (r.index == 0)
			err_set(&e, ENXIO, "interface %s", w->interface);
		if (r.index == 0 || k->add(&r, &e) < 0)
			log_warn("the default route by %s, %s, is not put back: %s",
			    w->interface, hostnet_ip(ip, w->gateway), e.text);
	}
}

/* Take all away that is not `ours`, and set that; what went before comes back if it fails. */
static int switch_to(const struct bsd_kernel *k, const struct bsd_route *ours,
    const struct bsd_route *now, size_t count, struct err *e)
{
	struct err ignored = {0};
	bool there = false;
	size_t gone;
	int r = 0;

	for (gone = 0; gone < count && r == 0; gone++) {
		there = there || same(&now[gone], ours);
		if (!same(&now[gone], ours))
			r = k->remove(&now[gone], e);
	}
	if (r == 0 && !there)
		r = k->add(ours, e);
	for (size_t i = 0; r < 0 && i < gone; i++)
		if (!same(&now[i], ours) && k->add(&now[i], &ignored) < 0)
			log_error("the default route is not put back: %s", ignored.text);
	return r;
}

/* Taken already, and since then somebody else has set his. */
static bool is_overruled(const struct bsd_kernel *k, const struct bsd_share *s,
    const struct hostnet_op *op, const struct bsd_route *now, size_t count)
{
	bool taken = false;

	for (size_t i = 0; i < s->machine_count; i++)
		taken = taken || (strcmp(s->machine[i].interface, op->interface) == 0 &&
				     s->machine[i].router == op->router);
	for (size_t i = 0; i < count; i++)
		if (via(k, s, op, &now[i]) != VIA_OTHERS)
			return false;
	return taken && count > 0;
}

int bsd_route_take(
    const struct bsd_kernel *k, const char *path, const struct hostnet_op *op, struct err *e)
{
	struct bsd_route now[BSD_PATHS], ours;
	struct bsd_share s, before;
	struct err ignored = {0};
	ssize_t n = k->defaults(now, BSD_PATHS, e);
	int r;

	if (n < 0)
		return -1;
	share_load(&s, path);
	drop_gone(k, &s, "");
	if (is_overruled(k, &s, op, now, (size_t)n))
		return 0;
	before = s;
	if (!note_others(k, &s, op, now, (size_t)n)) {
		err_set(e, 0, "the default route that is there could not be put back later");
		err_hint(e, "host { default_route = false; } in airlock.conf");
		return err_is(e, ERR_HOST);
	}
	if (!put_machine(&s, op))
		return err_set(e, 0, "more than %d machines", BSD_MACHINES);
	if (share_save(&s, path, e) < 0)
		return -1;
	ours = route_to(k, s.machine[0].interface, s.machine[0].router, BSD_STATIC);
	r = switch_to(k, &ours, now, (size_t)n, e);
	if (r < 0 && share_save(&before, path, &ignored) < 0)
		log_warn("%s", ignored.text);
	return r;
}

int bsd_route_give(
    const struct bsd_kernel *k, const char *path, const struct hostnet_op *op, struct err *e)
{
	struct bsd_route now[BSD_PATHS], next;
	struct bsd_share s;
	ssize_t n = k->defaults(now, BSD_PATHS, e);
	size_t left = 0;

	if (n < 0)
		return -1;
	share_load(&s, path);
	drop_gone(k, &s, op->interface);
	for (ssize_t i = 0; i < n; i++) {
		if (via(k, &s, op, &now[i]) != VIA_OP)
			left++;
		else if (k->remove(&now[i], e) < 0)
			return -1;
	}
	if (left == 0 && s.machine_count > 0) {
		next = route_to(k, s.machine[0].interface, s.machine[0].router, BSD_STATIC);
		if (k->add(&next, e) < 0)
			return -1;
	} else if (left == 0) {
		bring_back(k, &s);
	}
	return share_save(&s, path, e);
}
