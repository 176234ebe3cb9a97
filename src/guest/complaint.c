/*
 * complaint: understands the few lines by which drivers say what they lack.
 *
 * A line begins with the driver's name and the device's: "iwlwifi 0000:00:05.0: ".
 * The device counts, as others ask for firmware too: the regulatory database, the
 * Bluetooth half of a card.  A driver may try many versions of a file, newest
 * first; the first and the last tell the range.  What comes after that is nothing
 * to a card that came up: whoever sees that forgets all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/complaint.h"

/* The words before ": " at the beginning of a line; what is said, or NULL. */
static const char *take_prefix(const char *text, struct complaint *of)
{
	const char *end = strstr(text, ": "), *space;
	size_t len;

	if (end == NULL)
		return NULL;
	len = (size_t)(end - text);
	space = memchr(text, ' ', len);
	if (space == NULL)
		return NULL;
	str_format(of->driver, sizeof(of->driver), "%.*s", (int)(space - text), text);
	len = strcspn(space + 1, " ");
	len = MIN(len, (size_t)(end - space - 1));
	if (len >= sizeof(of->device))
		return NULL;
	str_format(of->device, sizeof(of->device), "%.*s", (int)len, space + 1);
	return end + 2;
}

static struct complaint *entry(struct complaints *c, const struct complaint *of)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->list[i].device, of->device) == 0)
			return &c->list[i];
	if (c->count == COMPLAINTS_MAX)
		return NULL;
	c->list[c->count] = *of;
	return &c->list[c->count++];
}

/* What follows `before`, as a word or up to `after`; false when the line has none. */
static bool take(
    char *dst, size_t size, const char *said, const char *before, const char *after)
{
	const char *p = strstr(said, before), *end;

	if (p == NULL)
		return false;
	p += strlen(before);
	end = after[0] != '\0' ? strstr(p, after) : p + strcspn(p, " ");
	if (end == NULL || end == p)
		return false;
	str_format(dst, size, "%.*s", (int)(end - p), p);
	return true;
}

/* How a line names a file that is missing: it begins so, and there it stands. */
static const struct {
	const char *begins, *before, *after;
} names[] = {
    {"Direct firmware load for ", "load for ", ""},
    {"minimum version required: ", "required: ", ""}, /* iwlwifi */
    {"Failed to find firmware", "to find ", ": -"},   /* ath10k */
    {"failed to fetch board data for ", " from ", ""},
};

static bool take_file(char *dst, size_t size, const char *said)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strncmp(said, names[i].begins, strlen(names[i].begins)) == 0)
			return take(dst, size, said, names[i].before, names[i].after);
	return false;
}

void complaints_line(struct complaints *c, const char *text)
{
	static const char gives_up[] = "probe with driver ";
	struct complaint of = {0}, *to;
	char file[sizeof(of.first)], error[16];
	const char *said = take_prefix(text, &of);

	if (said == NULL)
		return;
	if (take_file(file, sizeof(file), said)) {
		to = entry(c, &of);
		if (to == NULL)
			return;
		if (to->first[0] == '\0')
			str_copy(to->first, sizeof(to->first), file);
		str_copy(to->last, sizeof(to->last), file);
	} else if (strncmp(said, gives_up, sizeof(gives_up) - 1) == 0 &&
		   take(error, sizeof(error), said, " failed with error ", "")) {
		to = entry(c, &of);
		if (to != NULL)
			to->error = atoi(error);
	}
}

static const struct complaint *find(const struct complaints *c, const char *address)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->list[i].device, address) == 0)
			return &c->list[i];
	/* Qualcomm's newer cards load their firmware over a bus of their own. */
	for (size_t i = 0; i < c->count; i++)
		if (strncmp(c->list[i].device, "mhi", 3) == 0)
			return &c->list[i];
	return NULL;
}

void complaints_words(const struct complaints *c, const struct card *card, const char *kernel,
    char *dst, size_t size)
{
	static const char build[] = "; run: airlock image build";
	const struct complaint *m = find(c, card->address);
	const char *driver = card->driver[0] != '\0' ? card->driver
			     : m != NULL             ? m->driver
						     : "";
	bool several = m != NULL && strcmp(m->first, m->last) != 0, lacks = true;
	int error = m != NULL ? abs(m->error) : 0;
	size_t len;

	if (m != NULL && m->first[0] != '\0') {
		str_format(dst, size,
		    "%s lacks firmware for the card %04x:%04x: %s%s%s (kernel %s)", driver,
		    card->vendor, card->device, m->first, several ? " to " : "",
		    several ? m->last : "", kernel);
	} else if (driver[0] == '\0') {
		str_format(dst, size,
		    "no driver in this image for the card %04x:%04x (kernel %s)", card->vendor,
		    card->device, kernel);
	} else {
		lacks = false;
		str_format(dst, size,
		    "%s brings up no interface for the card %04x:%04x%s%s (kernel %s)", driver,
		    card->vendor, card->device, error != 0 ? ": " : "",
		    error != 0 ? strerror(error) : "", kernel);
	}
	/* What would mend it, if all of that fits. */
	len = strlen(dst);
	if (lacks && size - len >= sizeof(build))
		str_copy(dst + len, size - len, build);
}
