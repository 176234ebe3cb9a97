/* modules: unloaded and loaded, on a tree that stands for the host. */
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "daemon/modules.h"

static char root[] = "/tmp/airlock-modules-XXXXXX";
static struct modules m;
static char did[200]; /* "-kvm_amd +kvm_amd" */
static const char *in_use, *stuck;

static const char *at(const char *path)
{
	static char full[400];

	str_format(full, sizeof(full), "%s%s", root, path);
	return full;
}

static void note(char sign, const char *name)
{
	size_t len = strlen(did);

	str_format(did + len, sizeof(did) - len, "%s%c%s", len > 0 ? " " : "", sign, name);
}

static void set_loaded(const char *name, bool loaded)
{
	char path[100];
	struct err e = {0};

	str_format(path, sizeof(path), "/sys/module/%s", name);
	CHECK_INT(dir_make(at(path), 0755, &e), 0);
	str_format(path, sizeof(path), "/sys/module/%s/initstate", name);
	if (loaded)
		CHECK_INT(file_replace(at(path), "live\n", 5, 0644, &e), 0);
	else
		unlink(at(path));
}

static int unload(const char *name, struct err *e)
{
	if (stuck != NULL && strcmp(name, stuck) == 0)
		return err_set(e, 0, "it is stuck");
	if (in_use != NULL && strcmp(name, in_use) == 0)
		return 0;
	/* Whoever is killed now finds a note of it. */
	CHECK(access(m.list, F_OK) == 0);
	note('-', name);
	set_loaded(name, false);
	return 1;
}

static int load(const char *name, struct err *e)
{
	note('+', name);
	set_loaded(name, true);
	return 0;
}

static void begin(void)
{
	struct err e = {0};

	m = (struct modules){.root = root, .unload = unload, .load = load};
	str_format(m.list, sizeof(m.list), "%s/modules", root);
	did[0] = '\0';
	in_use = stuck = NULL;
	set_loaded("kvm_intel", false);
	set_loaded("kvm_amd", true);
	set_loaded("vfio_pci", true);
	CHECK_INT(dir_make(at("/dev"), 0755, &e), 0);
	CHECK_INT(file_replace(at("/dev/kvm"), "", 0, 0660, &e), 0);
}

static void what_is_out_comes_back(void)
{
	struct err e = {0};

	begin();
	CHECK_INT(modules_out(&m, true, true, &e), 0);
	CHECK_STR(did, "-kvm_amd -vfio_pci");
	CHECK_INT(modules_back(&m, &e), 2);
	CHECK_STR(did, "-kvm_amd -vfio_pci +kvm_amd +vfio_pci");
	CHECK(access(m.list, F_OK) < 0);
	CHECK_INT(modules_back(&m, &e), 0);
}

static void only_what_is_wanted_goes(void)
{
	struct err e = {0};

	begin();
	CHECK_INT(modules_out(&m, false, true, &e), 0);
	CHECK_STR(did, "-vfio_pci");
	CHECK_INT(modules_back(&m, &e), 1);
	begin();
	CHECK_INT(modules_out(&m, true, false, &e), 0);
	CHECK_STR(did, "-kvm_amd");
	CHECK_INT(modules_back(&m, &e), 1);
	begin();
	CHECK_INT(modules_out(&m, false, false, &e), 0);
	CHECK(access(m.list, F_OK) < 0);
}

static void what_somebody_uses_stays(void)
{
	struct err e = {0};

	begin();
	in_use = "kvm_amd";
	CHECK_INT(modules_out(&m, true, true, &e), 0);
	CHECK_INT(modules_back(&m, &e), 1);
	CHECK_STR(did, "-vfio_pci +vfio_pci");
}

static void a_failure_brings_all_back(void)
{
	struct err e = {0};

	begin();
	stuck = "vfio_pci";
	CHECK_INT(modules_out(&m, true, true, &e), -1);
	CHECK_STR(e.text, "it is stuck");
	modules_back(&m, &e);
	CHECK_HAS(did, "+kvm_amd");
}

/* The other way round would let the guest run without KVM, as it may not open it. */
static void the_node_is_waited_for(void)
{
	struct err e = {0};
	uint64_t began;

	begin();
	CHECK_INT(modules_out(&m, true, false, &e), 0);
	CHECK_INT(chmod(at("/dev/kvm"), 0600), 0);
	began = now_ms();
	CHECK_INT(modules_back(&m, &e), 1);
	CHECK(now_ms() - began >= 1900 && now_ms() - began < 5000);
	begin();
	CHECK_INT(modules_out(&m, true, false, &e), 0);
	began = now_ms();
	CHECK_INT(modules_back(&m, &e), 1);
	CHECK(now_ms() - began < 1000);
}

int main(void)
{
	const char *argv[] = {"rm", "-rf", root, NULL};

	log_level_set(LEVEL_NONE);
	if (mkdtemp(root) == NULL)
		return 1;
	RUN(what_is_out_comes_back);
	RUN(only_what_is_wanted_goes);
	RUN(what_somebody_uses_stays);
	RUN(a_failure_brings_all_back);
	RUN(the_node_is_waited_for);
	child_run(argv, NULL, NULL, NULL);
	return check_done();
}
