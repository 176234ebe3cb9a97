/*
 * guest_kernel: records of /dev/kmsg and what drivers say in them, uevents and
 * depmod's tables.
 */
#include <string.h>

#include "guest/complaint.h"
#include "guest/kmsg.h"
#include "guest/module.h"
#include "guest/uevent.h"
#include "guest/watchdog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line of a driver: what it means, and what is made of several of them. */
static void judge(const char *line)
{
	struct card card = {.address = "0000:00:05.0"};
	struct complaints complaints = {0};
	struct watchdog watchdog = {0};
	enum watchdog_sign sign;
	char words[160];
	uint64_t wait;

	for (int i = 0; i < 6; i++) {
		complaints_line(&complaints, line);
		complaints_words(&complaints, &card, "6.12.107", words, sizeof(words));
		sign = watchdog_line(line, card.address);
		if (sign >= WATCHDOG_SIGNS || watchdog_supplicant(line) >= WATCHDOG_SIGNS)
			abort();
		watchdog_see(&watchdog, 10000u * (unsigned)(i + 1), WATCHDOG_THERE, NULL);
		watchdog_see(&watchdog, 10000u * (unsigned)(i + 1), sign, line);
		if (watchdog_decide(&watchdog, 10000u * (unsigned)(i + 1), &wait) >
		    WIRE_WATCHDOG_RESTART)
			abort();
		watchdog_done(&watchdog, 10000u * (unsigned)(i + 1), i % 2 == 0);
	}
}

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
	judge(text);
	if (kmsg_parse(text, &ms, &line) != LEVEL_NONE) {
		if (line < text || line > text + size)
			abort();
		judge(line);
	}
	free(text);
	return 0;
}
