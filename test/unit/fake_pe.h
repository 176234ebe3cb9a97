/*
 * fake_pe: PE files that are just enough for the boot disk's engine: right
 * headers, nothing to run.
 */
#ifndef TEST_UNIT_FAKE_PE_H
#define TEST_UNIT_FAKE_PE_H

#include <string.h>

#include "base/base.h"

#define FAKE_PE_AT    0x80
#define FAKE_OPTIONAL (FAKE_PE_AT + 24)

static inline void fake_put(void *dst, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		((uint8_t *)dst)[i] = (uint8_t)(value >> 8 * i);
}

static inline uint32_t fake_get(const void *src, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)((const uint8_t *)src)[i] << 8 * i;
	return value;
}

/*
 * Headers of an EFI program for x86-64, of 1024 bytes at `p`.
 *
 * @optional bytes of the optional header, 112 and 8 for each directory
 */
static inline void fake_pe_headers(uint8_t *p, unsigned rows, unsigned optional)
{
	memcpy(p, "MZ", 2);
	fake_put(p + 0x3c, FAKE_PE_AT, 4);
	memcpy(p + FAKE_PE_AT, "PE\0\0", 4);
	fake_put(p + FAKE_PE_AT + 4, 0x8664, 2);
	fake_put(p + FAKE_PE_AT + 6, rows, 2);
	fake_put(p + FAKE_PE_AT + 20, optional, 2);
	fake_put(p + FAKE_OPTIONAL, 0x20b, 2);
	fake_put(p + FAKE_OPTIONAL + 32, 4096, 4);
	fake_put(p + FAKE_OPTIONAL + 36, 512, 4);
	fake_put(p + FAKE_OPTIONAL + 60, 1024, 4);
	fake_put(p + FAKE_OPTIONAL + 68, 10, 2);
	fake_put(p + FAKE_OPTIONAL + 108, (optional - 112) / 8, 4);
}

static inline void fake_pe_row(
    uint8_t *row, const char *name, uint32_t size, uint32_t address, uint32_t offset)
{
	memcpy(row, name, strlen(name));
	fake_put(row + 8, size, 4);
	fake_put(row + 12, address, 4);
	fake_put(row + 16, (size + 511) / 512 * 512, 4);
	fake_put(row + 20, offset, 4);
}

#define FAKE_STUB_OPTIONAL 240 /* with all 16 directories */
#define FAKE_STUB_TABLE    (FAKE_OPTIONAL + FAKE_STUB_OPTIONAL)

/* A stub of 2048 bytes: two sections, the second of the name that systemd's has. */
static inline struct buf fake_stub(void)
{
	uint8_t p[2048] = {0};
	struct buf out = {0};

	fake_pe_headers(p, 2, FAKE_STUB_OPTIONAL);
	fake_put(p + FAKE_OPTIONAL + 4, 512, 4);
	fake_put(p + FAKE_OPTIONAL + 8, 512, 4);
	fake_put(p + FAKE_OPTIONAL + 56, 0x3000, 4);
	fake_put(p + FAKE_OPTIONAL + 64, 0x1234, 4);
	fake_pe_row(p + FAKE_STUB_TABLE, ".text", 500, 0x1000, 1024);
	fake_pe_row(p + FAKE_STUB_TABLE + 40, ".sdmagic", 40, 0x2000, 1536);
	memset(p + 1024, 0xcc, 500);
	buf_add(&out, p, sizeof(p));
	return out;
}

#endif
