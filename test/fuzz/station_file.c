/*
 * station_file: the user's wpa_supplicant.conf.  Whatever it holds, it is refused
 * or keeps every byte: an unedited file comes out as it went in, a network added
 * is found, and adding and removing it gives back the input.
 */
#include <string.h>

#include "station/station.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void read_again(struct station_file *f, const struct buf *b)
{
	struct err e = {0};

	must(station_file_read(f, b->data != NULL ? b->data : "", b->len, "fuzz", &e) == 0);
}

static bool is_same(const struct buf *b, const struct station_file *f)
{
	return b->len == f->len && (b->len == 0 || memcmp(b->data, f->text, b->len) == 0);
}

static void adds_and_removes(const struct station_file *f, const struct station_network *n)
{
	const struct station_block *b;
	struct buf out = {0}, back = {0};
	struct station_file after;

	station_file_add(f, n, &out);
	must(out.len > f->len && (f->len == 0 || memcmp(out.data, f->text, f->len) == 0));
	read_again(&after, &out);
	b = station_file_find(&after, &n->ssid, f->len);
	must(b != NULL && b->security == n->security && after.blocks == f->blocks + 1);
	must(b->priority == n->priority);
	if (station_file_find(f, &n->ssid, 0) == NULL) {
		must(station_file_remove(&after, &n->ssid, &back) == 1);
		must(is_same(&back, f));
	}
	station_file_fini(&after);
	buf_fini(&out);
	buf_fini(&back);
}

/* An edit of a network that is there touches no other. */
static void edits(const struct station_file *f, struct station_network n)
{
	struct buf changed = {0}, moved = {0};
	const struct station_block *b;
	struct station_file after;

	for (size_t i = 0; i < f->blocks; i++) {
		if (!f->block[i].has_ssid)
			continue;
		n.ssid = f->block[i].ssid;
		station_file_change(f, &f->block[i], &n, &changed);
		read_again(&after, &changed);
		must(after.blocks == f->blocks);
		must(after.block[i].security == n.security);
		must(memcmp(changed.data, f->text, f->block[i].start) == 0);
		station_file_fini(&after);
		must(station_file_priority(f, &n.ssid, -7, &moved) > 0);
		read_again(&after, &moved);
		must(after.blocks == f->blocks);
		b = station_file_find(&after, &n.ssid, 0);
		must(b != NULL && b->priority == -7);
		station_file_fini(&after);
		buf_fini(&changed);
		buf_fini(&moved);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct station_network wpa2 = {.ssid = {"caf", 3}, .security = STATION_WPA2},
			       wpa3 = {.ssid = {"\"\n\303\251", 4},
				   .security = STATION_WPA3,
				   .hidden = true,
				   .has_priority = true,
				   .priority = 12};
	struct station_ssid nobody = {"nobody at all", 13};
	struct station_file f;
	struct buf same = {0};
	struct err e = {0};

	str_copy(wpa2.secret, sizeof(wpa2.secret), "a \"b\" #c passphrase");
	str_copy(wpa3.secret, sizeof(wpa3.secret), "p\303\244ss");
	if (station_file_read(&f, (const char *)data, size, "fuzz", &e) < 0) {
		must(e.kind == ERR_CONF && strncmp(e.text, "fuzz:", 5) == 0);
		return 0;
	}
	if (station_file_find(&f, &nobody, 0) == NULL) {
		must(station_file_remove(&f, &nobody, &same) == 0);
		must(is_same(&same, &f));
	}
	adds_and_removes(&f, &wpa2);
	adds_and_removes(&f, &wpa3);
	edits(&f, wpa2);
	buf_fini(&same);
	station_file_fini(&f);
	return 0;
}
