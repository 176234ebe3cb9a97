/*
 * setup_setting: single variables of loader.conf(5) and rc.conf(5), set and undone.
 *
 * Both files belong to the administrator, who goes on editing them: so a step knows its
 * variable besides the whole file before and after.  As long as nobody else wrote, the
 * undo gives back the file byte for byte; afterwards it undoes this variable alone, if it
 * still has our value.
 */
#include <string.h>

#include "cli/setup.h"

/* A value within double quotes that means itself to the loader and to sh(1). */
static bool is_simple(const char *value)
{
	return strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			     "_/.-: ") == strlen(value);
}

int setup_add_setting(struct setup *s, enum rcfile_style style, const char *path,
    const char *name, const char *value, const char *why, struct err *e)
{
	struct setup_step was, *step;
	struct rcfile_setting now;
	size_t len;

	if (!is_simple(value))
		return err_set(e, 0, "set %s in %s: an odd value", name, path);
	if (setup_look(s, path, &was, e) < 0)
		return -1;
	was.kind = SETUP_SETTING;
	was.style = style;
	str_copy(was.name, sizeof(was.name), name);
	str_format(was.raw, sizeof(was.raw), "\"%s\"", value);
	was.was_set = rcfile_find(style, was.before.data, was.before.len, name, &now);
	len = was.was_set ? now.len : 0;
	if (was.was_set && now.plain && strcmp(now.value, value) == 0) {
		setup_step_fini(&was);
		return 0;
	}
	if (len >= sizeof(was.raw_was)) {
		setup_step_fini(&was);
		return err_set(e, 0, "set %s in %s: what it is now is too long", name, path);
	}
	if (was.was_set)
		memcpy(was.raw_was, was.before.data + now.at, len);
	if (rcfile_set(style, was.before.data, was.before.len, name, was.raw, &was.after, e) <
	    0) {
		setup_step_fini(&was);
		return err_ctx(e, "set %s in %s", name, path);
	}
	step = setup_add(s, SETUP_SETTING, "%s", why);
	str_copy(was.why, sizeof(was.why), step->why);
	if (!was.existed)
		was.mode = 0644;
	*step = was;
	return 0;
}

bool setup_setting_undo(const struct setup_step *step, const char *text, size_t len,
    struct buf *out, struct buf *said)
{
	struct rcfile_setting now;
	struct err e = {0};
	int rc;

	if (!rcfile_find(step->style, text, len, step->name, &now)) {
		/* Undone already, by an undo that was interrupted or by somebody. */
		if (step->was_set)
			buf_addf(said, "%s: %s is not set any more: left so\n", step->path,
			    step->name);
		return false;
	}
	if (now.len != strlen(step->raw) || memcmp(text + now.at, step->raw, now.len) != 0) {
		if (now.len != strlen(step->raw_was) ||
		    memcmp(text + now.at, step->raw_was, now.len) != 0)
			buf_addf(said, "%s: %s was changed since: kept as it is\n", step->path,
			    step->name);
		return false;
	}
	if (step->was_set)
		rc = rcfile_set(step->style, text, len, step->name, step->raw_was, out, &e);
	else
		rc = rcfile_unset(step->style, text, len, step->name, out, &e);
	if (rc < 0) {
		buf_addf(said, "%s: %s: kept as it is\n", step->path, e.text);
		return false;
	}
	buf_addf(said, "%s: %s: %s\n", step->path, step->name,
	    step->was_set ? "as it was before" : "taken out");
	return true;
}
