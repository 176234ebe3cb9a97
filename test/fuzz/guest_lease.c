/*
 * guest_lease: what a DHCP server put into dhcpcd's environment, as lines.
 * What is understood must be a lease that could be used.
 */
#include <string.h>

#include "guest/lease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[LEASE_TEXT_MAX], collected[LEASE_TEXT_MAX];
	const char *env[] = {text, text, NULL};
	struct lease lease;
	struct err e = {0};

	size = MIN(size, sizeof(text) - 1);
	memcpy(text, data, size);
	text[size] = '\0';
	if (lease_parse(text, &lease, &e) == 0 && lease.kind == LEASE_BOUND &&
	    (lease.address == 0 || lease.prefix < 8 || lease.prefix > 32))
		abort();
	lease_collect(env, collected, sizeof(collected));
	if (strlen(collected) >= sizeof(collected))
		abort();
	return 0;
}
