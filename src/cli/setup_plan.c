/*
 * setup_plan: everything that would change, as a list.  Reads, and changes nothing.
 *
 * A step is there only when something is to be done: a host that is ready has an empty
 * plan, and setup done twice is setup done once.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/setup.h"

struct setup_step *setup_add(struct setup *s, enum setup_kind kind, const char *fmt, ...)
{
	size_t i = s->count < SETUP_STEPS_MAX ? s->count++ : SETUP_STEPS_MAX - 1;
	struct setup_step *step = &s->step[i];
	va_list ap;

	setup_step_fini(step);
	*step = (struct setup_step){.kind = kind};
	va_start(ap, fmt);
	vsnprintf(step->why, sizeof(step->why), fmt, ap);
	va_end(ap);
	return step;
}

/* Where a file is that a path leads to: a symbolic link stays one. */
static int resolve(
    const struct probe *p, const char *path, char *dst, size_t size, struct err *e)
{
	char full[PATH_MAX], real[PATH_MAX], root[PATH_MAX];
	struct stat st;

	probe_path(p, full, sizeof(full), path);
	if (lstat(full, &st) < 0 || !S_ISLNK(st.st_mode)) {
		str_copy(dst, size, path);
		return 0;
	}
	if (realpath(full, real) == NULL)
		return err_set(e, 0, "%s is a symbolic link that leads nowhere", path);
	if (p->root[0] != '\0' &&
	    (realpath(p->root, root) == NULL || strncmp(real, root, strlen(root)) != 0))
		return err_set(e, 0, "%s leads out of the root", path);
	if (!str_copy(dst, size, real + (p->root[0] != '\0' ? strlen(root) : 0)))
		return err_set(e, ENAMETOOLONG, "%s", path);
	return 0;
}

/* What a step before this one makes of the file, or NULL. */
static const struct setup_step *pending(const struct setup *s, const char *where)
{
	for (size_t i = s->count; i-- > 0;)
		if (s->step[i].path[0] != '\0' && strcmp(s->step[i].path, where) == 0)
			return &s->step[i];
	return NULL;
}

int setup_look(const struct setup *s, const char *path, struct setup_step *was, struct err *e)
{
	const struct setup_step *before;
	char full[PATH_MAX];
	struct err missing = {0};
	auto_free char *old = NULL;
	struct stat st = {0};
	size_t size = 0;

	*was = (struct setup_step){.kind = SETUP_FILE};
	if (resolve(s->probe, path, was->path, sizeof(was->path), e) < 0)
		return -1;
	before = pending(s, was->path);
	if (before != NULL) {
		was->existed = true;
		was->mode = was->was = before->mode;
		was->uid = before->existed ? before->uid : geteuid();
		was->gid = before->existed ? before->gid : getegid();
		buf_add(&was->before, before->after.data != NULL ? before->after.data : "",
		    before->after.len);
		return 0;
	}
	probe_path(s->probe, full, sizeof(full), was->path);
	old = file_read(full, PROBE_TEXT_MAX, &size, &missing);
	if (old == NULL && missing.num != ENOENT && missing.num != ENOTDIR) {
		*e = missing;
		return -1;
	}
	buf_add(&was->before, old != NULL ? old : "", size);
	if (old == NULL)
		return 0;
	was->existed = true;
	if (stat(full, &st) < 0) {
		setup_step_fini(was);
		return err_set(e, errno, "%s", was->path);
	}
	was->mode = was->was = st.st_mode & 07777;
	was->uid = st.st_uid;
	was->gid = st.st_gid;
	return 0;
}

int setup_add_file(struct setup *s, const char *path, unsigned mode, const char *data,
    size_t len, const char *why, struct err *e)
{
	struct setup_step was, *step;

	if (setup_look(s, path, &was, e) < 0)
		return -1;
	if (was.existed && was.before.len == len && memcmp(was.before.data, data, len) == 0) {
		setup_step_fini(&was);
		return 0;
	}
	step = setup_add(s, SETUP_FILE, "%s", why);
	str_copy(was.why, sizeof(was.why), step->why);
	if (!was.existed)
		was.mode = mode;
	*step = was;
	buf_add(&step->after, data, len);
	return 0;
}

/* --- airlock.conf */

static const char new_conf[] = "# Every key has a default: airlock.conf(5).\n";

static int plan_conf(struct setup *s, struct err *e)
{
	size_t len = 0;
	auto_free char *old = probe_read(s->probe, s->conf_path, &len);
	char same[PCI_ADDRESS], shown[PCI_SHOWN];
	struct buf text = {0};
	struct conf check;
	int rc = 0;

	/* An address that is there in another spelling is left alone. */
	if (old != NULL && pci_address(same, s->conf->radio) &&
	    strcmp(same, s->card->address) == 0)
		return 0;
	pci_shown(s->cards->pci.facts.system, s->card->address, shown);
	if (conf_edit(old != NULL ? old : new_conf, old != NULL ? len : sizeof(new_conf) - 1,
		s->conf_path, "radio", shown, &text, e) < 0)
		return -1;
	rc = conf_parse(&check, s->conf->machine, text.data, text.len, s->conf_path, e);
	if (rc == 0)
		rc = setup_add_file(
		    s, s->conf_path, 0644, text.data, text.len, "the card of the router", e);
	buf_fini(&text);
	return rc;
}

