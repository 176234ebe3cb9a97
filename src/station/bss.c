/*
 * bss: more of the air than one answer holds.  Pure.
 *
 * SCAN_RESULTS is cut at the 4 KiB of an answer, some fifty access points: in a
 * house full of them that hides most.  "BSS RANGE=<id>-" gives them in the order
 * of their numbers, as many as fit; one that does not fit is left out silently and
 * shorter ones may follow it.  So what stands near the end of a full answer is not
 * taken, but asked for again.
 */
#include <stdio.h>
#include <string.h>

#include "station/station.h"

struct bss {
	char id[16], bssid[24], freq[8], level[8], flags[160], ssid[4 * STATION_SSID_MAX + 1];
};

static void take(struct bss *b, const char *line, size_t len)
{
	const struct {
		const char *key;
		char *dst;
		size_t size;
	} fields[] = {
	    {"id=", b->id, sizeof(b->id)},
	    {"bssid=", b->bssid, sizeof(b->bssid)},
	    {"freq=", b->freq, sizeof(b->freq)},
	    {"level=", b->level, sizeof(b->level)},
	    {"flags=", b->flags, sizeof(b->flags)},
	    {"ssid=", b->ssid, sizeof(b->ssid)},
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		size_t n = strlen(fields[i].key);

		if (len >= n && memcmp(line, fields[i].key, n) == 0)
			str_format(
			    fields[i].dst, fields[i].size, "%.*s", (int)(len - n), line + n);
	}
}

size_t station_bss_rows(const char *reply, struct buf *out, unsigned *next)
{
	size_t rows = 0, at = 0, full = strlen(reply);
	struct bss b = {0};

	while (reply[at] != '\0') {
		size_t len = strcspn(reply + at, "\n");
		bool ends = len == 4 && (memcmp(reply + at, "====", 4) == 0 ||
					    memcmp(reply + at, "####", 4) == 0);
		uint64_t id;

		if (!ends)
			take(&b, reply + at, len);
		at += reply[at + len] == '\n' ? len + 1 : len;
		if (!ends)
			continue;
		if (full > STATION_FULL && at > STATION_FULL)
			break;
		if (str_u64(b.id, *next, UINT32_MAX - 1, &id)) {
			buf_addf(out, "%s\t%s\t%s\t%s\t%s\n", b.bssid, b.freq, b.level, b.flags,
			    b.ssid);
			*next = (unsigned)id + 1;
			rows++;
		}
		b = (struct bss){0};
	}
	return rows;
}
