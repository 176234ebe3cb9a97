/*
 * What pci.h promises of a driver, for FreeBSD's plans: on the fake, and on FreeBSD's own
 * driver over a table of calls that changes a model of its kernel.  Done, done twice,
 * undone from any point on, with the card unplugged, exchanged, held by a machine, or
 * without its driver; and what that kernel alone can do: a driver that does not let go, or
 * not in time, ppt that fails to attach, a card that pptdevs reserves.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"
#include "pci/fake.h"
#include "pci/internal.h"
#include "pci_ppt_kernel.h"
#include "pci_tree.h"

static const char host_text[] =
    "kern.osrelease: 15.1-RELEASE\nairlock.cpu: GenuineIntel\nairlock.firmware: DMAR\n"
    "airlock.vmm: loadable\nairlock.interface: wlan0 of iwm0 wireless\n"
    "pcib1@pci0:0:28:0:\tclass=0x060400 rev=0x00 hdr=0x01 vendor=0x8086 device=0xa0bc\n"
    "    bus range  = 3-3\n    cap 10[40] = PCI-Express 2 root port\n"
    "iwm0@pci0:3:0:0:\tclass=0x028000 rev=0x00 hdr=0x00 vendor=0x8086 device=0x24fd\n"
    "    cap 05[d0] = MSI supports 1 message\n"
    "xhci1@pci0:3:0:1:\tclass=0x0c0330 rev=0x00 hdr=0x00 vendor=0x8086 device=0x24fe\n"
    "    cap 05[d0] = MSI supports 1 message\n"
    "rtw880@pci0:4:0:0:\tclass=0x028000 rev=0x00 hdr=0x00 vendor=0x10ec device=0xc822 unit=0\n"
    "    cap 05[d0] = MSI supports 1 message\n"
    "none0@pci0:5:0:0:\tclass=0x028000 rev=0x00 hdr=0x00 vendor=0x168c device=0x003e\n"
    "    cap 05[d0] = MSI supports 1 message\n";

/* ------------------------------------------------------------------- the world */

static const struct pci_driver *driver;
static bool on_freebsd;
static char root[64];
static struct pci_host host;
static struct pci_plan plan;
static struct buf before;
static struct err e;

static void kernel_load(const struct pci_host *h)
{
	memset(model, 0, sizeof(*model));
	for (size_t i = 0; i < h->count; i++) {
		struct kernel_device *d = &model->devices[model->count++];

		memcpy(d->address, h->devices[i].address, sizeof(d->address));
		d->vendor = h->devices[i].vendor;
		d->device = h->devices[i].device;
		str_copy(d->own, sizeof(d->own), h->devices[i].driver);
		attach(d, d->own);
	}
}

static void dump(struct buf *b)
{
	buf_fini(b);
	if (!on_freebsd) {
		pci_fake_dump(b);
		return;
	}
	for (size_t i = 0; i < model->count; i++)
		buf_addf(b, "%s driver \"%s\" override \"\"\n", model->devices[i].address,
		    model->devices[i].attached ? model->devices[i].driver : "");
}

static void open_world(const char *card)
{
	struct pci_want want = {.yes = true};

	memset(&e, 0, sizeof(e));
	strcpy(root, "/tmp/airlock-ppt-XXXXXX");
	CHECK(mkdtemp(root) != NULL);
	CHECK_INT(pci_parse(host_text, sizeof(host_text) - 1, &host, &e), 0);
	str_copy(want.card, sizeof(want.card), card);
	CHECK_INT(pci_plan(&host, &want, &plan, &e), 0);
	kernel_load(&host);
	pci_fake_load(&host);
	driver = on_freebsd ? &doubles : &pci_fake;
	dump(&before);
}

static void close_world(void)
{
	pci_fini(&host);
	buf_fini(&before);
	tree_remove(root);
}

static int apply(size_t i)
{
	memset(&e, 0, sizeof(e));
	return driver->apply(root, &plan.ops[i], &e);
}

static int undo(size_t i)
{
	memset(&e, 0, sizeof(e));
	return driver->undo(root, &plan.ops[i], &e);
}

static void apply_all(void)
{
	for (size_t i = 0; i < plan.count; i++) {
		CHECK_INT(apply(i), 0);
		CHECK_STR(e.text, "");
	}
}

static void undo_all(void)
{
	for (size_t i = plan.count; i-- > 0;) {
		CHECK_INT(undo(i), 0);
		CHECK_STR(e.text, "");
	}
}

static void check_as_before(void)
{
	struct buf now = {0};

	dump(&now);
	CHECK_STR(now.data, before.data);
	buf_fini(&now);
}

static void check_driver(const char *address, const char *name)
{
	char line[100];
	struct buf now = {0};

	str_format(line, sizeof(line), "%s driver \"%s\"", address, name);
	dump(&now);
	if (strstr(now.data, line) == NULL)
		CHECK_FAIL("without \"%s\": %s", line, now.data);
	buf_fini(&now);
}

