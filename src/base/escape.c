/*
 * escape: bytes of strangers made harmless.
 *
 * SSIDs, log lines of the guest and supplicant events are bytes chosen by
 * whoever is in radio range.  Printable UTF-8 (RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF) passes; controls (C0, DEL, C1), characters
 * that change the direction of text, line and paragraph separators and
 * everything malformed become \xHH, byte by byte.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"

/* The length of a well-formed sequence at p, or 0; *c is its character. */
static size_t utf8_decode(const uint8_t *p, size_t len, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (n == 0 || n > len || p[0] > 0xf4)
		return 0;
	*c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

static bool is_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if (c >= 0x200b && c <= 0x200f) /* zero width, direction marks */
		return false;
	if (c >= 0x2028 && c <= 0x202e) /* separators, embeddings, overrides */
		return false;
	if (c >= 0x2066 && c <= 0x2069) /* isolates */
		return false;
	return c != 0xfeff && (c < 0xfff9 || c > 0xffff);
}

static void escape(char *dst, size_t size, const uint8_t *p, size_t len, bool keep_backslash)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	if (size == 0)
		return;
	while (len > 0) {
		uint32_t c = 0;
		size_t n = utf8_decode(p, len, &c);
		char out[4];
		size_t out_len = n;

		if (n > 0 && c == '\\' && !keep_backslash) {
			memcpy(out, "\\\\", out_len = 2);
		} else if (n > 0 && is_printable(c)) {
			memcpy(out, p, n);
		} else {
			n = 1;
			out[0] = '\\';
			out[1] = 'x';
			out[2] = digits[*p >> 4];
			out[3] = digits[*p & 15];
			out_len = 4;
		}
		if (at + out_len >= size)
			break;
		memcpy(dst + at, out, out_len);
		at += out_len;
		p += n;
		len -= n;
	}
	dst[at] = '\0';
}

void str_escape(char *dst, size_t size, const void *src, size_t len)
{
	escape(dst, size, src, len, false);
}

void str_clean(char *dst, size_t size, const void *src, size_t len)
{
	escape(dst, size, src, len, true);
}

/* Does a word that announces a secret stand here?  Its length, or 0. */
static size_t secret_word(const char *text, const char *at)
{
	static const char *const words[] = {"psk", "passphrase", "password", "passwd",
	    "wep_key", "wep key", "private_key_passwd", "pre-shared key"};
	unsigned char before = at > text ? (unsigned char)at[-1] : ' ';

	if (before == '-' || isalnum(before))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strncasecmp(at, words[i], strlen(words[i])) == 0)
			return strlen(words[i]);
	return 0;
}

/* Where the secret begins after its word, or NULL. */
static char *secret_after(char *word_end)
{
	char *p = word_end + strspn(word_end, "0123456789_abcdefghijklmnopqrstuvwxyz");

	p += strspn(p, " \t");
	/* "wrong passphrase for \"cafe\"": what is quoted is a name. */
	if (strncmp(p, "for ", 4) == 0)
		return NULL;
	if (*p == '=' || *p == ':')
		return p + 1 + strspn(p + 1, " \t");
	return strpbrk(p, "\"'");
}

void str_hide_secrets(char *text)
{
	for (char *p = text; *p != '\0'; p++) {
		size_t len = secret_word(text, p);
		char *from = len > 0 ? secret_after(p + len) : NULL;

		if (from == NULL || *from == '\0')
			continue;
		/* Shorter secrets than the mark are cut, not grown over. */
		str_copy(from, MIN(strlen(from), (size_t)3) + 1, "***");
		return;
	}
}
