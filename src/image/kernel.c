/*
 * kernel: from vmlinuz to vmlinux.
 *
 * A bzImage is real-mode setup code and a protected-mode part; the setup
 * header (magic "HdrS", protocol 2.08 or later) says where in the latter the
 * compressed kernel lies.  Compressors other than gzip have the size of the
 * content appended to their stream, four bytes little-endian, which the
 * decompressor must not see; gzip ends with the same number as its own
 * trailer.  The size is checked against what came out.
 *
 * Direct boot jumps to the address in the note XEN_ELFNOTE_PHYS32_ENTRY, so a
 * kernel without it is refused here and not at the first start.
 */
#include <elf.h>
#include <string.h>

#include "image/elf.h"
#include "image/kernel.h"
#include "image/unpack.h"

#define SETUP_SECTS    0x1f1
#define BOOT_FLAG      0x1fe
#define HEADER_MAGIC   0x202
#define HEADER_VERSION 0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END     0x250
#define SECTOR         512u
#define VMLINUX_MAX    ((size_t)256 << 20)

#define XEN_ELFNOTE_PHYS32_ENTRY 18

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int kernel_payload(const void *image, size_t len, size_t *offset, size_t *size, struct err *e)
{
	const uint8_t *p = image;
	uint64_t setup, at, n;

	if (len < HEADER_END || p[BOOT_FLAG] != 0x55 || p[BOOT_FLAG + 1] != 0xaa ||
	    memcmp(p + HEADER_MAGIC, "HdrS", 4) != 0)
		return err_set(e, 0, "not a bzImage");
	if ((p[HEADER_VERSION] | p[HEADER_VERSION + 1] << 8) < 0x208)
		return err_set(e, 0, "the boot protocol is older than 2.08");
	/* Zero means four, for reasons of the year 1992. */
	setup = p[SETUP_SECTS] != 0 ? p[SETUP_SECTS] : 4;
	at = (setup + 1) * SECTOR + le32(p + PAYLOAD_OFFSET);
	n = le32(p + PAYLOAD_LENGTH);
	if (n < 8 || at > len || n > len - at)
		return err_set(e, 0, "the payload leads outside the file");
	*offset = at;
	*size = n;
	return 0;
}

static int check(const struct buf *vmlinux, struct err *e)
{
	const uint8_t *entry;
	struct elf f;
	size_t len;

	if (elf_open(&f, vmlinux->data, vmlinux->len, e) < 0)
		return -1;
	if (f.machine != EM_X86_64)
		return err_set(e, 0, "not for x86-64");
	if (!elf_note(&f, "Xen", XEN_ELFNOTE_PHYS32_ENTRY, &entry, &len) || len < 4)
		return err_set(e, 0, "no PVH entry (built without CONFIG_PVH)");
	return 0;
}

int kernel_unwrap(const void *image, size_t len, struct buf *vmlinux, struct err *e)
{
	size_t offset = 0, size = 0;
	const uint8_t *payload;
	uint32_t want;

	if (kernel_payload(image, len, &offset, &size, e) < 0)
		return err_ctx(e, "kernel");
	payload = (const uint8_t *)image + offset;
	want = le32(payload + size - 4);
	if (payload[0] != 0x1f || payload[1] != 0x8b)
		size -= 4;
	vmlinux->len = 0;
	if (unpack_stream(payload, size, "the payload", VMLINUX_MAX, vmlinux, e) < 0)
		return err_ctx(e, "kernel");
	if (vmlinux->len != want)
		return err_set(
		    e, 0, "kernel: %zu bytes unpacked instead of %u", vmlinux->len, want);
	return check(vmlinux, e) < 0 ? err_ctx(e, "kernel") : 0;
}
