/* Any text: what is hidden is cut off there, and nothing else is changed. */
#include <string.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *before = malloc(size + 1);
	size_t same = 0, len;

	if (text == NULL || before == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	strcpy(before, text);
	str_hide_secrets(text);
	len = strlen(text);
	while (text[same] != '\0' && text[same] == before[same])
		same++;
	/* Either all of it is there, or the rest is the mark. */
	if (len > strlen(before) ||
	    (len != strlen(before) && strspn(text + same, "*") != len - same))
		abort();
	if (text[same] != '\0' && strspn(text + same, "*") != strlen(text + same))
		abort();
	free(before);
	free(text);
	return 0;
}
