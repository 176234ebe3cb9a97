/* vm_keeper: whatever the machine process sends, a request of it is one of three. */
#include <stdint.h>
#include <stdlib.h>

#include "vm/keeper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keeper_request r = {0};

	if (keeper_request_read(data, size, &r) &&
	    (size != sizeof(r) || r.verb < KEEPER_START || r.verb > KEEPER_KILL))
		abort();
	return 0;
}
