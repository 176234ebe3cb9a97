/*
 * guest_probe: what anybody may answer in the place of the address asked, and
 * what may be a URL.  A place to sign in is one that may be shown, and there is
 * one exactly when somebody wants that.
 */
#include <string.h>

#include "guest/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_url(const uint8_t *data, size_t size)
{
	char text[2 * PROBE_URL_MAX];
	struct probe_url u;
	struct buf b = {0};

	size = MIN(size, sizeof(text) - 1);
	memcpy(text, data, size);
	text[size] = '\0';
	if (!probe_url_parse(text, &u))
		return;
	if (!probe_url_shown(text) || u.host[0] == '\0' || u.path[0] != '/')
		abort();
	probe_request(&b, &u);
	/* Five lines and an empty one, however it was tried to smuggle another in. */
	for (size_t i = 0, lines = 0; i < b.len; i++) {
		lines += b.data[i] == '\n';
		if (lines > 6 || (b.data[i] < ' ' && b.data[i] != '\r' && b.data[i] != '\n'))
			abort();
	}
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char asked[] = "http://probe.example/nm";
	enum wire_internet result, end;
	char portal[PROBE_URL_MAX], last[PROBE_URL_MAX];

	try_url(data, size);
	if (!probe_judge(asked, data, size, true, &end, last))
		abort();
	if ((end == WIRE_INTERNET_SIGN_IN) != (last[0] != '\0') ||
	    (last[0] != '\0' && !probe_url_shown(last)))
		abort();
	/* Known early is known for good. */
	for (size_t n = 0; n <= MIN(size, (size_t)256); n++) {
		if (!probe_judge(asked, data, n, false, &result, portal))
			continue;
		if (result != end || strcmp(portal, last) != 0)
			abort();
		break;
	}
	return 0;
}
