/*
 * load: airlock-load without vmm, whose part is played by some memory: the command line,
 * what goes where, what is left when something fails, and what vmm's refusals mean.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "load/load.h"
#include "vm/bhyve_bytes.h"

#define MIB ((size_t)1 << 20)

/* ------------------------------------------------------- vmm, as played */

struct vmm {
	uint8_t *memory;
	size_t len;
};

static struct {
	struct vmm vmm;
	struct bhyve_registers registers;
	bool refuse_make, refuse_set;
	unsigned made, left, destroyed;
	bool wired;
} world;

struct vmm *vmm_make(const struct load_args *args, struct err *e)
{
	if (world.refuse_make) {
		err_set(e, EEXIST, "make");
		return NULL;
	}
	world.made++;
	world.wired = args->wired;
	world.vmm.len = args->memory_mib * MIB;
	world.vmm.memory = calloc(1, world.vmm.len);
	if (world.vmm.memory == NULL)
		abort();
	return &world.vmm;
}

void *vmm_memory(struct vmm *v, uint64_t address, size_t len)
{
	return address + len <= v->len ? v->memory + address : NULL;
}

int vmm_set(struct vmm *v, const struct bhyve_registers *r, struct err *e)
{
	if (world.refuse_set)
		return err_set(e, EINVAL, "set");
	world.registers = *r;
	return 0;
}

void vmm_leave(struct vmm *v)
{
	world.left++;
}

void vmm_destroy(struct vmm *v)
{
	world.destroyed++;
}

static void world_init(void)
{
	free(world.vmm.memory);
	memset(&world, 0, sizeof(world));
}

/* ---------------------------------------------------------------- files */

static char kernel_path[64], initrd_path[64];

static void write_file(const char *path, const void *data, size_t len)
{
	struct err e = {0};

	if (file_replace(path, data, len, 0600, &e) < 0)
		CHECK_FAIL("%s", e.text);
}

static void write_kernel(void)
{
	uint8_t f[0x1100] = {0};

	memcpy(f, "\177ELF\2\1\1", 7);
	put16(f + 16, 2);
	put16(f + 18, 62);
	put64(f + 24, 0x1000010);
	put64(f + 32, 64);
	put16(f + 54, 56);
	put16(f + 56, 1);
	put32(f + 64, 1);
	put64(f + 64 + 8, 0x1000);
	put64(f + 64 + 24, 0x1000000);
	put64(f + 64 + 32, 0x100);
	put64(f + 64 + 40, 0x4000);
	memset(f + 0x1000, 0xcc, 0x100);
	write_file(kernel_path, f, sizeof(f));
}

static struct load_args usual(void)
{
	return (struct load_args){.name = "airlock",
	    .memory_mib = 64,
	    .kernel = kernel_path,
	    .initrd = initrd_path,
	    .command_line = "quiet"};
}

static void a_guest_is_loaded(void)
{
	struct load_args args = usual();
	struct err e = {0};
	const uint8_t *m;

	world_init();
	write_kernel();
	write_file(initrd_path, "the initrd", 10);
	args.wired = true;
	CHECK_INT(load_guest(&args, &e), LOAD_DONE);
	CHECK_INT(world.made, 1);
	CHECK_INT(world.left, 1);
	CHECK_INT(world.destroyed, 0);
	CHECK(world.wired);
	m = world.vmm.memory;
	CHECK_INT(m[0x1000000], 0xcc);
	CHECK_INT(m[0x10000ff], 0xcc);
	CHECK_INT(m[0x1000100], 0);
	CHECK_STR((const char *)m + 0x20000, "quiet");
	CHECK_INT(get32(m + 0x7000 + 0x218), 64 * MIB - 4096);
	CHECK(memcmp(m + 64 * MIB - 4096, "the initrd", 11) == 0);
	CHECK_INT(get64(m + 0x9000), 0xa003);
	CHECK_INT(get64(m + 0x510), 0xaf9b000000ffff);
	CHECK_INT(world.registers.rip, 0x1000010);
	CHECK_INT(world.registers.rsi, 0x7000);
}

