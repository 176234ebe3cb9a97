/*
 * setup_do: the plan carried out, and undone.
 *
 * Note, then do.  An undo looks at what is there before it touches it: a file that holds
 * what setup wrote gets its old content back, one that holds its old content is left, and
 * any other was changed by somebody since and is kept.  Steps are forgotten one by one,
 * so an undo that is interrupted goes on where it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/setup.h"

#define WORDS_MAX 12

/* One more act; false when a test wants us dead before it. */
static bool act(int *left)
{
	if (*left == 0)
		return false;
	*left -= *left > 0;
	return true;
}

static int killed(struct err *e)
{
	return err_set(e, EINTR, "stopped");
}

static int run_words(const struct probe *p, const char *command, struct err *e)
{
	const char *argv[WORDS_MAX + 1] = {NULL};
	char copy[200], *rest = copy, *word;
	size_t n = 0;
	int status;

	str_copy(copy, sizeof(copy), command);
	while (n < WORDS_MAX && (word = strsep(&rest, " ")) != NULL)
		argv[n++] = word;
	status = p->run(p, argv, NULL, e);
	return status == 0 ? 0 : err_ctx(e, "%s", command);
}

/* Two setups at once would not know of each other's steps. */
static int lock_dir(const char *dir, struct err *e)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open %s", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(e, 0, "another airlock setup is at work");
	return fd_take(&fd);
}

/* --- doing */

/* The topmost directory that is missing on the way to a file, or "". */
static void find_missing(const struct probe *p, const char *path, char *dst, size_t size)
{
	char part[CONF_PATH], *slash;

	str_copy(dst, size, "");
	str_copy(part, sizeof(part), path);
	while ((slash = strrchr(part, '/')) != NULL && slash != part) {
		*slash = '\0';
		if (probe_exists(p, part))
			return;
		str_copy(dst, size, part);
	}
}

static int put_file(const struct probe *p, const char *path, const struct buf *b, unsigned mode,
    bool owned, unsigned uid, unsigned gid, struct err *e)
{
	char full[PATH_MAX], dir[PATH_MAX];

	probe_path(p, full, sizeof(full), path);
	str_copy(dir, sizeof(dir), full);
	if (dir_make(dirname(dir), 0755, e) < 0 ||
	    file_replace(full, b->data != NULL ? b->data : "", b->len, mode, e) < 0)
		return -1;
	if (owned && geteuid() == 0 && lchown(full, uid, gid) < 0)
		return err_set(e, errno, "give %s its owner back", path);
	return 0;
}

/* Append a copy of a step to the record. */
static void note(struct setup_record *r, const struct setup_step *s)
{
	struct setup_step *copy;

	r->step = realloc(r->step, (r->count + 1) * sizeof(*r->step));
	if (r->step == NULL)
		abort();
	copy = &r->step[r->count++];
	*copy = *s;
	copy->before = copy->after = (struct buf){0};
	buf_add(&copy->before, s->before.data != NULL ? s->before.data : "", s->before.len);
	buf_add(&copy->after, s->after.data != NULL ? s->after.data : "", s->after.len);
}

static int do_step(
    struct setup *s, struct setup_record *r, struct setup_step *step, int *left, struct err *e)
{
	if (r->count == SETUP_RECORD_MAX)
		return err_set(e, 0, "%s is full: airlock setup --undo first", r->path);
	if (step->path[0] != '\0')
		find_missing(s->probe, step->path, step->made, sizeof(step->made));
	note(r, step);
	if (!act(left))
		return killed(e);
	if (setup_record_save(r, e) < 0)
		return -1;
	if (step->path[0] != '\0') {
		if (!act(left))
			return killed(e);
		return put_file(s->probe, step->path, &step->after, step->mode, step->existed,
		    step->uid, step->gid, e);
	}
	if (step->run[0] == '\0')
		return 0;
	if (!act(left))
		return killed(e);
	if (run_words(s->probe, step->run, e) == 0)
		return 0;
	if (!step->try)
		return -1;
	log_warn("%s", e->text);
	*e = (struct err){0};
	return 0;
}

int setup_do(struct setup *s, struct err *e)
{
	struct setup_record r;
	int left = s->stop_after, rc = 0;
	struct stat st;
	auto_fd lock = -1;

	if (setup_changes(s) == 0)
		return 0;
	if (setup_record_open(&r, s->probe, s->conf->state_dir, e) < 0)
		return err_hint(e, "look at it, and remove it when nothing in it is of use");
	if (stat(r.dir, &st) < 0 && errno == ENOENT)
		r.made = true;
	rc = dir_make(r.dir, 0755, e);
	if (rc == 0)
		lock = lock_dir(r.dir, e);
	rc = lock < 0 ? -1 : 0;
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		if (s->step[i].kind != SETUP_NOTE)
			rc = do_step(s, &r, &s->step[i], &left, e);
	/* Nothing was noted: then nothing is left, not even that. */
	if (r.made && stat(r.path, &st) < 0)
		rmdir(r.dir);
	setup_record_fini(&r);
	return rc < 0 ? err_hint(e, "airlock setup again, or airlock setup --undo") : 0;
}

/* --- undoing */

/* What a kill in the middle of replacing a file leaves beside it: NAME.XXXXXX, private. */
struct torn {
	const struct probe *p;
	const char *dir, *name;
	const struct buf *first, *second; /* what would have been in it; NULL: anything */
};

static bool begins(const struct buf *whole, const char *part, size_t len)
{
	return whole == NULL ||
	       (len <= whole->len && (len == 0 || memcmp(whole->data, part, len) == 0));
}

