/*
 * A hand-over interrupted by kill -9 before and after every step, on the way there, on
 * the way back, and in the middle of the recovery: then the next run finds the journal
 * and leaves the host exactly as it was.
 *
 * Here a process of its own does it and is killed for real; the model of the host lies
 * in memory that both share.  Over the tree with a kernel behind it (pci_kernel.h)
 * Linux's driver is killed at any moment, also within a step.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"
#include "pci/fake.h"
#include "pci/internal.h"
#include "pci_kernel.h"

static const char host_text[] =
    "cpu amd\nkernel 6.12.48-amd64\niommu amd\nremapping yes\nmodule loadable\n"
    "dev 00:1c.0 8086:a0bc 060400 group=3 driver=pcieport header=1\n"
    "dev 00:1c.0/03:00.0 8086:2723 028000 group=14 driver=iwlwifi net=wlp3s0 wireless "
    "reset=flr\n"
    "dev 00:1c.0/03:00.1 8086:2724 078000 group=14\n"
    "dev 00:14.0 8086:a0ed 0c0330 group=6 driver=xhci_hcd\n"
    "dev 00:14.2 8086:a0ef 050000 group=6\n"
    "dev 00:1d.0/04:00.0 14c3:0616 028000 group=15 override=pci-stub driver=mt7921e "
    "reset=flr\n";

static struct pci_host host;
static struct pci_plan plan;
static struct pci_journal j;
static struct buf before;
static struct err e;
static char dir[] = "/tmp/airlock-pci-XXXXXX", path[64];
static unsigned kill_at;

static void make_plan(const char *root)
{
	struct pci_want want = {.card = "0000:03:00.0",
	    .extra = {"0000:00:14.0", "0000:04:00.0"},
	    .extras = 2,
	    .node = geteuid() == 0,
	    .uid = 990};

	memset(&e, 0, sizeof(e));
	pci_fini(&host);
	CHECK_INT(pci_list(root, &host, &e), 0);
	CHECK_INT(pci_plan(&host, &want, &plan, &e), 0);
	CHECK_STR(e.text, "");
}

/* A host as before, and no journal. */
static void fresh(void)
{
	memset(&e, 0, sizeof(e));
	unlink(path);
	pci_fake_load(&host);
	buf_fini(&before);
	pci_fake_dump(&before);
}

static void check_as_before(const char *when, unsigned n)
{
	struct buf now = {0};

	pci_fake_dump(&now);
	if (strcmp(now.data, before.data) != 0)
		CHECK_FAIL("%s %u: %s", when, n, now.data);
	CHECK_INT(access(path, F_OK), -1);
	buf_fini(&now);
}

static void die_at(unsigned n)
{
	if (n == kill_at)
		kill(getpid(), SIGKILL);
}

/* Run fn in a process that is killed at a step; did it get there? */
static bool killed(unsigned step, void (*fn)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		pci_fake_model->steps = 0;
		pci_fake_model->step = die_at;
		kill_at = step;
		fn();
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	pci_fake_model->step = NULL;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void take(void)
{
	struct err ignored = {0};

	if (pci_journal_open(&j, &pci_fake, "", dir, &ignored) != 0 ||
	    pci_take(&j, &plan, &ignored) < 0)
		_exit(1);
}

static void take_and_give(void)
{
	struct err ignored = {0};

	take();
	if (pci_give(&j, &ignored) < 0)
		_exit(1);
}

static void recover(void)
{
	struct err ignored = {0};

	if (pci_journal_open(&j, &pci_fake, "", dir, &ignored) < 0)
		_exit(1);
}

static void there_and_back(void)
{
	fresh();
	CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 0);
	CHECK_INT(access(path, F_OK), -1);
	CHECK_INT(pci_take(&j, &plan, &e), 0);
	CHECK_INT(access(path, F_OK), 0);
	CHECK_INT(j.file.count, plan.count);
	/* Once more, as before each launch: nothing is noted twice. */
	CHECK_INT(pci_take(&j, &plan, &e), 0);
	CHECK_INT(j.file.count, plan.count);
	CHECK_INT(pci_give(&j, &e), 0);
	check_as_before("given back", 0);
	CHECK_INT(pci_give(&j, &e), 0);
}

