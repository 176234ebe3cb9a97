/*
 * arguments: the command line of airlock-load.
 *
 * Whoever starts it is the process that keeps root, by a list of its own making; all of
 * it is checked here nevertheless.
 */
#include <string.h>
#include <unistd.h>

#include "load/load.h"

static int usage(struct err *e)
{
	err_set(e, 0,
	    "usage: airlock-load -n name -m MiB -k kernel [-i initrd] [-c command-line] [-w]");
	return err_is(e, ERR_USAGE);
}

/* It becomes a node below /dev/vmm. */
static bool name_is_good(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t len = strlen(name);

	return len > 0 && len < 32 && name[0] != '.' && strspn(name, allowed) == len;
}

static int check(const struct load_args *args, const char *memory, struct err *e)
{
	if (args->name == NULL || memory == NULL || args->kernel == NULL)
		return usage(e);
	if (!name_is_good(args->name)) {
		err_set(e, 0, "-n %s: a name has 1 to 31 letters, digits, dots, dashes",
		    args->name);
		return err_is(e, ERR_USAGE);
	}
	return 0;
}

int load_arguments(int argc, char **argv, struct load_args *args, struct err *e)
{
	const char *memory = NULL;
	uint64_t mib;
	int c;

	*args = (struct load_args){.command_line = ""};
	while ((c = getopt(argc, argv, "n:m:k:i:c:w")) != -1) {
		switch (c) {
		case 'n':
			args->name = optarg;
			break;
		case 'm':
			memory = optarg;
			break;
		case 'k':
			args->kernel = optarg;
			break;
		case 'i':
			args->initrd = optarg;
			break;
		case 'c':
			args->command_line = optarg;
			break;
		case 'w':
			args->wired = true;
			break;
		default:
			return usage(e);
		}
	}
	if (optind != argc)
		return usage(e);
	if (check(args, memory, e) < 0)
		return -1;
	if (!str_u64(memory, LOAD_MEMORY_MIN, LOAD_MEMORY_MAX, &mib)) {
		err_set(e, 0, "-m %s: a number of MiB from %u to %u", memory, LOAD_MEMORY_MIN,
		    LOAD_MEMORY_MAX);
		return err_is(e, ERR_USAGE);
	}
	args->memory_mib = (unsigned)mib;
	return 0;
}