static bool look_at_torn(void *arg, const char *name)
{
	const struct torn *t = arg;
	size_t n = strlen(t->name), len = 0;
	char path[PATH_MAX], full[PATH_MAX];
	auto_free char *text = NULL;
	struct stat st;

	if (strncmp(name, t->name, n) != 0 || name[n] != '.' || strlen(name + n) != 7 ||
	    !str_format(path, sizeof(path), "%s/%s", t->dir, name))
		return true;
	probe_path(t->p, full, sizeof(full), path);
	if (lstat(full, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 07777) != 0600)
		return true;
	text = probe_read(t->p, path, &len);
	if (text == NULL || (!begins(t->first, text, len) && !begins(t->second, text, len)))
		return true;
	unlink(full);
	return true;
}

static void remove_torn(
    const struct probe *p, const char *path, const struct buf *first, const struct buf *second)
{
	char dir[PATH_MAX], name[PATH_MAX];
	struct torn t = {.p = p, .first = first, .second = second};

	str_copy(dir, sizeof(dir), path);
	str_copy(name, sizeof(name), path);
	t.dir = dirname(dir);
	t.name = basename(name);
	probe_each(p, t.dir, look_at_torn, &t);
}

static bool same(const char *text, size_t len, const struct buf *b)
{
	return len == b->len && (len == 0 || memcmp(text, b->data, len) == 0);
}

/* Directories made for a file, from it up, as far as they are empty. */
static void remove_dirs(const struct probe *p, const struct setup_step *s)
{
	char part[CONF_PATH], full[PATH_MAX], *slash;

	str_copy(part, sizeof(part), s->path);
	while (s->made[0] != '\0' && (slash = strrchr(part, '/')) != NULL && slash != part) {
		*slash = '\0';
		if (rmdir(probe_path(p, full, sizeof(full), part)) < 0 && errno != ENOENT)
			return;
		if (strcmp(part, s->made) == 0)
			return;
	}
}

/* Somebody changed the file since: a variable of it can be undone all the same. */
static int undo_changed(const struct probe *p, const struct setup_step *s, const char *full,
    const char *text, size_t len, struct buf *said, struct err *e)
{
	struct buf out = {0};
	struct stat st;
	int rc = 0;

	if (s->kind != SETUP_SETTING)
		buf_addf(said, "%s was changed since: kept as it is\n", s->path);
	else if (stat(full, &st) < 0)
		return err_set(e, errno, "%s", s->path);
	else if (setup_setting_undo(s, text, len, &out, said))
		rc = put_file(
		    p, s->path, &out, st.st_mode & 07777, true, st.st_uid, st.st_gid, e);
	buf_fini(&out);
	return rc;
}

static int undo_file(
    const struct probe *p, const struct setup_step *s, struct buf *said, struct err *e)
{
	char full[PATH_MAX];
	size_t len = 0;
	struct err gone = {0};
	auto_free char *text =
	    file_read(probe_path(p, full, sizeof(full), s->path), PROBE_TEXT_MAX, &len, &gone);
	int rc = 0;

	if (text == NULL && gone.num != ENOENT) {
		*e = gone;
		return -1;
	}
	if (text == NULL && s->existed) {
		buf_addf(said, "%s is not there any more: left so\n", s->path);
	} else if (text != NULL && same(text, len, &s->after)) {
		if (s->existed)
			rc = put_file(p, s->path, &s->before, s->was, true, s->uid, s->gid, e);
		else if (unlink(full) < 0)
			rc = err_set(e, errno, "remove %s", s->path);
		if (rc == 0)
			buf_addf(said, "%s%s%s: %s\n", s->path,
			    s->kind == SETUP_SETTING ? ": " : "", s->name,
			    s->existed ? "as it was before" : "removed");
	} else if (text != NULL && !(s->existed && same(text, len, &s->before))) {
		rc = undo_changed(p, s, full, text, len, said, e);
	}
	if (text != NULL)
		explicit_bzero(text, len);
	if (rc == 0) {
		remove_torn(p, s->path, &s->after, &s->before);
		remove_dirs(p, s);
	}
	return rc;
}

static int undo_step(
    const struct probe *p, const struct setup_step *s, struct buf *said, struct err *e)
{
	struct err failed = {0};

	if (s->path[0] != '\0')
		return undo_file(p, s, said, e);
	if (s->undo[0] == '\0')
		return 0;
	/* What it was about may be gone meanwhile: no reason to keep the rest. */
	if (run_words(p, s->undo, &failed) == 0)
		buf_addf(said, "%s: done\n", s->undo);
	else
		buf_addf(said, "%s\n", failed.text);
	return 0;
}

int setup_undo(const struct probe *p, const struct conf *conf, int stop_after, struct buf *said,
    struct err *e)
{
	struct setup_record r;
	int left = stop_after, rc = 0, done = 0;
	char record[PATH_MAX];
	auto_fd lock = -1;

	if (setup_record_open(&r, p, conf->state_dir, e) < 0)
		return err_hint(e, "look at it, and remove it when nothing in it is of use");
	if (r.count > 0) {
		lock = lock_dir(r.dir, e);
		rc = lock < 0 ? -1 : 0;
	}
	if (rc == 0 && str_format(record, sizeof(record), "%s/setup.json", conf->state_dir))
		remove_torn(p, record, NULL, NULL);
	while (rc == 0 && r.count > 0) {
		struct setup_step *s = &r.step[r.count - 1];

		if (!act(&left)) {
			rc = killed(e);
			break;
		}
		rc = undo_step(p, s, said, e);
		if (rc < 0)
			break;
		done++;
		setup_step_fini(s);
		r.count--;
		rc = act(&left) ? setup_record_save(&r, e) : killed(e);
	}
	setup_record_fini(&r);
	return rc < 0 ? -1 : done;
}
