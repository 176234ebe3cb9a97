/*
 * edit: a wpa_supplicant.conf(5) with something changed.  Pure.
 *
 * The new text is the old one up to a place, something else, and the old one
 * from another place on: what is not edited cannot change.  A network is added
 * behind an empty line and taken away with it, and a file whose last line had no
 * newline is left so: adding and removing gives back what was there.
 */
#include <stdio.h>
#include <string.h>

#include "station/internal.h"

/* As the first line of the file ends. */
static const char *line_end(const struct station_file *f)
{
	const char *newline = f->len > 0 ? memchr(f->text, '\n', f->len) : NULL;

	return newline != NULL && newline > f->text && newline[-1] == '\r' ? "\r\n" : "\n";
}

static void copy(const struct station_file *f, size_t from, size_t to, struct buf *out)
{
	if (to > from)
		buf_add(out, f->text + from, to - from);
}

static void add_settings(const struct station_setting *s, size_t count, const char *indent,
    int width, const char *end, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%.*s%s=%s%s", width, indent, s[i].key, s[i].value, end);
}

void station_file_add(
    const struct station_file *f, const struct station_network *n, struct buf *out)
{
	const char *end = line_end(f), *last = end;
	struct station_setting settings[STATION_SETTINGS_MAX];
	size_t count = station_settings(n, true, settings);
	char name[STATION_SSID_TEXT];

	copy(f, 0, f->len, out);
	if (f->len > 0 && f->text[f->len - 1] != '\n') {
		buf_addf(out, "%s", f->text[f->len - 1] == '\r' ? "\r\n" : end);
		last = "";
	}
	buf_addf(out, "%snetwork={%s", f->len > 0 ? end : "", end);
	if (settings[0].value[0] != '"')
		buf_addf(out, "\t# %s%s", station_ssid_text(name, &n->ssid), end);
	add_settings(settings, count, "\t", 1, end, out);
	buf_addf(out, "}%s", last);
	explicit_bzero(settings, sizeof(settings));
}

/* Is a line one of how a network is protected? */
static bool is_protection(const struct station_line *l)
{
	static const char *const keys[] = {"key_mgmt", "psk", "sae_password", "ieee80211w"};
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (station_line_value(l, keys[i], &len) != NULL)
			return true;
	return false;
}

void station_file_change(const struct station_file *f, const struct station_block *b,
    const struct station_network *n, struct buf *out)
{
	struct station_setting settings[STATION_SETTINGS_MAX];
	struct station_network only = *n;
	size_t at = b->start, from = 0, len, count;
	struct station_line l;
	bool done = false;

	only.hidden = only.has_priority = false;
	count = station_settings(&only, true, settings);
	while (at < b->end && station_line_next(f, &at, &l)) {
		if (!done && station_line_value(&l, "ssid", &len) != NULL) {
			const char *start = f->text + l.start;

			/* All but the name, which stays as it is written. */
			copy(f, from, l.end, out);
			from = l.end;
			done = true;
			add_settings(settings + 1, count - 1, start, (int)(l.text - start),
			    line_end(f), out);
		} else if (is_protection(&l)) {
			copy(f, from, l.start, out);
			from = l.end;
		}
	}
	copy(f, from, f->len, out);
	explicit_bzero(settings, sizeof(settings));
	explicit_bzero(&only, sizeof(only));
}

/* Where the empty line begins that ends at `at`; `at` when there is none. */
static size_t before_empty_line(const struct station_file *f, size_t from, size_t at)
{
	size_t p = at;

	if (p <= from || f->text[p - 1] != '\n')
		return at;
	p--;
	if (p > from && f->text[p - 1] == '\r')
		p--;
	return p == 0 || f->text[p - 1] == '\n' ? p : at;
}

size_t station_file_remove(
    const struct station_file *f, const struct station_ssid *ssid, struct buf *out)
{
	const struct station_block *b;
	size_t from = 0, count = 0;

	while ((b = station_file_find(f, ssid, from)) != NULL) {
		size_t to = before_empty_line(f, from, b->start);

		/* The last line of the file has a newline only if it had one. */
		if (b->end == f->len && f->text[f->len - 1] != '\n' && to > from) {
			to--;
			if (to > from && f->text[to - 1] == '\r')
				to--;
		}
		copy(f, from, to, out);
		from = b->end;
		count++;
	}
	copy(f, from, f->len, out);
	return count;
}

size_t station_file_priority(const struct station_file *f, const struct station_ssid *ssid,
    int priority, struct buf *out)
{
	const struct station_block *b;
	size_t from = 0, count = 0, len;

	for (size_t next = 0; (b = station_file_find(f, ssid, next)) != NULL; next = b->end) {
		size_t at = b->start;
		struct station_line l;
		bool done = false;

		while (at < b->end && station_line_next(f, &at, &l)) {
			const char *value = station_line_value(&l, "priority", &len);

			if (value != NULL) {
				copy(f, from, (size_t)(value - f->text), out);
				buf_addf(out, "%d", priority);
				from = (size_t)(value - f->text) + len;
				done = true;
			} else if (at == b->end && !done) {
				copy(f, from, l.start, out);
				from = l.start;
				buf_addf(out, "\tpriority=%d%s", priority, line_end(f));
			}
		}
		count++;
	}
	copy(f, from, f->len, out);
	return count;
}
