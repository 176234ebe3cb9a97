/* vm/bhyve_kernel over any bytes, and the layout of what it accepts. */
#include <stdlib.h>

#include "vm/bhyve_boot.h"

#define MEMORY_MIB 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every piece is bytes of the file or of the layout, in the guest's memory. */
static void check_pieces(const struct bhyve_boot *b, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct bhyve_piece *p = &b->pieces[i];
		const uint8_t *from = p->data;

		if (p->address + p->len > (uint64_t)MEMORY_MIB << 20)
			abort();
		if (p->address < 0x100000)
			continue;
		if (from != NULL && (from < data || p->len > size - (size_t)(from - data)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bhyve_boot boot;
	struct bhyve_kernel k;
	struct err e = {0};

	if (bhyve_kernel_parse(data, size, &k, &e) == 0 &&
	    bhyve_boot(data, &k, size, "console=ttyS0", MEMORY_MIB, &boot, &e) == 0)
		check_pieces(&boot, data, size);
	return 0;
}
