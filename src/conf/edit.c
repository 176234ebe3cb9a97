/*
 * edit: one key of a configuration text set, all else kept.  Pure.
 *
 * The reader says where a value stands, so that a text with comments, odd layout and
 * bytes of any encoding comes back as it was but for that one place.  What was made is
 * read again before it is handed out: an edit that would not be understood, say because
 * an example stands in a comment of many lines, is made at the end instead.
 */
#include <string.h>

#include "conf/conf.h"
#include "conf/read.h"

static void add_string(struct buf *out, const char *value)
{
	buf_addf(out, "\"");
	for (const char *p = value; *p != '\0'; p++)
		buf_addf(out, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
	buf_addf(out, "\"");
}

/* Find the key: 1 with the place of its value, 0 when it is not given, -1 with *e. */
static int find(const char *text, size_t len, const char *name, const char *key,
    struct reader *at, struct err *e)
{
	struct reader r;
	bool found = false;
	int step;

	reader_init(&r, text, len);
	while ((step = reader_next(&r, e)) > READER_END) {
		if (step != READER_VALUE || r.section[0] != '\0' || strcmp(r.key, key) != 0)
			continue;
		found = true;
		*at = r;
	}
	if (step == READER_END)
		return found;
	err_ctx(e, "%s:%u", name, r.step_line);
	return err_is(e, ERR_CONF);
}

/* Just behind the first line "#key =", or 0. */
static size_t example(const char *text, size_t len, const char *key)
{
	size_t n = strlen(key);

	for (size_t at = 0; at < len;) {
		const char *line = text + at, *end = memchr(line, '\n', len - at);
		size_t size = end != NULL ? (size_t)(end - line) : len - at;
		size_t blank = 1;

		while (blank < size && line[blank] == ' ')
			blank++;
		if (end != NULL && line[0] == '#' && size > blank + n &&
		    memcmp(line + blank, key, n) == 0 && strchr(" =:", line[blank + n]) != NULL)
			return at + size + 1;
		at += size + 1;
	}
	return 0;
}

/* Insert "key = value;" as a line of its own. */
static void insert(const char *text, size_t len, size_t at, const char *key, const char *value,
    struct buf *out)
{
	buf_add(out, text, at);
	if (at > 0 && text[at - 1] != '\n')
		buf_addf(out, "\n");
	buf_addf(out, "%s = ", key);
	add_string(out, value);
	buf_addf(out, ";\n");
	buf_add(out, text + at, len - at);
}

/* Was it understood as it was meant? */
static bool says(const struct buf *b, const char *key, const char *value)
{
	struct err ignored = {0};
	struct reader r;

	return find(b->data, b->len, "", key, &r, &ignored) == 1 && strcmp(r.value, value) == 0;
}

int conf_edit(const char *text, size_t len, const char *name, const char *key,
    const char *value, struct buf *out, struct err *e)
{
	struct buf made = {0};
	struct reader r = {0};
	int found = find(text, len, name, key, &r, e);
	size_t at = example(text, len, key);
	bool good;

	if (found < 0)
		return -1;
	if (found == 1) {
		buf_add(&made, text, (size_t)(r.value_at - text));
		add_string(&made, value);
		buf_add(&made, r.value_end, (size_t)(text + len - r.value_end));
	} else {
		insert(text, len, at > 0 ? at : len, key, value, &made);
		if (!says(&made, key, value)) {
			buf_fini(&made);
			insert(text, len, len, key, value, &made);
		}
	}
	good = says(&made, key, value);
	if (good)
		buf_add(out, made.data, made.len);
	buf_fini(&made);
	if (good)
		return 0;
	err_set(e, 0, "%s: %s = \"%s\"; cannot be put into it", name, key, value);
	return err_is(e, ERR_CONF);
}
