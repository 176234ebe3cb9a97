/*
 * setup_record: what setup did to this host, so that all of it can be undone.
 *
 * A JSON file in the state directory with a step for each thing done, in order, old
 * content of files included.  It is replaced as a whole, before a step is done and after
 * one was undone: at every moment of a crash it names at least what is there.  To undo
 * what was not done is harmless: a file that still has its old content is left alone.
 *
 * The file is obeyed by root and holds what files of root's held, so root alone may read
 * and write it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/journal.h"
#include "cli/setup.h"

#define RECORD_MAX (16 << 20)
#define FORMAT     1

void setup_step_fini(struct setup_step *s)
{
	/* They may hold passphrases. */
	if (s->before.data != NULL)
		explicit_bzero(s->before.data, s->before.len);
	if (s->after.data != NULL)
		explicit_bzero(s->after.data, s->after.len);
	buf_fini(&s->before);
	buf_fini(&s->after);
}

void setup_record_fini(struct setup_record *r)
{
	for (size_t i = 0; i < r->count; i++)
		setup_step_fini(&r->step[i]);
	free(r->step);
	r->step = NULL;
	r->count = 0;
}

/* --- as text */

/* Bytes as a string of JSON where they are UTF-8, else as an object with their hex. */
static json_t *bytes_of(const struct buf *b)
{
	const char *data = b->data != NULL ? b->data : "";
	json_t *text = json_stringn(data, b->len), *object;
	char *hex;

	if (text != NULL)
		return text;
	hex = malloc(2 * b->len + 1);
	if (hex == NULL)
		abort();
	str_hex(hex, data, b->len);
	object = json_pack("{s:s}", "hex", hex);
	free(hex);
	return object;
}

static json_t *raw_json(const char *raw)
{
	struct buf b = {.data = (char *)raw, .len = strlen(raw)};

	return bytes_of(&b);
}

static json_t *step_json(const struct setup_step *s)
{
	json_t *file;

	if (s->kind == SETUP_COMMAND)
		return json_pack("{s:s, s:s, s:s, s:b}", "kind", "command", "run", s->run,
		    "undo", s->undo, "try", s->try);
	file = json_pack("{s:s, s:s, s:b, s:o, s:o, s:i, s:i, s:i, s:i, s:s}", "kind", "file",
	    "path", s->path, "existed", s->existed, "before", bytes_of(&s->before), "after",
	    bytes_of(&s->after), "mode", (int)s->mode, "was", (int)s->was, "uid", (int)s->uid,
	    "gid", (int)s->gid, "made", s->made);
	if (s->kind == SETUP_SETTING && file != NULL)
		json_object_update_new(
		    file, json_pack("{s:s, s:s, s:b, s:b, s:o, s:s}", "kind", "setting", "name",
			      s->name, "shell", s->style == RCFILE_SHELL, "was_set", s->was_set,
			      "raw_was", raw_json(s->raw_was), "raw", s->raw));
	return file;
}

char *setup_record_text(const struct setup_record *r)
{
	json_t *steps = json_array(), *top;
	char *text;

	for (size_t i = 0; i < r->count; i++)
		json_array_append_new(steps, step_json(&r->step[i]));
	top = json_pack("{s:i, s:b, s:o}", "format", FORMAT, "made", r->made, "steps", steps);
	text = json_dumps(top, JSON_INDENT(1));
	json_decref(top);
	return text;
}

/* --- and back */

static bool take_text(const json_t *o, const char *key, char *dst, size_t size)
{
	const json_t *value = json_object_get(o, key);

	return json_is_string(value) &&
	       strlen(json_string_value(value)) == json_string_length(value) &&
	       str_copy(dst, size, json_string_value(value));
}

static bool take_bytes(const json_t *o, const char *key, struct buf *out)
{
	const json_t *value = json_object_get(o, key);
	const char *hex = json_string_value(json_object_get(value, "hex"));
	ssize_t n;
	char *raw;

	if (json_is_string(value)) {
		buf_add(out, json_string_value(value), json_string_length(value));
		return true;
	}
	if (hex == NULL)
		return false;
	raw = malloc(strlen(hex) / 2 + 1);
	if (raw == NULL)
		abort();
	n = str_unhex(raw, strlen(hex) / 2, hex);
	if (n >= 0)
		buf_add(out, raw, (size_t)n);
	free(raw);
	return n >= 0;
}

static bool take_number(const json_t *o, const char *key, unsigned *out)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > INT32_MAX)
		return false;
	*out = (unsigned)json_integer_value(value);
	return true;
}

