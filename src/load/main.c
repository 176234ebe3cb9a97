/*
 * airlock-load: puts a Linux kernel into a virtual machine of vmm's, and ends.
 *
 *	airlock-load -n name -m MiB -k kernel [-i initrd] [-c command-line] [-w]
 *
 * bhyve, started with the same name and amount of memory and without a boot ROM, takes
 * the machine over as it is: it opens an object that exists, sets up its own devices, and
 * leaves memory and the first processor's registers alone.  -w is for memory that bhyve
 * wires (memory.wired=true): both must say the same.
 *
 * A program of its own, because it needs root and libvmmapi and lives for a moment.  It
 * reads the files of the image, which are verified before it is started, and nothing of
 * the guest.
 *
 * Exit status: 0 loaded · 64 usage · 66 kernel or initrd · 71 vmm said no; what mends it
 * is the second line on standard error.
 */
#include <stdio.h>

#include "load/load.h"

static void report(const struct err *e)
{
	fprintf(stderr, "airlock-load: %s\n", e->text);
	if (e->hint[0] != '\0')
		fprintf(stderr, "airlock-load: %s\n", e->hint);
}

int main(int argc, char **argv)
{
	struct load_args args;
	struct err e = {0};
	enum load_exit result = LOAD_USAGE;

	if (load_arguments(argc, argv, &args, &e) == 0)
		result = load_guest(&args, &e);
	if (result != LOAD_DONE)
		report(&e);
	return (int)result;
}