/* Before and after each step, there and back. */
static void killed_at_each_step(void)
{
	unsigned n;

	for (n = 1;; n++) {
		fresh();
		if (!killed(n, take_and_give))
			break;
		CHECK(pci_journal_open(&j, &pci_fake, "", dir, &e) >= 0);
		CHECK_STR(e.text, "");
		check_as_before("killed at", n);
	}
	check_as_before("not killed at", n);
	/* Two steps an act, each act there and back. */
	CHECK_INT(n - 1, plan.count * 4);
}

/* The same with the recovery killed at each of its steps. */
static void killed_in_recovery(void)
{
	unsigned n, m, deaths = 0;

	for (n = 2; n <= plan.count * 2; n += 2) {
		for (m = 1;; m++) {
			fresh();
			CHECK(killed(n, take));
			if (!killed(m, recover))
				break;
			deaths++;
			CHECK(pci_journal_open(&j, &pci_fake, "", dir, &e) >= 0);
			check_as_before("recovery killed at", n * 1000 + m);
		}
	}
	CHECK_INT(deaths, plan.count * (plan.count + 1));
}

/* A step that fails: those before it are undone at once. */
static void failure_at_each_step(void)
{
	for (unsigned n = 1; n <= plan.count; n++) {
		fresh();
		CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 0);
		pci_fake_model->fail_at = n;
		CHECK_INT(pci_take(&j, &plan, &e), -1);
		CHECK_HAS(e.text, "Input/output error");
		CHECK_INT(j.file.count, 0);
		check_as_before("failed at", n);
	}
}

/* A step back that fails is kept, the others go on; the next run does it. */
static void failure_on_the_way_back(void)
{
	for (unsigned n = 1; n <= plan.count; n++) {
		fresh();
		CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 0);
		CHECK_INT(pci_take(&j, &plan, &e), 0);
		pci_fake_model->fail_at = pci_fake_model->acts + n;
		CHECK_INT(pci_give(&j, &e), -1);
		CHECK_HAS(e.text, "Input/output error");
		CHECK_INT(j.file.count, 1);
		CHECK_INT(access(path, F_OK), 0);
		memset(&e, 0, sizeof(e));
		CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 1);
		check_as_before("failed back at", n);
	}
}

/* A card that a process still holds: noted until it is let go, tried again each time. */
static void held(void)
{
	fresh();
	CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 0);
	CHECK_INT(pci_take(&j, &plan, &e), 0);
	for (size_t i = 0; i < pci_fake_model->count; i++)
		pci_fake_model->devices[i].held = true;
	for (int i = 0; i < 2; i++) {
		memset(&e, 0, sizeof(e));
		CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), -1);
		CHECK_HAS(e.text, "give back what an earlier run left");
		CHECK(j.file.count > 0);
	}
	for (size_t i = 0; i < pci_fake_model->count; i++)
		pci_fake_model->devices[i].held = false;
	memset(&e, 0, sizeof(e));
	CHECK_INT(pci_give(&j, &e), 0);
	check_as_before("let go", 0);
}

static void unplugged(void)
{
	fresh();
	CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 0);
	CHECK_INT(pci_take(&j, &plan, &e), 0);
	for (size_t i = 0; i < pci_fake_model->count; i++)
		if (strcmp(pci_fake_model->devices[i].address, "0000:03:00.0") == 0)
			pci_fake_model->devices[i].gone = true;
	CHECK_INT(pci_give(&j, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_INT(access(path, F_OK), -1);
}

/* A second plan fails: what the first did stays. */
static void second_plan_fails(void)
{
	struct pci_plan grants = {0};
	struct buf taken = {0}, now = {0};

	fresh();
	CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 0);
	CHECK_INT(pci_take(&j, &plan, &e), 0);
	pci_fake_dump(&taken);
	for (size_t i = 0; i < plan.count; i++)
		if (plan.ops[i].kind == PCI_GRANT)
			grants.ops[grants.count++] = plan.ops[i];
	grants.ops[grants.count++] =
	    (struct pci_op){.kind = PCI_GRANT, .group = 99, .uid = 991};
	CHECK_INT(pci_take(&j, &grants, &e), -1);
	CHECK_INT(j.file.count, plan.count);
	pci_fake_dump(&now);
	CHECK_STR(now.data, taken.data);
	CHECK_INT(pci_give(&j, &e), 0);
	check_as_before("second plan", 0);
	buf_fini(&taken);
	buf_fini(&now);
}

