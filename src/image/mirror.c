/*
 * mirror: the default mirror is the one that this host trusts with itself.
 *
 * apt's sources are read in apt's order; the first enabled binary source whose
 * address ends in "/debian" is taken, so that security archives and those of
 * third parties are passed over.  A host without apt, or with a transport that
 * we do not speak, gets Debian's own name for the nearest mirror.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "image/image.h"
#include "image/mirror.h"

#define DEFAULT_MIRROR "http://deb.debian.org/debian"
#define SOURCES        "/etc/apt/sources.list"
#define PARTS          "/etc/apt/sources.list.d"

/* An address that we can use, without slashes at its end. */
static bool take_address(const char *word, size_t len, char *dst, size_t size)
{
	while (len > 0 && word[len - 1] == '/')
		len--;
	if (len < 7 || len >= size || strncmp(word + len - 7, "/debian", 7) != 0)
		return false;
	if (strncmp(word, "http://", 7) != 0 && strncmp(word, "https://", 8) != 0 &&
	    strncmp(word, "file:/", 6) != 0)
		return false;
	memcpy(dst, word, len);
	dst[len] = '\0';
	return true;
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

bool mirror_in_list(const char *text, char *dst, size_t size)
{
	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *word = skip_blanks(p);

		if (strncmp(word, "deb ", 4) != 0 && strncmp(word, "deb\t", 4) != 0)
			continue;
		word = skip_blanks(word + 4);
		if (*word == '[') {
			word += strcspn(word, "]\n");
			word = skip_blanks(word + (*word == ']'));
		}
		if (take_address(word, strcspn(word, " \t\n"), dst, size))
			return true;
	}
	return false;
}

/* What a stanza has said so far. */
struct stanza {
	bool binary, disabled;
	const char *addresses;
};

static bool stanza_done(struct stanza *s, char *dst, size_t size)
{
	struct stanza was = *s;

	*s = (struct stanza){0};
	if (!was.binary || was.disabled || was.addresses == NULL)
		return false;
	for (const char *p = was.addresses; *p != '\0' && *p != '\n';) {
		size_t n = strcspn(p, " \t\n");

		if (take_address(p, n, dst, size))
			return true;
		p = skip_blanks(p + n);
	}
	return false;
}

static bool has_word(const char *line, const char *word)
{
	size_t end = strcspn(line, "\n"), n = strlen(word);

	for (size_t i = 0; i < end;) {
		size_t len = strcspn(line + i, " \t\n");

		if (len == n && strncmp(line + i, word, n) == 0)
			return true;
		i += len;
		i += strspn(line + i, " \t");
		if (len == 0 && line[i] == '\n')
			break;
	}
	return false;
}

bool mirror_in_stanzas(const char *text, char *dst, size_t size)
{
	struct stanza s = {0};

	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		if (*p == '\n' && stanza_done(&s, dst, size))
			return true;
		if (strncasecmp(p, "Types:", 6) == 0)
			s.binary = has_word(skip_blanks(p + 6), "deb");
		else if (strncasecmp(p, "Enabled:", 8) == 0)
			s.disabled = has_word(skip_blanks(p + 8), "no");
		else if (strncasecmp(p, "URIs:", 5) == 0)
			s.addresses = skip_blanks(p + 5);
	}
	return stanza_done(&s, dst, size);
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static int is_part(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	       (ends_in(d->d_name, ".list") || ends_in(d->d_name, ".sources"));
}

static bool in_file(const char *path, char *dst, size_t size)
{
	struct err ignored = {0};
	size_t len;
	auto_free char *text = file_read(path, 1 << 20, &len, &ignored);

	if (text == NULL)
		return false;
	if (ends_in(path, ".sources"))
		return mirror_in_stanzas(text, dst, size);
	return mirror_in_list(text, dst, size);
}

void image_default_mirror(char *dst, size_t size)
{
	struct dirent **parts = NULL;
	int count;
	bool found = in_file(SOURCES, dst, size);

	count = found ? 0 : scandir(PARTS, &parts, is_part, alphasort);
	for (int i = 0; i < count; i++) {
		char path[512];

		if (!found && str_format(path, sizeof(path), "%s/%s", PARTS, parts[i]->d_name))
			found = in_file(path, dst, size);
		free(parts[i]);
	}
	free(parts);
	if (!found)
		str_copy(dst, size, DEFAULT_MIRROR);
}
