/*
 * mask: names of networks and hardware addresses taken out of a text.
 *
 * A log is not made to be taken apart, so this errs on the side of too much: all
 * that stands between quotes of one kind on a line goes, and a quote that is not
 * closed takes the rest of its line along, unless it is an apostrophe in a word.
 * Of a MAC address the maker's half stays, which helps and tells of nobody.
 */
#include <ctype.h>
#include <string.h>

#include "cli/mask.h"

#define HEX_RUN 32 /* digits: a key */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "aa:bb:cc:dd:ee:ff", also with dashes. */
static bool is_mac(const char *p)
{
	char sep = p[0] != '\0' && p[1] != '\0' ? p[2] : '\0';

	if (sep != ':' && sep != '-')
		return false;
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? p[i] != sep : !isxdigit((unsigned char)p[i]))
			return false;
	return !is_word(p[17]);
}

static size_t hex_run(const char *p)
{
	size_t n = 0;

	while (isxdigit((unsigned char)p[n]))
		n++;
	return is_word(p[n]) ? 0 : n;
}

/* What stands in quotes from p on, quotes included; 0 when p opens none. */
static size_t quoted(const char *text, const char *p)
{
	const char *end;

	if (*p != '"' && *p != '\'')
		return 0;
	if (*p == '\'' && p > text && is_word(p[-1]))
		return 0;
	for (end = p + 1; *end != '\0' && *end != '\n'; end++) {
		if (*end == '\\' && end[1] != '\0' && end[1] != '\n')
			end++;
		/* A name may have an apostrophe: the quote that ends it has no word after it.
		 */
		else if (*end == *p && !is_word(end[1]))
			return (size_t)(end - p) + 1;
	}
	return (size_t)(end - p);
}

static void mask(struct buf *out, const char *text, bool names)
{
	for (const char *p = text; *p != '\0';) {
		bool begins = p == text || !is_word(p[-1]);
		size_t n = names ? quoted(text, p) : 0;

		if (n > 0) {
			buf_addf(out, "%c***%c", *p, *p);
			p += n;
		} else if (begins && is_mac(p)) {
			buf_addf(out, "%.9s**%c**%c**", p, p[2], p[2]);
			p += 17;
		} else if (names && begins && (n = hex_run(p)) >= HEX_RUN) {
			buf_addf(out, "***");
			p += n;
		} else {
			buf_add(out, p++, 1);
		}
	}
}

void mask_text(struct buf *out, const char *text)
{
	size_t start = out->len;

	mask(out, text, true);
	if (out->data == NULL)
		return;
	str_hide_secrets(out->data + start);
	out->len = start + strlen(out->data + start);
}

void mask_addresses(struct buf *out, const char *text)
{
	mask(out, text, false);
}
