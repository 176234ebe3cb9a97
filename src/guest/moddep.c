/*
 * moddep: what depmod's text files say.  Pure: text in, names out.
 *
 * The files are scanned line by line at every question.  A router's image has
 * some dozens of lines of each, one with the drivers of all cards some ten
 * thousand aliases: still a few milliseconds, less than building an index.
 * The first bytes decide in nearly every line, so the pattern is only tried
 * when those up to the first wildcard are equal.
 */
#include <string.h>

#include "guest/module.h"

static const char *line_end(const char *p)
{
	return p + strcspn(p, "\n");
}

static const char *next_line(const char *p)
{
	p = line_end(p);
	return *p == '\n' ? p + 1 : p;
}

static char fold(char c)
{
	return c == '-' ? '_' : c;
}

static bool same_name(const char *a, size_t len, const char *b)
{
	for (size_t i = 0; i < len; i++)
		if (b[i] == '\0' || fold(a[i]) != fold(b[i]))
			return false;
	return b[len] == '\0';
}

/* The part of a path that is the module's name. */
static const char *base_of(const char *path, size_t len, size_t *name_len)
{
	const char *start = path, *dot;

	for (const char *p = path; p < path + len; p++)
		if (*p == '/')
			start = p + 1;
	dot = memchr(start, '.', (size_t)(path + len - start));
	*name_len = (size_t)((dot != NULL ? dot : path + len) - start);
	return start;
}

void moddep_name(const char *path, size_t len, char name[MODULE_NAME])
{
	size_t n;
	const char *start = base_of(path, len, &n);

	n = MIN(n, (size_t)MODULE_NAME - 1);
	for (size_t i = 0; i < n; i++)
		name[i] = fold(start[i]);
	name[n] = '\0';
}

bool moddep_find(const char *dep, const char *name, char *path, size_t size, const char **deps)
{
	for (const char *p = dep; *p != '\0'; p = next_line(p)) {
		size_t len = strcspn(p, ":\n"), n;
		const char *start = base_of(p, len, &n);

		if (p[len] != ':' || !same_name(start, n, name))
			continue;
		if (len >= size)
			return false;
		memcpy(path, p, len);
		path[len] = '\0';
		*deps = p + len + 1;
		return true;
	}
	return false;
}

/* Whether c is in the class whose first byte after the bracket is p; *p moves behind it. */
static bool in_class(const char **at, const char *end, char c)
{
	const char *p = *at;
	bool found = false;

	for (; p < end && *p != ']'; p++) {
		if (p + 2 < end && p[1] == '-' && p[2] != ']') {
			found |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			found |= c == *p;
		}
	}
	*at = p < end ? p + 1 : end;
	return found;
}

bool moddep_match(const char *pattern, size_t len, const char *text)
{
	const char *p = pattern, *end = pattern + len;
	const char *star = NULL, *star_text = NULL;

	for (;;) {
		if (p < end && *p == '*') {
			star = ++p;
			star_text = text;
			continue;
		}
		if (p == end && *text == '\0')
			return true;
		if (p < end && *text != '\0') {
			const char *q = p + 1;
			bool hit = *p == '?' || *p == *text;

			if (*p == '[')
				hit = in_class(&q, end, *text);
			if (hit) {
				p = q;
				text++;
				continue;
			}
		}
		/* A mismatch: let the last star take one byte more. */
		if (star == NULL || *star_text == '\0')
			return false;
		p = star;
		text = ++star_text;
	}
}

static size_t literal(const char *pattern, size_t len)
{
	size_t n = 0;

	while (n < len && pattern[n] != '*' && pattern[n] != '?' && pattern[n] != '[')
		n++;
	return n;
}

/* The words of a line: the second and third, by whose lengths they end. */
struct words {
	const char *second, *third;
	size_t second_len, third_len;
};

static bool split(const char *line, const char *keyword, struct words *w)
{
	size_t n = strlen(keyword);

	if (strncmp(line, keyword, n) != 0 || line[n] != ' ')
		return false;
	w->second = line + n + 1;
	w->second_len = strcspn(w->second, " \n");
	if (w->second[w->second_len] != ' ')
		return false;
	w->third = w->second + w->second_len + 1;
	w->third_len = strcspn(w->third, "\n");
	return true;
}

bool moddep_alias(const char **at, const char *alias, char name[MODULE_NAME])
{
	struct words w;

	for (const char *p = *at; *p != '\0'; p = next_line(p)) {
		size_t n;

		if (!split(p, "alias", &w) || w.third_len >= MODULE_NAME)
			continue;
		n = literal(w.second, w.second_len);
		if (strncmp(w.second, alias, n) != 0 ||
		    !moddep_match(w.second + n, w.second_len - n, alias + n))
			continue;
		memcpy(name, w.third, w.third_len);
		name[w.third_len] = '\0';
		*at = next_line(p);
		return true;
	}
	*at += strlen(*at);
	return false;
}

bool moddep_soft(const char **at, const char *module, char name[MODULE_NAME])
{
	struct words w;
	const char *p = *at;

	/* Inside a list already?  The cursor then stands behind a word of it. */
	while (*p != '\0') {
		if (*p == ' ' && p[1] != '\n' && p[1] != '\0') {
			size_t len = strcspn(++p, " \n");

			if (strncmp(p, "post:", 5) != 0 && len < MODULE_NAME) {
				memcpy(name, p, len);
				name[len] = '\0';
				*at = p + len;
				return true;
			}
			p = next_line(p);
			continue;
		}
		if (*p == '\n') {
			p++;
			continue;
		}
		if (split(p, "softdep", &w) && same_name(w.second, w.second_len, module) &&
		    strncmp(w.third, "pre:", 4) == 0)
			p = w.third + 4;
		else
			p = next_line(p);
	}
	*at = p;
	return false;
}