static struct pci_fake_device *model_of(const char *address)
{
	for (size_t i = 0; i < pci_fake_model->count; i++)
		if (strcmp(pci_fake_model->devices[i].address, address) == 0)
			return &pci_fake_model->devices[i];
	return NULL;
}

/* -------------------------------------------------------------------- both sides */

static void done_and_undone(void)
{
	open_world("0000:03:00.0");
	CHECK_INT(plan.count, 3);
	CHECK_INT(plan.ops[0].kind, PCI_VMM);
	CHECK_STR(plan.ops[1].driver, "iwm");
	apply_all();
	check_driver("0000:03:00.0", "ppt");
	check_driver("0000:03:00.1", "ppt");
	check_driver("0000:04:00.0", "rtw88");
	undo_all();
	check_as_before();
	close_world();
}

static void each_twice(void)
{
	open_world("0000:03:00.0");
	apply_all();
	apply_all();
	undo_all();
	undo_all();
	check_as_before();
	close_world();
}

static void undone_from_each_point(void)
{
	open_world("0000:03:00.0");
	for (size_t n = 0; n <= plan.count; n++) {
		for (size_t i = 0; i < n; i++)
			CHECK_INT(apply(i), 0);
		/* One more than was done, as a journal may say. */
		for (size_t i = n < plan.count ? n + 1 : n; i-- > 0;)
			CHECK_INT(undo(i), 0);
		check_as_before();
	}
	close_world();
}

static void without_a_driver(void)
{
	open_world("0000:05:00.0");
	apply_all();
	check_driver("0000:05:00.0", "ppt");
	undo_all();
	check_as_before();
	close_world();
}

static void unplugged(void)
{
	open_world("0000:04:00.0");
	apply_all();
	device_at("0000:04:00.0")->gone = model_of("0000:04:00.0")->gone = true;
	undo_all();
	CHECK_INT(apply(1), -1);
	CHECK_HAS(e.text, "No such device");
	close_world();
}

/* Another card in the same slot is nobody's business of ours. */
static void exchanged(void)
{
	open_world("0000:04:00.0");
	CHECK_INT(apply(0), 0);
	plan.ops[1].device ^= 1;
	CHECK_INT(undo(1), 0);
	CHECK_INT(apply(1), -1);
	CHECK_INT(undo(1), 0);
	check_as_before();
	CHECK_INT(model->calls, 0);
	close_world();
}

static void another_driver_meanwhile(void)
{
	open_world("0000:04:00.0");
	CHECK_INT(apply(0), 0);
	str_copy(plan.ops[1].driver, PCI_DRIVER, "rtwn");
	CHECK_INT(apply(1), -1);
	CHECK_HAS(e.text, "rtw88");
	CHECK_INT(undo(1), 0);
	check_as_before();
	close_world();
}

static void held_by_a_machine(void)
{
	open_world("0000:04:00.0");
	apply_all();
	device_at("0000:04:00.0")->held = model_of("0000:04:00.0")->held = true;
	CHECK_INT(undo(1), -1);
	CHECK_HAS(e.text, "the driver ppt keeps it");
	check_driver("0000:04:00.0", "ppt");
	device_at("0000:04:00.0")->held = model_of("0000:04:00.0")->held = false;
	undo_all();
	check_as_before();
	close_world();
}

static void driver_is_lost(void)
{
	open_world("0000:04:00.0");
	apply_all();
	device_at("0000:04:00.0")->lost = model_of("0000:04:00.0")->lost = true;
	CHECK_INT(undo(1), -1);
	CHECK_HAS(e.text, "the driver rtw88 did not take the card");
	if (on_freebsd)
		CHECK_HAS(e.hint, "kldload if_rtw88; devctl attach pci0:4:0:0");
	close_world();
}

static void module_is_missing(void)
{
	open_world("0000:03:00.0");
	model->unloadable = pci_fake_model->unloadable = true;
	CHECK_INT(apply(0), -1);
	if (on_freebsd)
		CHECK_HAS(e.hint, "kern.module_path");
	CHECK_INT(apply(1), -1);
	CHECK_HAS(e.text, "there is no driver ppt");
	CHECK_INT(undo(1), 0);
	CHECK_INT(undo(0), 0);
	check_as_before();
	close_world();
}

static void not_allowed(void)
{
	struct pci_op op;

	open_world("0000:03:00.0");
	op = plan.ops[1];
	strcpy(op.address, "../../../..");
	CHECK_INT(driver->apply(root, &op, &e), -1);
	CHECK_INT(driver->undo(root, &op, &e), -1);
	op = plan.ops[1];
	op.kind = 77;
	CHECK_INT(driver->apply(root, &op, &e), -1);
	check_as_before();
	close_world();
}

/* --------------------------------------------------------------- FreeBSD's alone */

/* Of operations of Linux nothing is done. */
static void operations_of_linux(void)
{
	struct pci_op op;

	open_world("0000:04:00.0");
	op = plan.ops[1];
	op.kind = PCI_UNBIND;
	CHECK_INT(driver->apply(root, &op, &e), -1);
	CHECK_INT(driver->undo(root, &op, &e), -1);
	CHECK_INT(model->calls, 0);
	close_world();
}

