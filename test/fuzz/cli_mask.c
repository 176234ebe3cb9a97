/*
 * cli_mask: lines of a log, as strangers on the air may have made them.
 *
 * No text in quotes is left.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf line = {0}, out = {0};

	buf_add(&line, data, size);
	buf_add(&out, "", 0);
	mask_text(&out, line.data);
	if (out.len != strlen(out.data))
		abort();
	for (const char *p = out.data; (p = strchr(p, '"')) != NULL; p++)
		if (strncmp(p + 1, "***", 3) != 0 &&
		    (p < out.data + 3 || strncmp(p - 3, "***", 3) != 0))
			abort();
	buf_fini(&line);
	buf_fini(&out);
	return 0;
}
