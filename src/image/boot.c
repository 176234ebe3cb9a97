/*
 * boot: the boot disk: a unified kernel image on a FAT file system, under the
 * name that firmware starts without having been told anything.
 *
 * Kernel and initrd are those of direct boot and the command line is the same,
 * so a guest that came by UEFI is the same guest.  The kernel is the packages'
 * bzImage, which is an EFI program itself; the stub hands it the rest.
 */
#include <string.h>

#include "image/boot.h"
#include "image/fat.h"
#include "image/image.h"
#include "image/uki.h"

#define BOOT_PROGRAM "EFI/BOOT/BOOTX64.EFI"

/* What a boot menu shows, if one ever reads it. */
static void describe(char *dst, size_t size, const char *version)
{
	str_format(dst, size,
	    "ID=airlock\nNAME=airlock\nPRETTY_NAME=\"airlock, Linux %s\"\nVERSION_ID=%s\n",
	    version, version);
}

static const struct deb_file *find_stub(const struct boot_parts *b, struct err *e)
{
	const struct recipe_pair *stub = b->packages->recipe->boot_stub.items;
	struct package *pkg = package_open(b->packages, stub->key, e);
	const struct deb_file *f;

	if (pkg == NULL)
		return NULL;
	f = deb_find(&pkg->deb, stub->value);
	if (f == NULL || f->data == NULL) {
		err_set(e, 0, "package %s %s has no %s", stub->key, pkg->entry->version,
		    stub->value);
		return NULL;
	}
	pkg->used = true;
	return f;
}

int boot_write(const struct boot_parts *b, struct buf *out, struct err *e)
{
	const struct recipe_pairs *recipe = &b->packages->recipe->boot_stub;
	struct buf program = {0};
	const struct deb_file *stub;
	char release[512];
	int r;

	if (recipe->count == 0)
		return 0;
	if (recipe->count > 1)
		return err_set(e, 0, "recipe: boot.stub: accepted: one");
	stub = find_stub(b, e);
	if (stub == NULL)
		return err_ctx(e, "boot disk");
	describe(release, sizeof(release), b->version);
	r = uki_write(&(struct uki){.stub = stub->data,
			  .stub_len = stub->len,
			  .release = release,
			  .command_line = IMAGE_COMMAND_LINE,
			  .version = b->version,
			  .initrd = b->initrd->data,
			  .initrd_len = b->initrd->len,
			  .kernel = b->kernel->image->data,
			  .kernel_len = b->kernel->image->len},
	    &program, e);
	if (r == 0)
		r = fat_write(BOOT_PROGRAM, program.data, program.len, out, e);
	buf_fini(&program);
	return r < 0 ? err_ctx(e, "boot disk") : 0;
}
