/* image/uki over any bytes as the stub, then as the kernel: what is accepted is whole. */
#include <string.h>

#include "../unit/fake_pe.h"
#include "image/uki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_together(const void *stub, size_t stub_len, const void *kernel, size_t len)
{
	struct buf out = {0};
	struct err e = {0};
	int r = uki_write(&(struct uki){.stub = stub,
			      .stub_len = stub_len,
			      .release = "ID=x\n",
			      .command_line = "quiet",
			      .version = "1",
			      .initrd = "cpio",
			      .initrd_len = 4,
			      .kernel = kernel,
			      .kernel_len = len},
	    &out, &e);

	/* The kernel is the last thing in it, but for padding. */
	if (r == 0 && (out.len < len || memmem(out.data, out.len, kernel, len) == NULL))
		abort();
	if (r < 0 && e.text[0] == '\0')
		abort();
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf stub = fake_stub();
	uint8_t kernel[1024] = {0};

	fake_pe_headers(kernel, 1, 112);
	put_together(data, size, kernel, sizeof(kernel));
	put_together(stub.data, stub.len, data, size);
	buf_fini(&stub);
	return 0;
}