static void without_an_initrd(void)
{
	struct load_args args = usual();
	struct err e = {0};

	world_init();
	args.initrd = NULL;
	CHECK_INT(load_guest(&args, &e), LOAD_DONE);
	CHECK_INT(get32(world.vmm.memory + 0x7000 + 0x218), 0);
	CHECK_INT(world.left, 1);
}

/* A wrong file makes no machine. */
static void files_are_looked_at_first(void)
{
	struct load_args args = usual();
	struct err e = {0};

	world_init();
	args.kernel = "/nonexistent/vmlinux";
	CHECK_INT(load_guest(&args, &e), LOAD_FILES);
	CHECK_HAS(e.text, "/nonexistent/vmlinux");
	args.kernel = initrd_path;
	CHECK_INT(load_guest(&args, &e), LOAD_FILES);
	CHECK_HAS(e.text, "neither a vmlinux nor a bzImage");
	CHECK_HAS(e.text, initrd_path);
	args = usual();
	args.initrd = "/nonexistent/initrd";
	CHECK_INT(load_guest(&args, &e), LOAD_FILES);
	CHECK_HAS(e.text, "/nonexistent/initrd: No such file");
	args.initrd = "/dev/null";
	CHECK_INT(load_guest(&args, &e), LOAD_FILES);
	CHECK_HAS(e.text, "not a file");
	args = usual();
	args.memory_mib = 16;
	CHECK_INT(load_guest(&args, &e), LOAD_FILES);
	CHECK_HAS(e.text, "a guest of 16 MiB");
	CHECK_INT(world.made, 0);
}

static void a_half_made_guest_is_destroyed(void)
{
	struct load_args args = usual();
	struct err e = {0};

	world_init();
	world.refuse_make = true;
	CHECK_INT(load_guest(&args, &e), LOAD_VMM);
	CHECK_INT(world.destroyed, 0);
	world_init();
	world.refuse_set = true;
	CHECK_INT(load_guest(&args, &e), LOAD_VMM);
	CHECK_INT(world.made, 1);
	CHECK_INT(world.destroyed, 1);
	CHECK_INT(world.left, 0);
}

/* ---------------------------------------------------------- command line */

static int arguments(struct load_args *args, struct err *e, const char *const *words)
{
	static char copy[16][300];
	char *argv[17];
	int argc = 0;

	for (; words[argc] != NULL; argc++) {
		str_copy(copy[argc], sizeof(copy[argc]), words[argc]);
		argv[argc] = copy[argc];
	}
	argv[argc] = NULL;
	optind = 1;
	opterr = 0;
	memset(e, 0, sizeof(*e));
	return load_arguments(argc, argv, args, e);
}

#define WORDS(...) ((const char *const[]){"airlock-load", __VA_ARGS__, NULL})

static void a_command_line_is_read(void)
{
	struct load_args args;
	struct err e;

	CHECK_INT(arguments(&args, &e,
		      WORDS("-n", "airlock-b", "-m", "128", "-k", "/k", "-i", "/i", "-c",
			  "quiet splash", "-w")),
	    0);
	CHECK_STR(args.name, "airlock-b");
	CHECK_INT(args.memory_mib, 128);
	CHECK_STR(args.kernel, "/k");
	CHECK_STR(args.initrd, "/i");
	CHECK_STR(args.command_line, "quiet splash");
	CHECK(args.wired);
	CHECK_INT(arguments(&args, &e, WORDS("-k", "/k", "-m", "16", "-n", "a")), 0);
	CHECK(args.initrd == NULL && !args.wired);
	CHECK_STR(args.command_line, "");
}