static void not_allowed(void)
{
	struct pci_op op = plan.ops[1];

	fresh();
	CHECK_INT(pci_journal_open(&j, &pci_fake, "", dir, &e), 0);
	op.address[0] = '/';
	CHECK_INT(pci_journal_apply(&j, &op, &e), -1);
	CHECK_INT(j.file.count, 0);
	CHECK_INT(pci_fake_model->acts, 0);
}

static void unwritable(void)
{
	fresh();
	CHECK_INT(pci_journal_open(&j, &pci_fake, "", "/nonexistent", &e), 0);
	CHECK_INT(pci_take(&j, &plan, &e), -1);
	CHECK_HAS(e.text, "journal");
	CHECK_INT(pci_fake_model->acts, 0);
	check_as_before("unwritable", 0);
}

/* --------------------------------------------- Linux's driver, killed at any moment */

static struct kernel kernel;

static void linux_take_and_give(void)
{
	struct err ignored = {0};

	if (pci_journal_open(&j, &pci_linux, kernel.root, dir, &ignored) == 0 &&
	    pci_take(&j, &plan, &ignored) == 0)
		pci_give(&j, &ignored);
}

/* Remove what a killed run was writing beside its journal. */
static void sweep(void)
{
	tree_remove(dir);
	mkdir(dir, 0700);
}

static void killed_at_any_moment(void)
{
	struct buf was = {0}, now = {0};
	unsigned deaths = 0, noted = 0;

	kernel_start(&kernel, host_text);
	make_plan(kernel.root);
	kernel_dump(&kernel, &was);
	for (unsigned us = 0; us < 150000; us += us < 20000 ? 700 : 9000) {
		pid_t pid = fork();
		int status = 0, undone;

		if (pid == 0) {
			linux_take_and_give();
			_exit(0);
		}
		usleep(us);
		kill(pid, SIGKILL);
		CHECK_INT(waitpid(pid, &status, 0), pid);
		deaths += WIFSIGNALED(status);
		kernel_settle(&kernel);
		memset(&e, 0, sizeof(e));
		undone = pci_journal_open(&j, &pci_linux, kernel.root, dir, &e);
		noted += undone > 0;
		CHECK(undone >= 0);
		CHECK_STR(e.text, "");
		CHECK_INT(access(path, F_OK), -1);
		buf_fini(&now);
		kernel_dump(&kernel, &now);
		if (strcmp(now.data, was.data) != 0)
			CHECK_FAIL("killed after %u us: %s", us, now.data);
		sweep();
	}
	CHECK(deaths >= 10);
	CHECK(noted >= 10);
	buf_fini(&was);
	buf_fini(&now);
	kernel_stop(&kernel);
}

int main(void)
{
	log_open(NULL, NULL, "pci_journal", LEVEL_NONE);
	pci_fake_model = mmap(NULL, sizeof(*pci_fake_model), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pci_fake_model == MAP_FAILED || mkdtemp(dir) == NULL)
		return 1;
	str_format(path, sizeof(path), "%s/pci.journal", dir);
	kernel_start(&kernel, host_text);
	make_plan(kernel.root);
	kernel_stop(&kernel);
	/* As under root, so that every kind of operation is among them. */
	if (geteuid() != 0)
		for (size_t i = 0; i < plan.group_count; i++)
			plan.ops[plan.count++] = (struct pci_op){
			    .kind = PCI_GRANT, .group = (uint32_t)plan.groups[i], .uid = 990};
	RUN(there_and_back);
	RUN(killed_at_each_step);
	RUN(killed_in_recovery);
	RUN(failure_at_each_step);
	RUN(failure_on_the_way_back);
	RUN(held);
	RUN(unplugged);
	RUN(second_plan_fails);
	RUN(not_allowed);
	RUN(unwritable);
	RUN(killed_at_any_moment);
	pci_fini(&host);
	buf_fini(&before);
	tree_remove(dir);
	return check_done();
}