/* A path of ours leads from the root down and never back. */
static bool is_plain(const char *path)
{
	return path[0] == '/' && strstr(path, "/../") == NULL &&
	       (strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/..") != 0);
}

/* What is written into a line: a name and a value that stay in it. */
static bool take_setting(const json_t *o, struct setup_step *s)
{
	struct buf was = {0};
	bool fits;

	s->kind = SETUP_SETTING;
	s->style = json_is_true(json_object_get(o, "shell")) ? RCFILE_SHELL : RCFILE_LOADER;
	s->was_set = json_is_true(json_object_get(o, "was_set"));
	if (!take_bytes(o, "raw_was", &was))
		return false;
	fits = was.len < sizeof(s->raw_was);
	if (fits)
		memcpy(s->raw_was, was.len > 0 ? was.data : "", was.len);
	buf_fini(&was);
	return fits && take_text(o, "name", s->name, sizeof(s->name)) && s->name[0] != '\0' &&
	       take_text(o, "raw", s->raw, sizeof(s->raw));
}

static bool take_step(const json_t *o, struct setup_step *s)
{
	const char *kind = json_string_value(json_object_get(o, "kind"));

	if (kind != NULL && strcmp(kind, "command") == 0) {
		s->kind = SETUP_COMMAND;
		s->try = json_is_true(json_object_get(o, "try"));
		return take_text(o, "run", s->run, sizeof(s->run)) &&
		       take_text(o, "undo", s->undo, sizeof(s->undo));
	}
	if (kind == NULL || (strcmp(kind, "file") != 0 && strcmp(kind, "setting") != 0))
		return false;
	s->kind = SETUP_FILE;
	if (strcmp(kind, "setting") == 0 && !take_setting(o, s))
		return false;
	s->existed = json_is_true(json_object_get(o, "existed"));
	return take_text(o, "path", s->path, sizeof(s->path)) && is_plain(s->path) &&
	       take_text(o, "made", s->made, sizeof(s->made)) &&
	       (s->made[0] == '\0' || is_plain(s->made)) &&
	       take_bytes(o, "before", &s->before) && take_bytes(o, "after", &s->after) &&
	       take_number(o, "mode", &s->mode) && s->mode <= 07777 &&
	       take_number(o, "was", &s->was) && s->was <= 07777 &&
	       take_number(o, "uid", &s->uid) && take_number(o, "gid", &s->gid);
}

int setup_record_read(struct setup_record *r, const char *text, size_t len, struct err *e)
{
	json_error_t why;
	json_t *top = json_loadb(text, len, JSON_ALLOW_NUL, &why);
	const json_t *steps = json_object_get(top, "steps");
	size_t count = json_array_size(steps);
	int rc = 0;

	if (top == NULL)
		return err_set(e, 0, "%s:%d: %s", r->path, why.line, why.text);
	if (json_integer_value(json_object_get(top, "format")) != FORMAT ||
	    !json_is_array(steps) || count > SETUP_RECORD_MAX)
		rc = err_set(e, 0, "%s: this is no record of this version", r->path);
	r->made = json_is_true(json_object_get(top, "made"));
	r->step = calloc(count + 1, sizeof(*r->step));
	if (r->step == NULL)
		abort();
	for (size_t i = 0; rc == 0 && i < count; i++) {
		r->count = i + 1;
		if (!take_step(json_array_get(steps, i), &r->step[i]))
			rc = err_set(e, 0, "%s: step %zu makes no sense", r->path, i + 1);
	}
	json_decref(top);
	if (rc < 0)
		setup_record_fini(r);
	return rc;
}

/* --- on the disk */

int setup_record_open(
    struct setup_record *r, const struct probe *p, const char *state_dir, struct err *e)
{
	auto_free char *text = NULL;
	size_t len;
	int rc;

	*r = (struct setup_record){0};
	probe_path(p, r->dir, sizeof(r->dir), state_dir);
	if (!str_format(r->path, sizeof(r->path), "%.4000s/setup.json", r->dir))
		return err_set(e, ENAMETOOLONG, "%s", r->dir);
	text = file_read_own(r->path, RECORD_MAX, &len, e);
	if (text == NULL && e->num == ENOENT) {
		*e = (struct err){0};
		return 0;
	}
	if (text == NULL)
		return err_ctx(e, "what setup did");
	rc = setup_record_read(r, text, len, e);
	explicit_bzero(text, len);
	return rc < 0 ? err_ctx(e, "what setup did") : 0;
}

int setup_record_save(struct setup_record *r, struct err *e)
{
	struct stat st;
	char *text;
	int rc;

	if (r->count == 0) {
		if (unlink(r->path) < 0 && errno != ENOENT)
			return err_set(e, errno, "remove %s", r->path);
		if (r->made && rmdir(r->dir) < 0)
			log_debug("remove %s: %s", r->dir, strerror(errno));
		return 0;
	}
	if (stat(r->dir, &st) < 0 && errno == ENOENT)
		r->made = true;
	text = setup_record_text(r);
	if (text == NULL)
		return err_set(e, 0, "%s: a path or command is no UTF-8", r->path);
	rc = dir_make(r->dir, 0755, e);
	if (rc == 0)
		rc = file_replace(r->path, text, strlen(text), 0600, e);
	explicit_bzero(text, strlen(text));
	free(text);
	return rc < 0 ? err_ctx(e, "note what is done") : 0;
}