static void a_wrong_command_line_is_refused(void)
{
	static const struct {
		const char *words[8];
		const char *says;
	} rows[] = {
	    {{"airlock-load"}, "usage: airlock-load"},
	    {{"airlock-load", "-n", "a", "-m", "128"}, "usage: airlock-load"},
	    {{"airlock-load", "-n", "a", "-k", "/k"}, "usage: airlock-load"},
	    {{"airlock-load", "-m", "128", "-k", "/k"}, "usage: airlock-load"},
	    {{"airlock-load", "-n", "a", "-m", "128", "-k", "/k", "more"},
		"usage: airlock-load"},
	    {{"airlock-load", "-x"}, "usage: airlock-load"},
	    {{"airlock-load", "-n", "../a", "-m", "128", "-k", "/k"}, "-n ../a"},
	    {{"airlock-load", "-n", ".", "-m", "128", "-k", "/k"}, "-n ."},
	    {{"airlock-load", "-n", "", "-m", "128", "-k", "/k"}, "1 to 31 letters"},
	    {{"airlock-load", "-n", "a", "-m", "15", "-k", "/k"}, "-m 15"},
	    {{"airlock-load", "-n", "a", "-m", "128M", "-k", "/k"}, "-m 128M"},
	    {{"airlock-load", "-n", "a", "-m", "4294967424", "-k", "/k"}, "-m 4294967424"},
	};
	struct load_args args;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(arguments(&args, &e, rows[i].words), -1);
		CHECK_INT(e.kind, ERR_USAGE);
		CHECK_HAS(e.text, rows[i].says);
	}
}

static void a_refusal_names_what_mends_it(void)
{
	static const struct {
		struct vmm_refusal r;
		const char *text, *hint;
	} rows[] = {
	    {{VMM_CREATE, EEXIST, true, false}, "virtual machine airlock already",
		"bhyvectl --vm=airlock --destroy"},
	    {{VMM_CREATE, ENOENT, false, false}, "vmm is not in the kernel", "kldload vmm"},
	    {{VMM_CREATE, EACCES, true, false}, "only root", "root"},
	    {{VMM_CREATE, EPERM, false, false}, "only root", "root"},
	    {{VMM_CREATE, EPERM, true, true}, "jail", "allow.vmm"},
	    {{VMM_CREATE, ENOENT, true, true}, "jail", "allow.vmm"},
	    {{VMM_CREATE, ENOENT, false, true}, "jail", "kldload vmm on the host"},
	    {{VMM_CREATE, ENXIO, true, false}, "no hardware virtualization", "firmware"},
	    {{VMM_CREATE, ENOMEM, true, false}, "Cannot allocate memory", ""},
	    {{VMM_OPEN, EIO, true, false}, "/dev/vmm/airlock", "--destroy"},
	    {{VMM_MEMORY, ENOMEM, true, false}, "no 64 MiB of memory", "free some memory"},
	    {{VMM_REGISTERS, EINVAL, true, false}, "registers", ""},
	};
	struct load_args args = usual();
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(vmm_explain(&rows[i].r, &args, &e), -1);
		CHECK_HAS(e.text, rows[i].text);
		CHECK_HAS(e.hint, rows[i].hint);
		CHECK(rows[i].hint[0] != '\0' || e.hint[0] == '\0');
	}
	args.wired = true;
	CHECK_INT(vmm_explain(&rows[10].r, &args, &e), -1);
	CHECK_HAS(e.hint, "vm.max_user_wired");
}

int main(void)
{
	char dir[] = "/tmp/airlock-load-XXXXXX";

	if (mkdtemp(dir) == NULL)
		return 1;
	str_format(kernel_path, sizeof(kernel_path), "%s/vmlinux", dir);
	str_format(initrd_path, sizeof(initrd_path), "%s/initrd", dir);
	RUN(a_guest_is_loaded);
	RUN(without_an_initrd);
	RUN(files_are_looked_at_first);
	RUN(a_half_made_guest_is_destroyed);
	RUN(a_command_line_is_read);
	RUN(a_wrong_command_line_is_refused);
	RUN(a_refusal_names_what_mends_it);
	world_init();
	unlink(kernel_path);
	unlink(initrd_path);
	rmdir(dir);
	return check_done();
}
