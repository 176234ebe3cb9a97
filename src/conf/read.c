/*
 * read: the syntax of airlock.conf(5).
 *
 * The language is the part of UCL that a configuration of fixed keys needs:
 *
 *     text    = { item }
 *     item    = key [ "=" | ":" ] value end
 *             | key [ "=" | ":" ] "[" [ value { "," value } [ "," ] ] "]" [ end ]
 *             | section [ "=" | ":" ] "{" { item } "}" [ end ]
 *     end     = ";" | "," | newline, or what closes the section or the text
 *     value   = a string in double quotes with JSON's escapes, or bare text up
 *               to its end, a bracket or a comment, without blanks around it
 *     comment = "#" or "//" up to the end of the line, or nested slash-star
 *
 * In bare text a comment begins only after a blank, so that URLs and globs
 * need no quotes.  Sections do not nest.  What UCL has beyond that and what
 * would let a text reach outside of itself (.include and other macros) or
 * hide lines (heredocs) is an error of its own.
 *
 * A reader holds a position and what its last step found; it allocates
 * nothing, looks at each byte once, and every step moves on or fails.
 */
#include <stdio.h>
#include <string.h>

#include "conf/read.h"

void reader_init(struct reader *r, const char *text, size_t len)
{
	memset(r, 0, sizeof(*r));
	r->at = text;
	r->end = text + len;
	r->line = 1;
}

static int fail(struct reader *r, unsigned line, struct err *e, const char *text)
{
	r->step_line = line;
	return err_set(e, 0, "%s", text);
}

/* The byte n places on, or NUL, which is refused wherever it stands. */
static char peek(const struct reader *r, size_t n)
{
	return (size_t)(r->end - r->at) > n ? r->at[n] : '\0';
}

static void advance(struct reader *r)
{
	if (*r->at++ == '\n')
		r->line++;
}

