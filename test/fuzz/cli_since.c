/* Any text as a moment: nonsense with words, or a time that is not after now. */
#include <string.h>

#include "cli/since.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int64_t now = 1795269600;
	struct err e = {0};
	char text[256];
	uint64_t ms;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (since_parse(text, now, &ms, &e) < 0) {
		if (e.kind != ERR_USAGE || e.text[0] == '\0')
			abort();
	} else if (ms % 1000 != 0 || e.kind != 0) {
		abort();
	} else if (strchr(text, '-') == NULL && ms > (uint64_t)now * 1000) {
		abort(); /* only a date may be in the future */
	}
	return 0;
}
