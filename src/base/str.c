/*
 * str: text without surprises.
 *
 * Fixed buffers with truncation that is reported, one growing buffer, numbers
 * and hexadecimal with bounds, the edit distance for "did you mean", and how
 * durations and sizes are shown to people.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

static void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;
	char *data;

	if (need <= b->cap)
		return;
	need = MAX(need, b->cap * 2);
	data = realloc(b->data, need);
	if (data == NULL)
		abort();
	b->data = data;
	b->cap = need;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return;
	buf_reserve(b, (size_t)n);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_drop(struct buf *b, size_t n)
{
	n = MIN(n, b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	size_t n = MIN(len, size - 1);

	memcpy(dst, src, n);
	dst[n] = '\0';
	return n == len;
}

bool str_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(dst, size, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < size;
}

void str_hex(char *dst, const void *src, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = src;

	for (size_t i = 0; i < len; i++) {
		*dst++ = digits[p[i] >> 4];
		*dst++ = digits[p[i] & 15];
	}
	*dst = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

ssize_t str_unhex(void *dst, size_t size, const char *hex)
{
	uint8_t *p = dst;
	size_t n = 0;

	for (; hex[0] != '\0'; hex += 2) {
		int high = hex_digit(hex[0]), low = high < 0 ? -1 : hex_digit(hex[1]);

		if (low < 0 || n == size)
			return -1;
		p[n++] = (uint8_t)(high << 4 | low);
	}
	return (ssize_t)n;
}

bool str_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return false;
	}
	if (v < min || v > max)
		return false;
	*value = v;
	return true;
}

#define WORD_MAX 63

/*
 * Levenshtein's distance with two letters swapped as one edit, of words up to
 * WORD_MAX characters; longer ones are far from all.
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	uint8_t d[WORD_MAX + 1][WORD_MAX + 1];

	if (la > WORD_MAX || lb > WORD_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (uint8_t)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			size_t change = d[i - 1][j - 1] + (size_t)(a[i - 1] != b[j - 1]);
			size_t best = MIN(change, (size_t)MIN(d[i - 1][j], d[i][j - 1]) + 1);

			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, (size_t)d[i - 2][j - 2] + 1);
			d[i][j] = (uint8_t)best;
		}
	}
	return d[la][lb];
}

const char *str_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t limit = MAX(strlen(word) / 3, (size_t)1) + 1;

	for (; *names != NULL; names++) {
		size_t d = edit_distance(word, *names);

		if (d < limit) {
			limit = d;
			best = *names;
		}
	}
	return best;
}

char *str_duration(char *dst, size_t size, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (ms < 10000)
		snprintf(dst, size, "%" PRIu64 ".%" PRIu64 " s", s, ms % 1000 / 100);
	else if (s < 60)
		snprintf(dst, size, "%" PRIu64 " s", s);
	else if (s < 3600)
		snprintf(dst, size, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(dst, size, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
	else
		snprintf(dst, size, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s % 86400 / 3600);
	return dst;
}

char *str_bytes(char *dst, size_t size, uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	uint64_t unit = 1;
	size_t i = 0;

	while (bytes / unit >= 1000 && i + 1 < ARRAY_LEN(units)) {
		unit *= 1000;
		i++;
	}
	if (i == 0 || bytes / unit >= 100)
		snprintf(dst, size, "%" PRIu64 " %s", bytes / unit, units[i]);
	else
		snprintf(dst, size, "%" PRIu64 ".%" PRIu64 " %s", bytes / unit,
		    bytes % unit / (unit / 10), units[i]);
	return dst;
}
