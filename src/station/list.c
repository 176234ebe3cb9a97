/*
 * list: the networks that the running supplicant knows.  Pure.
 *
 * LIST_NETWORKS has a line a network behind a heading: number, escaped name,
 * address, flags, with tabs between.  A name may hold a tab itself, escaped.
 */
#include <stdio.h>
#include <string.h>

#include "station/station.h"

static bool read_row(const char *line, size_t len, struct station_listed *out)
{
	const char *end = line + len, *name = memchr(line, '\t', len), *after, *flags;
	char digits[12];
	uint64_t id;

	if (name == NULL)
		return false;
	str_format(
	    digits, sizeof(digits), "%.*s", (int)MIN((size_t)(name - line), (size_t)11), line);
	after = memchr(name + 1, '\t', (size_t)(end - name - 1));
	if (!str_u64(digits, 0, INT32_MAX, &id) || after == NULL ||
	    !station_unescape(name + 1, (size_t)(after - name - 1), &out->ssid))
		return false;
	flags = memchr(after + 1, '\t', (size_t)(end - after - 1));
	flags = flags != NULL ? flags : end;
	/* A group of Wi-Fi Direct is none of the user's networks. */
	if (memmem(flags, (size_t)(end - flags), "P2P-PERSISTENT", 14) != NULL)
		return false;
	out->id = (int)id;
	out->current = memmem(flags, (size_t)(end - flags), "[CURRENT]", 9) != NULL;
	out->disabled = memmem(flags, (size_t)(end - flags), "[DISABLED]", 10) != NULL;
	return true;
}

size_t station_list_read(struct station_list *list, const char *reply)
{
	size_t count = 0;

	while (*reply != '\0') {
		size_t len = strcspn(reply, "\n");
		struct station_listed row;

		if (read_row(reply, len, &row) && list->count < STATION_LISTED_MAX) {
			list->row[list->count++] = row;
			count++;
		}
		reply += reply[len] == '\n' ? len + 1 : len;
	}
	return count;
}

const struct station_listed *station_listed(
    const struct station_list *list, const struct station_ssid *ssid)
{
	const struct station_listed *found = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (station_ssid_same(&list->row[i].ssid, ssid) &&
		    (found == NULL || (found->disabled && !list->row[i].disabled)))
			found = &list->row[i];
	return found;
}
