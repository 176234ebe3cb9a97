/* image/kernel over any bytes: the setup header, and what lies behind it. */
#include <stdlib.h>

#include "image/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf vmlinux = {0};
	struct err e = {0};
	size_t offset, len;

	if (kernel_payload(data, size, &offset, &len, &e) == 0 &&
	    (offset > size || len > size - offset))
		abort();
	kernel_unwrap(data, size, &vmlinux, &e);
	buf_fini(&vmlinux);
	return 0;
}