static void a_driver_that_does_not_let_go(void)
{
	open_world("0000:04:00.0");
	CHECK_INT(apply(0), 0);
	device_at("0000:04:00.0")->stubborn = true;
	CHECK_INT(apply(1), -1);
	CHECK_HAS(
	    e.text, "devctl set driver -f pci0:4:0:0 ppt: the driver rtw88 does not let go");
	CHECK_HAS(e.hint, "pptdevs");
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_INT(undo(1), 0);
	check_as_before();
	close_world();
}

/* What a killed or impatient run left going on is waited for, and not for ever. */
static void a_driver_that_takes_its_time(void)
{
	uint64_t begin;

	open_world("0000:04:00.0");
	CHECK_INT(apply(0), 0);
	device_at("0000:04:00.0")->slow_ms = 7000;
	begin = now_ms();
	CHECK_INT(apply(1), -1);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK(now_ms() - begin < 6500);
	/* The child is at it still: its lock keeps the undo off until it is done. */
	CHECK_INT(undo(1), 0);
	CHECK(now_ms() - begin >= 6900);
	check_as_before();
	device_at("0000:04:00.0")->slow_ms = 0;
	apply_all();
	undo_all();
	check_as_before();
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	close_world();
}

/* ppt answers ENXIO; the card is its driver's again, and a later try begins anew. */
static void ppt_fails_to_attach(void)
{
	open_world("0000:04:00.0");
	CHECK_INT(apply(0), 0);
	device_at("0000:04:00.0")->unfit = true;
	CHECK_INT(apply(1), -1);
	CHECK_HAS(e.text, "ppt does not take it");
	/* The kernel calls it done when it is asked once more; it is not. */
	CHECK_INT(apply(1), -1);
	device_at("0000:04:00.0")->unfit = false;
	attach(device_at("0000:04:00.0"), "ppt");
	device_at("0000:04:00.0")->attached = false;
	CHECK_INT(apply(1), 0);
	check_driver("0000:04:00.0", "ppt");
	undo_all();
	check_as_before();
	close_world();
}

/* Named by pptdevs, but vmm came after its own driver: it goes to ppt, and stays there. */
static void reserved_at_boot(void)
{
	open_world("0000:04:00.0");
	device_at("0000:04:00.0")->boot = true;
	apply_all();
	undo_all();
	check_driver("0000:04:00.0", "ppt");
	undo_all();
	close_world();
}

static void chosen_by_somebody_meanwhile(void)
{
	open_world("0000:04:00.0");
	apply_all();
	attach(device_at("0000:04:00.0"), "rtwn");
	undo_all();
	check_driver("0000:04:00.0", "rtwn");
	close_world();
}

/* A machine that is being destroyed lets its devices go a moment later. */
static void held_for_a_moment(void)
{
	pid_t pid;

	open_world("0000:04:00.0");
	apply_all();
	device_at("0000:04:00.0")->held = true;
	pid = fork();
	if (pid == 0) {
		usleep(300000);
		device_at("0000:04:00.0")->held = false;
		_exit(0);
	}
	undo_all();
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	check_as_before();
	close_world();
}

static void claims(void)
{
	int fd, other;

	open_world("0000:04:00.0");
	fd = ppt_lock(root, "0000:04:00.0", "claim", 0, &e);
	CHECK(fd >= 0);
	CHECK_INT(ppt_lock(root, "0000:04:00.0", "claim", 0, &e), -1);
	CHECK_INT(e.num, EWOULDBLOCK);
	other = ppt_lock(root, "0000:03:00.0", "claim", 0, &e);
	CHECK(other >= 0);
	apply_all(); /* whoever claims a card acts on it */
	undo_all();
	fd_close(&fd);
	fd_close(&other);
	fd = ppt_lock(root, "0000:04:00.0", "claim", 0, &e);
	CHECK(fd >= 0);
	fd_close(&fd);
	close_world();
}

static void run_both(void)
{
	RUN(done_and_undone);
	RUN(each_twice);
	RUN(undone_from_each_point);
	RUN(without_a_driver);
	RUN(unplugged);
	RUN(exchanged);
	RUN(another_driver_meanwhile);
	RUN(held_by_a_machine);
	RUN(driver_is_lost);
	RUN(module_is_missing);
	RUN(not_allowed);
}

int main(void)
{
	log_open(NULL, NULL, "pci_ppt", LEVEL_NONE);
	model = mmap(
	    NULL, sizeof(*model), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (model == MAP_FAILED)
		return 1;
	printf("# the fake\n");
	run_both();
	printf("# FreeBSD\n");
	on_freebsd = true;
	run_both();
	RUN(operations_of_linux);
	RUN(a_driver_that_does_not_let_go);
	RUN(a_driver_that_takes_its_time);
	RUN(ppt_fails_to_attach);
	RUN(reserved_at_boot);
	RUN(chosen_by_somebody_meanwhile);
	RUN(held_for_a_moment);
	RUN(claims);
	return check_done();
}