/* --- the service */

static void plan_service(struct setup *s)
{
	bool only = strcmp(s->conf->machine, CONF_MACHINE) == 0;
	static const char *const names[] = {"airlock", "airlock-sleep"};

	if (!probe_systemd(s->probe)) {
		setup_add(s, SETUP_NOTE,
		    "this host does not run systemd: start the router by airlock start");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct setup_step *step;
		char unit[64];

		str_format(unit, sizeof(unit), only ? "%s.service" : "%s@%s.service", names[i],
		    s->conf->machine);
		if (probe_enabled(s->probe, unit))
			continue;
		if (!probe_unit(s->probe, unit)) {
			setup_add(s, SETUP_NOTE, "%s is not installed: make install", unit);
			continue;
		}
		step = setup_add(s, SETUP_COMMAND, "%s",
		    i == 0 ? "the router starts when this host boots"
			   : "the card is looked after when this host sleeps");
		str_format(step->run, sizeof(step->run), "systemctl enable %s", unit);
		str_format(step->undo, sizeof(step->undo), "systemctl disable %s", unit);
	}
}

/* Does the card carry traffic now?  Then nobody is told to let go of it. */
static bool is_online(const struct setup *s)
{
	char path[128], state[16];

	for (size_t i = 0; i < s->card->interface_count; i++) {
		str_format(
		    path, sizeof(path), "/sys/class/net/%s/operstate", s->card->interfaces[i]);
		if (probe_line(s->probe, path, state, sizeof(state)) &&
		    strcmp(state, "up") == 0)
			return true;
	}
	return false;
}

int setup_plan(struct setup *s, struct err *e)
{
	s->online = is_online(s);
	if (setup_networks(s, e) < 0)
		return -1;
	switch (s->probe->system) {
	case PROBE_LINUX:
		if (setup_away(s, e) < 0 || plan_conf(s, e) < 0)
			return -1;
		plan_service(s);
		break;
	case PROBE_FREEBSD:
		if (plan_conf(s, e) < 0 || setup_bsd(s, e) < 0)
			return -1;
		break;
	}
	if (s->count == SETUP_STEPS_MAX)
		return err_set(e, 0, "there is more to change than setup has room for");
	return 0;
}

void setup_fini(struct setup *s)
{
	for (size_t i = 0; i < s->count; i++)
		setup_step_fini(&s->step[i]);
	s->count = 0;
}

size_t setup_changes(const struct setup *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->step[i].path[0] != '\0' || s->step[i].run[0] != '\0';
	return n;
}

/* --- in words */

static void describe_file(const struct setup_step *step, struct buf *out)
{
	const char *text = step->after.data != NULL ? step->after.data : "";

	buf_addf(out, "  %s, mode %04o: %s\n", step->existed ? "changed" : "new", step->mode,
	    step->why);
	if (step->secret) {
		buf_addf(
		    out, "    | (%zu bytes with passphrases, not shown)\n", step->after.len);
		return;
	}
	for (const char *p = text; *p != '\0';) {
		char line[1024];
		size_t len = strcspn(p, "\n");

		str_clean(line, sizeof(line), p, len);
		/* Even a file that is shown may hold a secret of its own. */
		str_hide_secrets(line);
		buf_addf(out, "    | %s\n", line);
		p += len + (p[len] == '\n');
	}
}

static void describe_setting(const struct setup_step *step, struct buf *out)
{
	char was[sizeof(step->raw_was)];

	buf_addf(out, "set %s=%s in %s\n  %s", step->name, step->raw, step->path, step->why);
	str_clean(was, sizeof(was), step->raw_was, strlen(step->raw_was));
	if (step->was_set)
		buf_addf(out, "; it was %s\n", was[0] != '\0' ? was : "empty");
	else
		buf_addf(out, "\n");
}

void setup_describe(const struct setup *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct setup_step *step = &s->step[i];
		char note[sizeof(step->why) + 64];

		switch (step->kind) {
		case SETUP_FILE:
			buf_addf(out, "write %s\n", step->path);
			describe_file(step, out);
			break;
		case SETUP_SETTING:
			describe_setting(step, out);
			break;
		case SETUP_COMMAND:
			if (step->run[0] != '\0')
				buf_addf(out, "run %s\n  %s\n", step->run, step->why);
			break;
		case SETUP_NOTE:
			buf_addf(out, "note: %s\n",
			    conf_machine_text(note, sizeof(note), s->conf->machine, step->why));
			break;
		}
	}
}
