/*
 * What pci.h promises of a driver, for the fake and for Linux's over a tree with a
 * kernel behind it (pci_kernel.h): done, done twice, undone from any point on, with the
 * card unplugged, exchanged, held by a process, or without its driver.
 */
#include <sys/wait.h>

#include "check.h"
#include "pci/fake.h"
#include "pci_kernel.h"

#define USER 990

static const char host_text[] =
    "cpu intel\nkernel 6.12.48-amd64\niommu intel\nremapping yes\nmodule loadable\n"
    "dev 00:1c.0 8086:a0bc 060400 group=3 driver=pcieport header=1\n"
    "dev 00:1c.0/03:00.0 8086:2723 028000 group=14 driver=iwlwifi net=wlp3s0 wireless "
    "reset=flr\n"
    "dev 00:1c.0/03:00.1 8086:2724 0c0330 group=14 driver=xhci_hcd\n"
    "dev 00:1d.0/04:00.0 14c3:0616 028000 group=15 override=pci-stub driver=mt7921e reset=flr\n"
    "dev 00:1e.0/05:00.0 168c:003e 028000 group=16 reset=flr\n";

/* One side of the contract: a driver and the world that it changes. */
struct world {
	const struct pci_driver *driver;
	const char *root;
	struct pci_host host;
	struct pci_plan plan;
	struct kernel kernel;
	struct buf before;
};

static struct world w;
static struct err e;
static bool on_linux; /* which side is under test */

static struct pci_fake_device *model_of(const char *address)
{
	for (size_t i = 0; i < pci_fake_model->count; i++)
		if (strcmp(pci_fake_model->devices[i].address, address) == 0)
			return &pci_fake_model->devices[i];
	return NULL;
}

static void dump(struct buf *b)
{
	buf_fini(b);
	if (on_linux)
		kernel_dump(&w.kernel, b);
	else
		pci_fake_dump(b);
}

static void open_world(const char *card)
{
	struct pci_want want = {.node = geteuid() == 0, .uid = USER};

	memset(&e, 0, sizeof(e));
	memset(&w, 0, sizeof(w));
	kernel_start(&w.kernel, host_text);
	w.driver = on_linux ? &pci_linux : &pci_fake;
	w.root = on_linux ? w.kernel.root : "";
	str_copy(want.card, sizeof(want.card), card);
	CHECK_INT(pci_list(w.kernel.root, &w.host, &e), 0);
	CHECK_INT(pci_plan(&w.host, &want, &w.plan, &e), 0);
	pci_fake_load(&w.host);
	dump(&w.before);
}

static void close_world(void)
{
	kernel_stop(&w.kernel);
	pci_fini(&w.host);
	buf_fini(&w.before);
}

static int apply(size_t i)
{
	memset(&e, 0, sizeof(e));
	return w.driver->apply(w.root, &w.plan.ops[i], &e);
}

static int undo(size_t i)
{
	memset(&e, 0, sizeof(e));
	return w.driver->undo(w.root, &w.plan.ops[i], &e);
}

static void check_as_before(void)
{
	struct buf now = {0};

	dump(&now);
	CHECK_STR(now.data, w.before.data);
	buf_fini(&now);
}

static void check_has(const char *text, bool wanted)
{
	struct buf now = {0};

	dump(&now);
	if ((strstr(now.data, text) != NULL) != wanted)
		CHECK_FAIL("%s \"%s\": %s", wanted ? "without" : "with", text, now.data);
	buf_fini(&now);
}

static void done_and_undone(void)
{
	open_world("0000:03:00.0");
	CHECK_INT(w.plan.ops[0].kind, PCI_LOAD);
	for (size_t i = 0; i < w.plan.count; i++) {
		CHECK_INT(apply(i), 0);
		CHECK_STR(e.text, "");
	}
	check_has("0000:03:00.0 driver \"vfio-pci\" override \"vfio-pci\"", true);
	check_has("0000:03:00.1 driver \"vfio-pci\" override \"vfio-pci\"", true);
	check_has("0000:04:00.0 driver \"mt7921e\" override \"pci-stub\"", true);
	check_has("/dev/vfio/14 user 990", geteuid() == 0);
	for (size_t i = w.plan.count; i-- > 0;) {
		CHECK_INT(undo(i), 0);
		CHECK_STR(e.text, "");
	}
	check_as_before();
	close_world();
}

static void each_twice(void)
{
	open_world("0000:03:00.0");
	for (size_t i = 0; i < w.plan.count; i++) {
		CHECK_INT(apply(i), 0);
		CHECK_INT(apply(i), 0);
	}
	for (size_t i = w.plan.count; i-- > 0;) {
		CHECK_INT(undo(i), 0);
		CHECK_INT(undo(i), 0);
	}
	check_as_before();
	close_world();
}

static void undone_from_each_point(void)
{
	open_world("0000:03:00.0");
	for (size_t n = 0; n <= w.plan.count; n++) {
		for (size_t i = 0; i < n; i++)
			CHECK_INT(apply(i), 0);
		/* One more than was done, as a journal may say. */
		for (size_t i = n < w.plan.count ? n + 1 : n; i-- > 0;)
			CHECK_INT(undo(i), 0);
		check_as_before();
	}
	close_world();
}

