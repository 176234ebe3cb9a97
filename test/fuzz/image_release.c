/* image/release over any bytes: the text of a list, its dates, gpgv's status lines. */
#include <string.h>

#include "image/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0};
	char sha256[HASH_TEXT];
	struct release r;
	struct err e = {0};
	uint64_t bytes;

	if (release_parse(&r, (const char *)data, size, &e) == 0) {
		release_lookup(&r, "main/binary-amd64/Packages.xz", sha256, &bytes);
		release_time(r.date);
		release_time(r.valid_until);
		release_is(&r, "trixie");
	}
	buf_add(&text, data, size);
	release_time(text.data);
	release_judge(text.data, &e);
	buf_fini(&text);
	return 0;
}
