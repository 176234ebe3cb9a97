/*
 * bsd_tap: a tap that stays until it is destroyed, and how it is known to be ours.
 *
 * FreeBSD's tap is an interface that outlives whoever made it: bhyve opens its device,
 * and opens it anew after each restart.  So it is marked: its description names the
 * state directory, and every act and undo looks at that first.  An interface which
 * somebody else made under our name is never touched.
 *
 * Units begin at 1000, so that what rc.conf(5) makes later as tap0 finds its number
 * free.  The unit is chosen here, not by the kernel, and noted on the disk before the
 * tap is made: killed between making and marking, the next run knows what to remove.
 * Such a tap is removed only while nobody has described, raised or opened it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostnet/bsd.h"

#define UNIT_FIRST 1000
#define UNIT_LAST  1999
#define NOTE_MAX   64

static int note_path(char dst[288], const char *state, struct err *e)
{
	if (!str_format(dst, 288, "%s/tap", state))
		return err_set(e, ENAMETOOLONG, "state directory %s", state);
	return 0;
}

static int mark_of(char dst[256], const char *state, struct err *e)
{
	if (!str_format(dst, 256, HOSTNET_ALIAS "%s", state))
		return err_set(e, ENAMETOOLONG, "state directory %s", state);
	return 0;
}

static bool is_tap(const struct bsd_interface *i)
{
	return strncmp(i->device, "tap", 3) == 0;
}

int bsd_tap_find(const struct bsd_taps *k, const char *state, const char *interface,
    struct bsd_interface *i, struct err *e)
{
	char mark[256];
	int found;

	if (mark_of(mark, state, e) < 0)
		return -1;
	found = k->look(interface, i, e);
	if (found <= 0)
		return found;
	return is_tap(i) && strcmp(i->description, mark) == 0;
}

/* ---------------------------------------------------------------- the half-made */

static int note(const char *state, const char *name, struct err *e)
{
	char path[288], text[NOTE_MAX];

	str_format(text, sizeof(text), "%s\n", name);
	if (note_path(path, state, e) < 0 ||
	    file_replace(path, text, strlen(text), 0600, e) < 0)
		return err_ctx(e, "note the tap that is made");
	return 0;
}

static void forget(const char *state)
{
	struct err ignored = {0};
	char path[288];

	if (note_path(path, state, &ignored) == 0)
		unlink(path);
}

/* What is noted: a name of ours to give, or false. */
static bool noted(const char *state, char name[HOSTNET_NAME])
{
	struct err e = {0};
	char path[288];
	auto_free char *text = NULL;
	unsigned unit;

	if (note_path(path, state, &e) < 0)
		return false;
	text = file_read_own(path, NOTE_MAX, NULL, &e);
	if (text == NULL && e.num != ENOENT)
		log_warn("%s", e.text);
	if (text == NULL || sscanf(text, "tap%4u", &unit) != 1 || unit < UNIT_FIRST ||
	    unit > UNIT_LAST)
		return false;
	return str_format(name, HOSTNET_NAME, "tap%u", unit);
}

int bsd_tap_recover(const struct bsd_taps *k, const char *state, struct err *e)
{
	char name[HOSTNET_NAME], mark[256];
	struct bsd_interface i;
	int found = 0;

	if (!noted(state, name))
		return 0;
	if (mark_of(mark, state, e) < 0)
		return -1;
	found = k->look(name, &i, e);
	if (found < 0)
		return -1;
	found = found > 0 && strcmp(i.device, name) == 0 && i.opener == 0 &&
		((i.description[0] == '\0' && !i.up) || strcmp(i.description, mark) == 0);
	if (found && k->destroy(name, e) < 0)
		return err_ctx(e, "remove the half-made tap %s", name);
	forget(state);
	return found;
}

/* --------------------------------------------------------------------- make it */

static int name_taken(const char *interface, const struct bsd_interface *i, struct err *e)
{
	char opener[48] = "";

	if (i->opener != 0)
		str_format(opener, sizeof(opener), ", open in process %ld", i->opener);
	err_set(e, 0,
	    "make tap %s: an interface of that name exists and is not ours (%s%s%s%s)",
	    interface, i->device, i->description[0] != '\0' ? ": " : "", i->description,
	    opener);
	err_hint(
	    e, "ifconfig %s destroy; or another host.interface in airlock.conf", interface);
	return err_is(e, ERR_HOST);
}

/* Make one of a unit that is free; name becomes what it is called. */
static int make_any(
    const struct bsd_taps *k, const char *state, char name[HOSTNET_NAME], struct err *e)
{
	for (unsigned unit = UNIT_FIRST; unit <= UNIT_LAST; unit++) {
		struct bsd_interface i;
		int there;

		str_format(name, HOSTNET_NAME, "tap%u", unit);
		there = k->look(name, &i, e);
		if (there < 0)
			return -1;
		if (there > 0)
			continue;
		if (note(state, name, e) < 0)
			return -1;
		if (k->create(name, e) == 0)
			return 0;
		/* Its unit, if under another name or in another jail. */
		if (e->num != EEXIST)
			return -1;
		memset(e, 0, sizeof(*e));
	}
	return err_set(e, 0, "all of tap%d to tap%d are taken", UNIT_FIRST, UNIT_LAST);
}

int bsd_tap_make(
    const struct bsd_taps *k, const char *state, const char *interface, struct err *e)
{
	char name[HOSTNET_NAME] = "", mark[256];
	struct err ignored = {0};
	struct bsd_interface i;
	int there;

	if (mark_of(mark, state, e) < 0 || bsd_tap_recover(k, state, e) < 0)
		return -1;
	there = k->look(interface, &i, e);
	if (there != 0)
		return there < 0 ? -1 : name_taken(interface, &i, e);
	if (make_any(k, state, name, e) < 0) {
		forget(state);
		return err_ctx(e, "make tap %s", interface);
	}
	if (k->describe(name, mark, e) < 0 || k->prepare(name, e) < 0 ||
	    k->rename(name, interface, e) < 0) {
		if (k->destroy(name, &ignored) < 0)
			log_warn("%s", ignored.text);
		forget(state);
		return err_ctx(e, "make tap %s", interface);
	}
	forget(state);
	return 0;
}

/* --------------------------------------------------------------------- remove it */

/* A hypervisor that was killed takes a moment to let go. */
static int wait_closed(const struct bsd_taps *k, const char *state, const char *interface,
    struct bsd_interface *i, struct err *e)
{
	uint64_t until = now_ms() + BSD_TAP_WAIT_MS;

	while (i->opener != 0) {
		int found;

		if (now_ms() >= until) {
			err_set(e, EBUSY, "tap %s (/dev/%s) is open in process %ld", interface,
			    i->device, i->opener);
			err_hint(e, "kill %ld", i->opener);
			return err_is(e, ERR_HOST);
		}
		usleep(20000);
		found = bsd_tap_find(k, state, interface, i, e);
		if (found <= 0)
			return found;
	}
	return 1;
}

int bsd_tap_remove(
    const struct bsd_taps *k, const char *state, const char *interface, struct err *e)
{
	struct bsd_interface i;
	int found = bsd_tap_find(k, state, interface, &i, e);

	if (found > 0)
		found = wait_closed(k, state, interface, &i, e);
	if (found > 0)
		found = k->destroy(interface, e);
	if (found < 0)
		return -1;
	return bsd_tap_recover(k, state, e) < 0 ? -1 : 0;
}