static bool is_among(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static bool is_comment(const struct reader *r)
{
	return peek(r, 0) == '#' ||
	       (peek(r, 0) == '/' && (peek(r, 1) == '/' || peek(r, 1) == '*'));
}

static int skip_comment(struct reader *r, struct err *e)
{
	unsigned line = r->line, depth = 0;

	if (peek(r, 1) != '*' || peek(r, 0) == '#') {
		while (r->at < r->end && *r->at != '\n')
			r->at++;
		return 0;
	}
	do {
		bool open = peek(r, 0) == '/' && peek(r, 1) == '*';
		bool shut = peek(r, 0) == '*' && peek(r, 1) == '/';

		if (r->at >= r->end)
			return fail(r, line, e,
			    "this comment is not closed; accepted: \"*/\" at its end");
		if (open || shut)
			r->at++;
		depth = open ? depth + 1 : shut ? depth - 1 : depth;
		advance(r);
	} while (depth > 0);
	return 0;
}

/* Skip blanks, comments, and with `lines` newlines. */
static int skip(struct reader *r, bool lines, struct err *e)
{
	while (r->at < r->end) {
		if (is_blank(*r->at) || (lines && *r->at == '\n'))
			advance(r);
		else if (!is_comment(r))
			break;
		else if (skip_comment(r, e) < 0)
			return -1;
	}
	return 0;
}

static int read_key(struct reader *r, struct err *e)
{
	bool quoted = peek(r, 0) == '"';
	size_t n = 0;

	r->step_line = r->line;
	if (peek(r, 0) == '.')
		return fail(r, r->line, e,
		    "macros such as .include are not read; accepted: key = value;");
	r->at += quoted;
	while (n + 1 < sizeof(r->key) && is_key(peek(r, 0)))
		r->key[n++] = *r->at++;
	r->key[n] = '\0';
	if (n == 0)
		return fail(
		    r, r->line, e, "a key is expected; accepted: key = value; or section { }");
	if (is_key(peek(r, 0)))
		return fail(
		    r, r->line, e, "this key is too long; accepted: at most 63 characters");
	if (quoted && peek(r, 0) != '"')
		return fail(r, r->line, e,
		    "this key is not closed; accepted: letters, digits, _ and -");
	r->at += quoted;
	return 0;
}

static int put(struct reader *r, size_t *n, char c, struct err *e)
{
	if (*n + 1 >= sizeof(r->value))
		return fail(
		    r, r->step_line, e, "this value is too long; accepted: at most 1023 bytes");
	r->value[(*n)++] = c;
	return 0;
}

/* \uXXXX as UTF-8; surrogates and NUL have no business in a configuration. */
static int put_unicode(struct reader *r, size_t *n, struct err *e)
{
	uint8_t half[2];
	char hex[5] = {0};
	unsigned code;

	for (size_t i = 0; i < 4; i++)
		hex[i] = peek(r, i);
	if (strlen(hex) != 4 || str_unhex(half, sizeof(half), hex) != 2)
		return fail(r, r->line, e, "\\u wants four hexadecimal digits");
	r->at += 4;
	code = (unsigned)half[0] << 8 | half[1];
	if (code == 0 || (code >= 0xd800 && code < 0xe000))
		return fail(r, r->line, e, "\\u names no character");
	if (code < 0x80)
		return put(r, n, (char)code, e);
	if (code >= 0x800) {
		if (put(r, n, (char)(0xe0 | code >> 12), e) < 0 ||
		    put(r, n, (char)(0x80 | (code >> 6 & 0x3f)), e) < 0)
			return -1;
	} else if (put(r, n, (char)(0xc0 | code >> 6), e) < 0) {
		return -1;
	}
	return put(r, n, (char)(0x80 | (code & 0x3f)), e);
}

static int put_escape(struct reader *r, size_t *n, struct err *e)
{
	static const char from[] = "\"\\/nrtbf", to[] = "\"\\/\n\r\t\b\f";
	char c = peek(r, 0);
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	if (c == 'u') {
		r->at++;
		return put_unicode(r, n, e);
	}
	if (at == NULL)
		return fail(r, r->line, e,
		    "an unknown escape in a string; accepted: \\\" \\\\ \\/ \\n \\r \\t \\b "
		    "\\f "
		    "\\uXXXX");
	r->at++;
	return put(r, n, to[at - from], e);
}

static int read_string(struct reader *r, struct err *e)
{
	size_t n = 0;

	r->quoted = true;
	for (r->at++; peek(r, 0) != '"';) {
		char c = peek(r, 0);

		if (r->at >= r->end || c == '\n')
			return fail(r, r->step_line, e,
			    "this string is not closed; accepted: a double quote on the same "
			    "line");
		if (is_control(c))
			return fail(r, r->line, e,
			    "a control character in a string; accepted: an escape such as \\t");
		r->at++;
		if ((c == '\\' ? put_escape(r, &n, e) : put(r, &n, c, e)) < 0)
			return -1;
	}
	r->at++;
	r->value[n] = '\0';
	return 0;
}

static int read_bare(struct reader *r, struct err *e)
{
	size_t n = 0;

	r->quoted = false;
	if (peek(r, 0) == '<' && peek(r, 1) == '<')
		return fail(r, r->line, e, "heredocs are not read; accepted: a \"string\"");
	if (peek(r, 0) == '\'')
		return fail(
		    r, r->line, e, "single quotes are not read; accepted: a \"string\"");
	while (r->at < r->end && !is_among(*r->at, ";,\n[]{}")) {
		if (n > 0 && is_blank(r->value[n - 1]) && is_comment(r))
			break;
		if (*r->at == '"')
			return fail(r, r->line, e,
			    "a quote within bare text; accepted: the whole value in quotes");
		if (*r->at == '\r' && peek(r, 1) == '\n')
			break;
		if (is_control(*r->at))
			return fail(r, r->line, e,
			    "a control character; accepted: an escape such as \\t in a "
			    "\"string\"");
		if (put(r, &n, *r->at, e) < 0)
			return -1;
		r->at++;
	}
	while (n > 0 && is_blank(r->value[n - 1]))
		n--;
	r->value[n] = '\0';
	if (n == 0)
		return fail(r, r->step_line, e, "a value is missing; accepted: key = value;");
	return 0;
}

static int read_value(struct reader *r, struct err *e)
{
	int rc;

	r->step_line = r->line;
	r->value_at = r->at;
	rc = peek(r, 0) == '"' ? read_string(r, e) : read_bare(r, e);
	/* Bare text stands there as it is, without the blanks behind it. */
	r->value_end = r->quoted ? r->at : r->value_at + strlen(r->value);
	return rc;
}

/* What may stand after a value: its end, or what closes something around it. */
static int end_value(struct reader *r, const char *closers, struct err *e)
{
	if (skip(r, false, e) < 0)
		return -1;
	if (r->at >= r->end || *r->at == '\n' || is_among(*r->at, closers))
		return 0;
	if (*r->at == ';' || *r->at == ',') {
		r->at++;
		return 0;
	}
	return fail(r, r->line, e, "more text after a value; accepted: \";\" or a new line");
}

/* Between `[` and `]`. */
static int next_element(struct reader *r, struct err *e)
{
	if (skip(r, true, e) < 0)
		return -1;
	if (r->at >= r->end)
		return fail(
		    r, r->list_line, e, "this list is not closed; accepted: \"]\" at its end");
	if (*r->at != ']') {
		if (read_value(r, e) < 0 || end_value(r, "]", e) < 0)
			return -1;
		return READER_ELEMENT;
	}
	r->at++;
	r->list_line = 0;
	return end_value(r, "}", e) < 0 ? -1 : READER_LIST_END;
}

static int open_section(struct reader *r, unsigned line, struct err *e)
{
	if (r->opened_line != 0)
		return fail(
		    r, line, e, "a section within a section; accepted: one level of sections");
	r->at++;
	r->opened_line = line;
	memcpy(r->section, r->key, sizeof(r->section));
	r->step_line = line;
	return READER_OPEN;
}

static int close_section(struct reader *r, struct err *e)
{
	r->step_line = r->line;
	if (r->opened_line == 0)
		return fail(r, r->line, e, "a \"}\" that closes nothing");
	r->at++;
	r->opened_line = 0;
	r->section[0] = '\0';
	return READER_CLOSE;
}

/* After a key: its `=`, and what it is the key of. */
static int next_item(struct reader *r, struct err *e)
{
	unsigned line = r->line;
	bool assigned;

	if (skip(r, false, e) < 0)
		return -1;
	assigned = peek(r, 0) == '=' || peek(r, 0) == ':';
	r->at += assigned;
	if (skip(r, false, e) < 0)
		return -1;
	if (!assigned && peek(r, 0) == '\n') {
		/* A section's brace may stand on the next line; a value may not. */
		struct reader ahead = *r;

		if (skip(&ahead, true, e) < 0)
			return -1;
		if (peek(&ahead, 0) == '{')
			*r = ahead;
	}
	if (peek(r, 0) == '{')
		return open_section(r, line, e);
	if (peek(r, 0) != '[') {
		if (read_value(r, e) < 0 || end_value(r, "}", e) < 0)
			return -1;
		return READER_VALUE;
	}
	r->at++;
	r->list_line = r->step_line = line;
	return READER_LIST;
}

int reader_next(struct reader *r, struct err *e)
{
	if (r->list_line != 0)
		return next_element(r, e);
	do {
		if (skip(r, true, e) < 0)
			return -1;
	} while ((peek(r, 0) == ';' || peek(r, 0) == ',') && r->at++ < r->end);
	if (r->at >= r->end && r->opened_line != 0)
		return fail(r, r->opened_line, e,
		    "this section is not closed; accepted: \"}\" at its end");
	if (r->at >= r->end)
		return READER_END;
	if (*r->at == '}')
		return close_section(r, e);
	if (read_key(r, e) < 0)
		return -1;
	return next_item(r, e);
}