/* The driver comes back although somebody's override would not let it. */
static void override_of_somebody(void)
{
	open_world("0000:04:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		CHECK_INT(apply(i), 0);
	check_has("0000:04:00.0 driver \"vfio-pci\" override \"vfio-pci\"", true);
	for (size_t i = w.plan.count; i-- > 0;)
		CHECK_INT(undo(i), 0);
	check_as_before();
	close_world();
}

static void without_a_driver(void)
{
	open_world("0000:05:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		CHECK_INT(apply(i), 0);
	check_has("0000:05:00.0 driver \"vfio-pci\"", true);
	for (size_t i = w.plan.count; i-- > 0;)
		CHECK_INT(undo(i), 0);
	check_as_before();
	close_world();
}

static void unplug(const char *address)
{
	char path[400], to[400];

	str_format(path, sizeof(path), "%s/sys/bus/pci/devices/%s", w.kernel.root, address);
	str_format(to, sizeof(to), "%s/unplugged", w.kernel.root);
	CHECK_INT(rename(path, to), 0);
	model_of(address)->gone = true;
}

static void unplugged(void)
{
	open_world("0000:04:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		CHECK_INT(apply(i), 0);
	unplug("0000:04:00.0");
	for (size_t i = w.plan.count; i-- > 0;) {
		CHECK_INT(undo(i), 0);
		CHECK_STR(e.text, "");
	}
	for (size_t i = 0; i < w.plan.count; i++) {
		if (w.plan.ops[i].kind == PCI_LOAD || w.plan.ops[i].kind == PCI_GRANT)
			continue;
		CHECK_INT(apply(i), -1);
		CHECK_HAS(e.text, "No such device");
	}
	close_world();
}

/* Another card in the same slot is nobody's business of ours. */
static void exchanged(void)
{
	open_world("0000:04:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		w.plan.ops[i].device ^= 1;
	for (size_t i = 0; i < w.plan.count; i++) {
		if (w.plan.ops[i].kind == PCI_LOAD || w.plan.ops[i].kind == PCI_GRANT)
			continue;
		CHECK_INT(undo(i), 0);
		CHECK_INT(apply(i), -1);
		CHECK_INT(undo(i), 0);
	}
	check_as_before();
	close_world();
}

static void another_driver_meanwhile(void)
{
	open_world("0000:04:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		str_copy(w.plan.ops[i].driver, PCI_DRIVER, "rtw89_8852be");
	for (size_t i = 0; i < w.plan.count; i++) {
		if (w.plan.ops[i].kind != PCI_UNBIND)
			continue;
		CHECK_INT(apply(i), -1);
		CHECK_HAS(e.text, "mt7921e");
		CHECK_INT(undo(i), 0);
	}
	check_as_before();
	close_world();
}

static void held_by_a_process(void)
{
	open_world("0000:04:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		CHECK_INT(apply(i), 0);
	w.kernel.held = model_of("0000:04:00.0")->held = true;
	for (size_t i = w.plan.count; i-- > 0;) {
		bool fails = w.plan.ops[i].kind == PCI_BIND || w.plan.ops[i].kind == PCI_UNBIND;

		CHECK_INT(undo(i), fails ? -1 : 0);
		CHECK((e.text[0] != '\0') == fails);
	}
	check_has("0000:04:00.0 driver \"vfio-pci\"", true);
	w.kernel.held = model_of("0000:04:00.0")->held = false;
	for (size_t i = w.plan.count; i-- > 0;)
		CHECK_INT(undo(i), 0);
	check_as_before();
	close_world();
}

/* A write that a killed run left behind is waited for, and not for ever. */
static void still_at_it(void)
{
	char path[400];
	int fd, status = 0;
	uint64_t begin;
	pid_t pid;

	open_world("0000:04:00.0");
	if (on_linux) {
		kernel_path(&w.kernel, path, "0000:04:00.0", "");
		fd = open(path, O_RDONLY | O_DIRECTORY);
		CHECK_INT(flock(fd, LOCK_EX), 0);
		pid = fork();
		if (pid == 0) {
			usleep(300000);
			_exit(0);
		}
		close(fd);
		begin = now_ms();
		CHECK_INT(apply(1), 0);
		CHECK(now_ms() - begin >= 250);
		CHECK_INT(waitpid(pid, &status, 0), pid);
		fd = open(path, O_RDONLY | O_DIRECTORY);
		CHECK_INT(flock(fd, LOCK_EX), 0);
		begin = now_ms();
		CHECK_INT(undo(1), -1);
		CHECK_HAS(e.text, "has not done with the card");
		CHECK(now_ms() - begin < 7000);
		close(fd);
		CHECK_INT(undo(1), 0);
		check_as_before();
	}
	close_world();
}

static void driver_is_lost(void)
{
	char path[400];

	open_world("0000:04:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		CHECK_INT(apply(i), 0);
	kernel_unload(&w.kernel, "mt7921e");
	str_format(path, sizeof(path), "%s/sbin/modprobe", w.kernel.root);
	CHECK_INT(chmod(path, 0), 0);
	CHECK_INT(unlink(path), 0);
	model_of("0000:04:00.0")->lost = true;
	for (size_t i = w.plan.count; i-- > 0;) {
		bool fails = w.plan.ops[i].kind == PCI_UNBIND;

		CHECK_INT(undo(i), fails ? -1 : 0);
		if (fails)
			CHECK_HAS(e.text, "the driver mt7921e did not take the card");
		if (fails && on_linux)
			CHECK_HAS(e.hint, "modprobe mt7921e");
	}
	close_world();
}

static void module_is_missing(void)
{
	char path[400];

	open_world("0000:03:00.0");
	pci_fake_model->unloadable = true;
	str_format(path, sizeof(path), "%s/later/vfio-pci/new_id", w.kernel.root);
	unlink(path);
	str_format(path, sizeof(path), "%s/sbin/modprobe", w.kernel.root);
	unlink(path);
	CHECK_INT(apply(0), -1);
	CHECK_HAS(e.text, "modprobe");
	CHECK_INT(undo(0), 0);
	check_as_before();
	close_world();
}

static void not_allowed(void)
{
	struct pci_op op;

	open_world("0000:03:00.0");
	op = w.plan.ops[1];
	strcpy(op.address, "../../../..");
	CHECK_INT(w.driver->apply(w.root, &op, &e), -1);
	CHECK_INT(w.driver->undo(w.root, &op, &e), -1);
	op.kind = 77;
	CHECK_INT(w.driver->apply(w.root, &op, &e), -1);
	check_as_before();
	close_world();
}

/* The fake has no modules: only Linux's driver is asked for what it loaded and wrote. */
static void modules_by_modprobe(void)
{
	char path[400], text[400];

	open_world("0000:04:00.0");
	for (size_t i = 0; i < w.plan.count; i++)
		CHECK_INT(apply(i), 0);
	kernel_unload(&w.kernel, "mt7921e");
	for (size_t i = w.plan.count; i-- > 0;)
		CHECK_INT(undo(i), 0);
	check_as_before();
	if (on_linux) {
		auto_free char *asked = NULL;

		str_format(path, sizeof(path), "%s/modprobed", w.kernel.root);
		asked = file_read(path, 4096, NULL, &e);
		CHECK_STR(asked, "-q -- vfio-pci\n-q -- pci:v000014C3d00000616sv00000000"
				 "sd00000000bc02sc80i00\n");
		str_format(path, sizeof(path), "%s/sys/bus/pci/drivers/vfio-pci/new_id",
		    w.kernel.root);
		CHECK(kernel_read(path, text, sizeof(text)));
		CHECK_STR(text, "");
	}
	close_world();
}

static void descriptors(void)
{
	int fd = 7;
	char text[64];

	open_world("0000:04:00.0");
	CHECK_INT(pci_open(w.kernel.root, "0000:04:00.0", &fd, &e), -1);
	CHECK_HAS(e.text, "not bound");
	CHECK_INT(fd, -1);
	if (on_linux) {
		for (size_t i = 0; i < w.plan.count; i++)
			CHECK_INT(apply(i), 0);
		CHECK_INT(pci_open(w.root, "0000:04:00.0", &fd, &e), 0);
		tree_dir(w.root, "sys/bus/pci/devices/0000:04:00.0/vfio-dev/vfio3");
		CHECK_INT(pci_open(w.root, "04:00.0", &fd, &e), 0);
		CHECK_INT(pci_open_iommu(w.root, &fd, &e), 0);
		CHECK_INT(fd, -1);
		tree_put(w.root, "dev/vfio/devices/vfio3", "card", 4);
		tree_put(w.root, "dev/iommu", "", 0);
		CHECK_INT(pci_open(w.root, "0000:04:00.0", &fd, &e), 1);
		CHECK_INT(read(fd, text, sizeof(text)), 4);
		fd_close(&fd);
		CHECK_INT(pci_open_iommu(w.root, &fd, &e), 1);
		fd_close(&fd);
	}
	close_world();
}

static void run_all(void)
{
	RUN(done_and_undone);
	RUN(each_twice);
	RUN(undone_from_each_point);
	RUN(override_of_somebody);
	RUN(without_a_driver);
	RUN(unplugged);
	RUN(exchanged);
	RUN(another_driver_meanwhile);
	RUN(held_by_a_process);
	RUN(still_at_it);
	RUN(driver_is_lost);
	RUN(module_is_missing);
	RUN(not_allowed);
	RUN(modules_by_modprobe);
	RUN(descriptors);
}

int main(void)
{
	log_open(NULL, NULL, "pci_contract", LEVEL_NONE);
	printf("# the fake\n");
	run_all();
	printf("# Linux\n");
	on_linux = true;
	run_all();
	return check_done();
}
