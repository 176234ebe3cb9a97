/*
 * guest_kernel: records of /dev/kmsg, uevents and depmod's tables.
 */
#include <string.h>

#include "guest/kmsg.h"
#include "guest/module.h"
#include "guest/uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), path[128], name[MODULE_NAME];
	const char *deps, *at, *line, *value;
	uint64_t ms;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	value = uevent_get(text, size + 1, "ACTION");
	if (value != NULL && (value < text || value > text + size))
		abort();
	if (moddep_find(text, "mac80211", path, sizeof(path), &deps) &&
	    strlen(path) >= sizeof(path))
		abort();
	for (at = text; moddep_alias(&at, "pci:v00008086d00002723", name);)
		if (strlen(name) >= sizeof(name))
			abort();
	for (at = text; moddep_soft(&at, "libcrc32c", name);)
		if (strlen(name) >= sizeof(name))
			abort();
	moddep_match(text, strlen(text), "pci:v00008086d00002723sv00008086");
	if (kmsg_parse(text, &ms, &line) != LEVEL_NONE && (line < text || line > text + size))
		abort();
	free(text);
	return 0;
}
