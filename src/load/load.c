/*
 * load: the steps from files to a virtual machine that bhyve can take over.
 *
 * The kernel is read and laid out before vmm is asked for anything, so that a wrong file
 * makes no machine.  A machine is always made anew: its memory is zero, and nothing of an
 * earlier guest is in it.  What is there already under the name may be somebody's, so it
 * is not touched; whoever starts this program destroys what is his before.
 *
 * It must not run the guest, nor leave a machine behind when it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/load.h"

/* Read exactly so much. */
static int read_into(int fd, const char *path, void *to, size_t len, struct err *e)
{
	uint8_t *at = to;

	while (len > 0) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read %s", path);
		if (n == 0)
			return err_set(e, 0, "%s became shorter while it was read", path);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Open the initrd, if there is one, and tell its length. */
static int open_initrd(const char *path, int *fd, uint64_t *len, struct err *e)
{
	struct stat st;

	*len = 0;
	if (path == NULL)
		return 0;
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return err_set(e, errno, "initrd %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, 0, "initrd %s: not a file", path);
	*len = (uint64_t)st.st_size;
	return 0;
}

/*
 * What the kernel's file says is above 1 MiB and checked; a piece that the guest's
 * memory does not hold all the same would be a mistake of the layout's.
 */
static int place(struct vmm *v, const struct bhyve_piece *p, int initrd,
    const struct load_args *args, struct err *e)
{
	void *to = vmm_memory(v, p->address, p->len);

	if (to == NULL)
		return err_set(e, 0, "%s at %" PRIx64 " is not in the guest's memory", p->what,
		    p->address);
	if (p->data == NULL)
		return read_into(initrd, args->initrd, to, p->len, e);
	memcpy(to, p->data, p->len);
	return 0;
}

static enum load_exit carry_out(
    const struct bhyve_boot *b, int initrd, const struct load_args *args, struct err *e)
{
	struct vmm *v = vmm_make(args, e);
	enum load_exit result = LOAD_DONE;

	if (v == NULL)
		return LOAD_VMM;
	for (size_t i = 0; i < b->count && result == LOAD_DONE; i++)
		if (place(v, &b->pieces[i], initrd, args, e) < 0)
			result = LOAD_FILES;
	if (result == LOAD_DONE && vmm_set(v, &b->registers, e) < 0)
		result = LOAD_VMM;
	if (result == LOAD_DONE)
		vmm_leave(v);
	else
		vmm_destroy(v);
	return result;
}

enum load_exit load_guest(const struct load_args *args, struct err *e)
{
	static struct bhyve_boot boot;
	struct bhyve_kernel kernel;
	auto_fd initrd = -1;
	uint64_t initrd_len;
	size_t len;
	auto_free char *file = file_read(args->kernel, LOAD_KERNEL_MAX, &len, e);

	if (file == NULL)
		return LOAD_FILES;
	if (bhyve_kernel_parse(file, len, &kernel, e) < 0) {
		err_ctx(e, "kernel %s", args->kernel);
		return LOAD_FILES;
	}
	if (open_initrd(args->initrd, &initrd, &initrd_len, e) < 0 ||
	    bhyve_boot(
		file, &kernel, initrd_len, args->command_line, args->memory_mib, &boot, e) < 0)
		return LOAD_FILES;
	return carry_out(&boot, initrd, args, e);
}
