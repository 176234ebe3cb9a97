/*
 * rcfile: variables of loader.conf(5) and rc.conf(5), read and set in place.
 *
 * One walk over the text finds every assignment and where its value begins and ends;
 * everything else is built on that.  rc.conf is a script: the walk knows quotes,
 * comments and lines that go on, and takes what begins a statement with NAME= for an
 * assignment.  It neither runs nor expands anything, and a value that would be expanded
 * is said to be not plain.  A text whose end is within a quote is refused: what were put
 * behind it would be part of the quote.
 */
#include <ctype.h>
#include <string.h>

#include "cli/rcfile.h"

struct walk {
	enum rcfile_style style;
	const char *text;
	size_t len, at;
	struct rcfile_setting s;
	bool (*fn)(void *arg, const struct rcfile_setting *s);
	void *arg;
	bool more;
};

static int peek(const struct walk *w)
{
	return w->at < w->len ? (unsigned char)w->text[w->at] : -1;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct walk *w)
{
	while (is_blank(peek(w)))
		w->at++;
}

static bool is_name(enum rcfile_style style, int c, bool first)
{
	if (c < 0)
		return false;
	if (style == RCFILE_SHELL)
		return c == '_' || (c < 128 && (first ? isalpha(c) : isalnum(c)));
	return c < 128 && (isalnum(c) || (!first && (c == '_' || c == '.' || c == '-')));
}

/* NAME=, with the blanks that loader.conf bears; false with the place as it was. */
static bool take_name(struct walk *w)
{
	size_t began = w->at, n = 0;

	while (is_name(w->style, peek(w), n == 0)) {
		if (n + 1 < sizeof(w->s.name))
			w->s.name[n] = w->text[w->at];
		n++;
		w->at++;
	}
	w->s.name[MIN(n, sizeof(w->s.name) - 1)] = '\0';
	if (w->style == RCFILE_LOADER)
		skip_blanks(w);
	if (n > 0 && n < sizeof(w->s.name) && peek(w) == '=') {
		w->at++;
		if (w->style == RCFILE_LOADER)
			skip_blanks(w);
		return true;
	}
	w->at = began;
	return false;
}

static void add_to_value(struct walk *w, size_t *n, int c)
{
	if (*n + 1 < sizeof(w->s.value) && c != '\0')
		w->s.value[(*n)++] = (char)c;
	else
		w->s.plain = false;
}

/* Past a quote and what it holds; false when it is not closed. */
static bool take_quote(struct walk *w, size_t *n)
{
	int quote = peek(w), c;

	for (w->at++; (c = peek(w)) != quote; w->at++) {
		if (c < 0 || (w->style == RCFILE_LOADER && c == '\n'))
			return false;
		if (quote == '"' && w->style == RCFILE_SHELL && c == '\\') {
			w->at++;
			c = peek(w);
			if (c < 0)
				return false;
			/* What a backslash means depends on what follows: not ours to say. */
			w->s.plain = w->s.plain && (c == '"' || c == '\\');
		} else if (quote == '"' && (c == '$' || c == '`')) {
			w->s.plain = false;
		}
		add_to_value(w, n, c);
	}
	w->at++;
	return true;
}

/* Past a word of sh(1); false when a quote in it is not closed or the text ends too early. */
static bool take_word(struct walk *w)
{
	size_t n = 0;
	int c;

	w->s.plain = true;
	while (
	    (c = peek(w)) >= 0 && !is_blank(c) && c != '\n' && strchr(";&|<>()", c) == NULL) {
		if (c == '"' || c == '\'') {
			if (!take_quote(w, &n))
				return false;
			continue;
		}
		if (c == '\\') {
			w->at++;
			c = peek(w);
			if (c < 0)
				return false;
			w->s.plain = w->s.plain && c != '\n';
		} else if (c == '$' || c == '`' || c == '*' || c == '?' || c == '~' ||
			   c == '[') {
			w->s.plain = false;
		}
		add_to_value(w, &n, c);
		w->at++;
	}
	w->s.value[w->s.plain ? n : 0] = '\0';
	return true;
}

/* The value of loader.conf: "anything" or a word. */
static bool take_loader_value(struct walk *w)
{
	size_t n = 0;
	int c;

	w->s.plain = true;
	if (peek(w) == '"') {
		if (!take_quote(w, &n))
			return false;
	} else {
		for (; is_name(RCFILE_LOADER, c = peek(w), false); w->at++)
			add_to_value(w, &n, c);
		if (n == 0)
			return false;
	}
	w->s.value[w->s.plain ? n : 0] = '\0';
	return true;
}

static void skip_line(struct walk *w)
{
	const char *end = memchr(w->text + w->at, '\n', w->len - w->at);

	w->at = end != NULL ? (size_t)(end - w->text) : w->len;
}

