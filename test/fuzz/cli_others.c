/*
 * Any text as what other software says and is configured by: an answer, in bounded time,
 * whatever the text.
 */
#include <string.h>

#include "cli/others.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (other_nm_state(text) > 9999)
		abort();
	other_dhcpcd_denies(text, "wlp3s0");
	other_ifupdown_has(text, "wlp3s0");
	free(text);
	return 0;
}
