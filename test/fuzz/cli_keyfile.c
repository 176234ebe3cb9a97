/*
 * Any bytes as a connection of NetworkManager's: what is taken over is a network that
 * may be joined, and its lines in the supplicant's file are understood again.
 */
#include <string.h>

#include "cli/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct station_file empty, after;
	struct station_network n;
	struct buf text = {0};
	struct err e = {0};
	int rc = keyfile_network((const char *)data, size, &n, &e);

	require((rc < 0) == (e.text[0] != '\0'));
	require(rc == 1 || n.secret[0] == '\0');
	if (rc != 1)
		return 0;
	require(n.ssid.len >= 1 && n.ssid.len <= STATION_SSID_MAX);
	require(station_network_check(&n, &e) == 0);
	require(station_file_read(&empty, "", 0, "f", &e) == 0);
	station_file_add(&empty, &n, &text);
	require(station_file_read(&after, text.data, text.len, "f", &e) == 0);
	require(after.blocks == 1 && station_file_find(&after, &n.ssid, 0) != NULL);
	station_file_fini(&empty);
	station_file_fini(&after);
	buf_fini(&text);
	return 0;
}