static void found(struct walk *w, size_t began, bool first)
{
	size_t end;
	int c;

	skip_blanks(w);
	c = peek(w);
	w->s.alone = first && (c < 0 || c == '\n' || c == '#');
	end = w->at;
	skip_line(w);
	w->s.line = began;
	w->s.line_len = w->at + (w->at < w->len) - began;
	w->at = end;
	w->more = w->fn(w->arg, &w->s);
}

/* A line of loader.conf.  What the loader would not take is passed over, as it does. */
static void loader_line(struct walk *w)
{
	size_t began = w->at;
	int c;

	skip_blanks(w);
	if (take_name(w)) {
		w->s.at = w->at;
		if (take_loader_value(w)) {
			w->s.len = w->at - w->s.at;
			skip_blanks(w);
			c = peek(w);
			if (c < 0 || c == '\n' || c == '#')
				found(w, began, true);
		}
	}
	skip_line(w);
	w->at += w->at < w->len;
}

/* A line of sh(1) with all its statements.  0, or -1 when the text ends within it. */
static int shell_line(struct walk *w)
{
	size_t began = w->at;
	bool first = true, start = true;
	int c;

	while (w->more && (c = peek(w)) >= 0 && c != '\n') {
		if (is_blank(c)) {
			w->at++;
		} else if (c == '#') {
			skip_line(w);
		} else if (strchr(";&|<>()", c) != NULL) {
			start = c == ';' || c == '&';
			w->at++;
		} else if (start && take_name(w)) {
			w->s.at = w->at;
			if (!take_word(w))
				return -1;
			w->s.len = w->at - w->s.at;
			found(w, began, first);
			first = false;
		} else {
			if (!take_word(w))
				return -1;
			start = first = false;
		}
	}
	w->at += w->at < w->len;
	return 0;
}

static unsigned line_of(const struct walk *w, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at && i < w->len; i++)
		line += w->text[i] == '\n';
	return line;
}

/* Does the text end with a line that goes on? */
static bool goes_on(const char *text, size_t len)
{
	size_t n = 0;

	if (len > 0 && text[len - 1] == '\n')
		len--;
	while (n < len && text[len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

int rcfile_each(enum rcfile_style style, const char *text, size_t len,
    bool (*fn)(void *arg, const struct rcfile_setting *s), void *arg, struct err *e)
{
	struct walk w = {
	    .style = style, .text = text, .len = len, .fn = fn, .arg = arg, .more = true};

	while (w.more && w.at < len) {
		size_t began = w.at;

		if (style == RCFILE_LOADER)
			loader_line(&w);
		else if (shell_line(&w) < 0)
			return err_set(
			    e, 0, "what begins in line %u does not end", line_of(&w, began));
	}
	if (w.more && style == RCFILE_SHELL && goes_on(text, len))
		return err_set(e, 0, "the last line does not end");
	return 0;
}

/* --- built on that */

struct search {
	const char *name;
	struct rcfile_setting *s;
	bool found;
};

static bool look_at(void *arg, const struct rcfile_setting *s)
{
	struct search *q = arg;

	if (strcmp(s->name, q->name) == 0) {
		*q->s = *s;
		q->found = true;
	}
	return true;
}

/* 1 found, 0 not, -1 with *e. */
static int find(enum rcfile_style style, const char *text, size_t len, const char *name,
    struct rcfile_setting *s, struct err *e)
{
	struct search q = {.name = name, .s = s};

	if (rcfile_each(style, text, len, look_at, &q, e) < 0)
		return -1;
	return q.found;
}

bool rcfile_find(enum rcfile_style style, const char *text, size_t len, const char *name,
    struct rcfile_setting *s)
{
	struct err ignored = {0};

	return find(style, text, len, name, s, &ignored) > 0;
}

int rcfile_set(enum rcfile_style style, const char *text, size_t len, const char *name,
    const char *raw, struct buf *out, struct err *e)
{
	struct rcfile_setting s;
	int rc = find(style, text, len, name, &s, e);

	if (rc < 0)
		return -1;
	if (rc > 0) {
		buf_add(out, text, s.at);
		buf_addf(out, "%s", raw);
		buf_add(out, text + s.at + s.len, len - s.at - s.len);
		return 0;
	}
	buf_add(out, text, len);
	buf_addf(out, "%s%s=%s\n", len > 0 && text[len - 1] != '\n' ? "\n" : "", name, raw);
	return 0;
}

int rcfile_unset(enum rcfile_style style, const char *text, size_t len, const char *name,
    struct buf *out, struct err *e)
{
	struct rcfile_setting s;
	int rc = find(style, text, len, name, &s, e);

	if (rc < 0)
		return -1;
	if (rc > 0 && !s.alone)
		return err_set(e, 0, "there is more than %s in its line", name);
	if (rc == 0)
		s.line = s.line_len = 0;
	buf_add(out, text, s.line);
	buf_add(out, text + s.line + s.line_len, len - s.line - s.line_len);
	return 0;
}

bool rcfile_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p != '\0';) {
		size_t n;

		p += strspn(p, " \t\n");
		n = strcspn(p, " \t\n");
		if (n == len && n > 0 && memcmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}
