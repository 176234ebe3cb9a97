/*
 * Any bytes as a dump of routes of FreeBSD's, and as the note of who has the default
 * route: what is taken out of them is in range, and the note writes back the same.
 */
#include <string.h>

#include "hostnet/bsd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

static int look(void *arg, const struct bsd_route *r)
{
	size_t *count = arg;

	require(r->family == BSD_FAMILY_INET || r->family == BSD_FAMILY_IN6);
	require(r->to.prefix <= 32 && r->index <= UINT16_MAX);
	(*count)++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free uint8_t *exact = malloc(size + 1);
	struct buf text = {0}, again = {0};
	struct err e = {0};
	struct bsd_share s;
	size_t count = 0;

	require(exact != NULL);
	memcpy(exact, data, size);
	require(bsd_routes(exact, size, look, &count, &e) <= 0);
	require(count <= size / sizeof(struct bsd_head));

	buf_add(&text, data, size);
	if (size > 0 && bsd_share_read(&s, text.data)) {
		require(s.machine_count <= BSD_MACHINES && s.was_count <= BSD_PATHS);
		bsd_share_write(&s, &again);
		require(strcmp(again.data, text.data) == 0);
	}
	buf_fini(&text);
	buf_fini(&again);
	return 0;
}
