/*
 * daemon_card: the hand-over as the privileged process does it, on a host that is a tree
 * of files and a model of its drivers.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"
#include "daemon/card.h"
#include "pci/fake.h"
#include "pci_tree.h"

#define LAPTOP                                                                             \
	"cpu intel\nkernel 6.12.48-amd64\niommu intel\nremapping yes\nmodule loadable\n"   \
	"dev 00:1c.0 8086:a0bc 060400 group=12 driver=pcieport header=1\n"                 \
	"dev 00:1c.0/03:00.0 8086:2723 028000 group=14 driver=iwlwifi net=wlp3s0 wireless" \
	" subsystem=8086:0084 cap=pm,msi:0,express:flr,msix:16 reset=flr,pm,bus\n"         \
	"dev 00:1d.0 8086:a0b0 060400 group=13 driver=pcieport header=1\n"                 \
	"dev 00:1d.0/04:00.0 8086:15f3 020000 group=15 driver=igc net=enp4s0"              \
	" cap=pm,msi:0,express:flr,msix:5 reset=flr,bus\n"                                 \
	"dev 00:14.0 8086:a0ed 0c0330 group=7 driver=xhci_hcd reset=flr cap=pm,msi:3\n"

#define GENERATION "0123456789ab"
#define MACHINE    1000

static char root[64];
static struct conf conf;
static struct card card;
static struct pci_host host;

static void put(const char *name, const char *text)
{
	tree_put(root, name, text, strlen(text));
}

/* An image that drives the wireless card, and no other. */
static void make_image(const char *driver)
{
	static const char *const files[] = {
	    "vmlinux", "initrd", "root.squashfs", "sim.squashfs"};
	char path[200], text[400];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		str_format(path, sizeof(path), "store/generations/" GENERATION "/%s", files[i]);
		put(path, "x");
	}
	str_format(text, sizeof(text),
	    "{\"kernel\": \"6.12.48-amd64\", \"suite\": \"trixie\", \"cards\": [{\"match\": "
	    "[\"pci:v00008086d00002723*\"], \"driver\": \"%s\", \"firmware\": [\"cc\"], "
	    "\"missing\": []}]}",
	    driver);
	put("store/generations/" GENERATION "/manifest.json", text);
	str_format(path, sizeof(path), "%s/store/current", root);
	unlink(path);
	CHECK_INT(symlink("generations/" GENERATION, path), 0);
}

static void begin_with(const char *hardware)
{
	auto_free char *text = strdup(hardware);
	struct err e = {0};

	str_copy(root, sizeof(root), "/tmp/airlock-card-XXXXXX");
	CHECK(mkdtemp(root) != NULL);
	tree_unfold(root, text, NULL, NULL);
	make_image("iwlwifi");
	tree_dir(root, "run");
	conf_defaults(&conf, CONF_MACHINE);
	str_copy(conf.radio, sizeof(conf.radio), "auto");
	str_format(conf.run_dir, sizeof(conf.run_dir), "%s/run", root);
	str_format(conf.image.store, sizeof(conf.image.store), "%s/store", root);
	hostnet_fake_uplink_count = 0;
	CHECK_INT(pci_list(root, &host, &e), 0);
	pci_fake_load(&host);
	card = (struct card){.conf = &conf,
	    .driver = &pci_fake,
	    .hostnet = &hostnet_fake,
	    .root = root,
	    .uid = MACHINE};
	CHECK_INT(card_open(&card, &e), 0);
}

static void begin(void)
{
	begin_with(LAPTOP);
}

static void end(void)
{
	fd_close(&card.claim);
	pci_fini(&host);
	tree_remove(root);
}

static struct pci_fake_device *model(const char *address)
{
	for (size_t i = 0; i < pci_fake_model->count; i++)
		if (strcmp(pci_fake_model->devices[i].address, address) == 0)
			return &pci_fake_model->devices[i];
	CHECK_FAIL("no %s", address);
	return &pci_fake_model->devices[0];
}

static bool has_journal(void)
{
	char path[200];

	str_format(path, sizeof(path), "%s/run/pci.journal", root);
	return access(path, F_OK) == 0;
}

static void model_is(const char *address, const char *driver, const char *override)
{
	CHECK_STR(model(address)->driver, driver);
	CHECK_STR(model(address)->override, override);
}

static void is_the_hosts(void)
{
	model_is("0000:03:00.0", "iwlwifi", "");
	CHECK_INT(pci_fake_model->nodes[14], 0);
	CHECK(!has_journal());
}

static void is_the_guests(void)
{
	model_is("0000:03:00.0", "vfio-pci", "vfio-pci");
	CHECK_INT(pci_fake_model->nodes[14], MACHINE);
	CHECK(has_journal());
}

static void refused(enum err_kind kind, const char *words)
{
	struct card_info info;
	struct err e = {0};

	CHECK_INT(card_check(&card, &e), -1);
	CHECK_INT(e.kind, kind);
	CHECK_HAS(e.text, words);
	CHECK(e.hint[0] != '\0');
	e = (struct err){0};
	CHECK_INT(card_take(&card, false, &info, &e), -1);
	CHECK_INT(e.kind, kind);
	CHECK_HAS(e.text, words);
	CHECK_INT(info.count, 0);
	CHECK(!has_journal());
}

static void taken_once_and_again_and_given_back(void)
{
	struct card_info info;
	struct err e = {0};
	unsigned count;

	begin();
	CHECK_INT(card_check(&card, &e), 0);
	is_the_hosts();
	for (int i = 0; i < 3; i++) {
		CHECK_INT(card_take(&card, false, &info, &e), 0);
		is_the_guests();
		CHECK_INT(info.count, 1);
		CHECK_STR(info.function[0], "0000:03:00.0");
		CHECK_HAS(info.title, "0000:03:00.0");
		CHECK_HAS(info.title, "(iwlwifi)");
		CHECK(!info.wired && !info.descriptors);
		if (i == 0)
			count = (unsigned)card.journal.file.count;
		CHECK_INT(card.journal.file.count, count);
	}
	CHECK_INT(card_descriptor(&card, 0, &e), -1);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(card_give(&card, &e), 0);
		is_the_hosts();
	}
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	is_the_guests();
	CHECK_INT(card_give(&card, &e), 0);
	end();
}

static void an_ethernet_card_is_wired(void)
{
	struct card_info info;
	struct err e = {0};

	begin();
	put("store/generations/" GENERATION "/manifest.json",
	    "{\"kernel\": \"6.12\", \"all_cards\": true, \"cards\": [{\"match\": "
	    "[\"pci:v00008086d000015F3*\"], \"driver\": \"igc\"}]}");
	str_copy(conf.radio, sizeof(conf.radio), "0000:04:00.0");
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	CHECK(info.wired);
	CHECK_STR(info.function[0], "0000:04:00.0");
	model_is("0000:04:00.0", "vfio-pci", "vfio-pci");
	CHECK_INT(card_give(&card, &e), 0);
	end();
}

static void further_functions_go_along(void)
{
	struct card_info info;
	struct err e = {0};

	begin();
	str_copy(conf.guest.extra_pci[0], CONF_CARD, "0000:00:14.0");
	conf.guest.extras = 1;
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	CHECK_INT(info.count, 2);
	CHECK_STR(info.function[0], "0000:03:00.0");
	CHECK_STR(info.function[1], "0000:00:14.0");
	CHECK_INT(pci_fake_model->nodes[7], MACHINE);
	CHECK_INT(card_give(&card, &e), 0);
	model_is("0000:00:14.0", "xhci_hcd", "");
	is_the_hosts();
	end();
}

/* Each act in turn fails: afterwards the card is the host's, and the next try works. */
static void a_take_that_fails_is_undone(void)
{
	struct card_info info;
	struct err e = {0};
	unsigned last = 0;

	for (unsigned fail = 1; fail < 20; fail++) {
		begin();
		pci_fake_model->fail_at = fail;
		if (card_take(&card, false, &info, &e) == 0) {
			last = fail;
			pci_fake_model->fail_at = 0;
			CHECK_INT(card_give(&card, &e), 0);
			is_the_hosts();
			end();
			break;
		}
		CHECK_HAS(e.text, "hand over the card: ");
		is_the_hosts();
		CHECK_INT(card_take(&card, false, &info, &e), 0);
		is_the_guests();
		CHECK_INT(card_give(&card, &e), 0);
		end();
	}
	CHECK(last > 4);
}

static unsigned kill_at;

static void die(unsigned step)
{
	if (step == kill_at)
		_exit(9);
}

/* Killed before and after each act of taking and giving: the next run puts all back. */
static void a_killed_run_is_cleaned_up(void)
{
	struct pci_fake_model *own = pci_fake_model;
	bool survived = false;

	pci_fake_model = mmap(NULL, sizeof(*pci_fake_model), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(pci_fake_model != MAP_FAILED);
	for (kill_at = 1; !survived && kill_at < 100; kill_at++) {
		struct card_info info;
		struct err e = {0};
		pid_t child;

		begin();
		pci_fake_model->step = die;
		child = fork();
		if (child == 0) {
			if (card_take(&card, false, &info, &e) < 0 || card_give(&card, &e) < 0)
				_exit(1);
			_exit(0);
		}
		survived = child_wait(child) == 0;
		pci_fake_model->step = NULL;
		if (!survived)
			CHECK(has_journal());
		if (card_open(&card, &e) < 0)
			CHECK_FAIL("killed at %u: %s", kill_at, e.text);
		is_the_hosts();
		end();
	}
	CHECK(survived && kill_at > 12);
	munmap(pci_fake_model, sizeof(*pci_fake_model));
	pci_fake_model = own;
}

static void the_default_route_is_not_given_away(void)
{
	struct card_info info;
	struct err e = {0};

	begin();
	str_copy(hostnet_fake_uplinks[0], HOSTNET_NAME, "wlp3s0");
	hostnet_fake_uplink_count = 1;
	refused(ERR_HOST, "carries the default route");
	is_the_hosts();
	card.yes = true;
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	is_the_guests();
	CHECK_INT(card_give(&card, &e), 0);
	end();
}

/* What was all right once is so until the daemon ends: a reload after sleep asks nobody. */
static void a_route_that_comes_later_is_no_matter(void)
{
	struct card_info info;
	struct err e = {0};

	begin();
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	CHECK_INT(card_give(&card, &e), 0);
	str_copy(hostnet_fake_uplinks[0], HOSTNET_NAME, "wlp3s0");
	hostnet_fake_uplink_count = 1;
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	is_the_guests();
	CHECK_INT(card_give(&card, &e), 0);
	end();
}

static void refusals_have_their_kinds(void)
{
	begin();
	make_image("");
	refused(ERR_IMAGE, "has no driver");
	end();

	begin();
	str_copy(conf.radio, sizeof(conf.radio), "0000:07:00.0");
	refused(ERR_HOST, "there is no PCI device 0000:07:00.0");
	str_copy(conf.radio, sizeof(conf.radio), "0000:00:1c.0");
	refused(ERR_CONF, "bridge");
	end();

	begin();
	str_copy(conf.radio, sizeof(conf.radio), "0000:00:14.0");
	refused(ERR_CONF, "is no network card");
	end();

	begin_with("cpu intel\nkernel 6.12.48-amd64\nmodule loadable\n"
		   "dev 03:00.0 8086:2723 028000 driver=iwlwifi net=wlp3s0 wireless\n");
	refused(ERR_HOST, "the IOMMU is off");
	end();
}

/* As an other daemon would hold it. */
static void two_machines_want_one_card(void)
{
	struct conf its = {0};
	struct card other;
	struct card_info info;
	struct err e = {0};

	begin();
	its = conf;
	str_format(its.run_dir, sizeof(its.run_dir), "%s/run2", root);
	tree_dir(root, "run2");
	other = card;
	other.conf = &its;
	CHECK_INT(card_open(&other, &e), 0);
	CHECK_INT(card_take(&other, false, &info, &e), 0);
	CHECK_INT(card_check(&card, &e), -1);
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_HAS(e.text, "is in use by another machine of airlock");
	CHECK_INT(card_take(&card, false, &info, &e), -1);
	CHECK_INT(pci_fake_model->nodes[14], MACHINE);
	CHECK_INT(card_give(&other, &e), 0);
	fd_close(&other.claim);
	CHECK_INT(card_check(&card, &e), 0);
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	CHECK_INT(card_give(&card, &e), 0);
	is_the_hosts();
	end();
}

static void unplug(void)
{
	char path[200];

	str_format(path, sizeof(path), "%s/sys/bus/pci/devices/0000:03:00.0", root);
	CHECK_INT(unlink(path), 0);
	model("0000:03:00.0")->gone = true;
}

static void an_unplugged_card_is_named_and_not_waited_for(void)
{
	struct card_info info;
	struct err e = {0};

	begin();
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	unplug();
	CHECK_INT(card_take(&card, false, &info, &e), -1);
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_HAS(e.text, "the card 0000:03:00.0");
	CHECK_HAS(e.text, "was unplugged");
	CHECK_HAS(e.hint, "put it back");
	CHECK_INT(card_give(&card, &e), 0);
	CHECK(!has_journal());
	end();
}

/* A host that has iommufd, and one that has but half of it. */
static void descriptors_where_there_are_any(void)
{
	struct card_info info;
	struct err e = {0};
	int fd;

	begin();
	put("dev/iommu", "");
	CHECK_INT(card_take(&card, false, &info, &e), 0);
	CHECK(!info.descriptors);
	is_the_guests();
	CHECK_INT(card_give(&card, &e), 0);
	/* As the kernel shows it, once the card is bound: no node of its own first. */
	tree_driver(root, "vfio-pci");
	tree_link(
	    root, "sys/bus/pci/devices/0000:03:00.0", "driver", "sys/bus/pci/drivers/vfio-pci");
	str_copy(model("0000:03:00.0")->driver, PCI_DRIVER, "vfio-pci");
	CHECK_INT(card_take(&card, true, &info, &e), 0);
	CHECK(!info.descriptors);
	CHECK_INT(pci_fake_model->nodes[14], MACHINE);
	CHECK_INT(card_give(&card, &e), 0);
	tree_dir(root, "sys/bus/pci/devices/0000:03:00.0/vfio-dev/vfio0");
	put("dev/vfio/devices/vfio0", "card");
	CHECK_INT(card_take(&card, true, &info, &e), 0);
	CHECK(info.descriptors);
	CHECK_INT(pci_fake_model->nodes[14], 0);
	for (uint32_t i = 0; i < 2; i++) {
		fd = card_descriptor(&card, i, &e);
		CHECK(fd >= 0);
		close(fd);
	}
	CHECK_INT(card_descriptor(&card, 2, &e), -1);
	CHECK_INT(card_give(&card, &e), 0);
	CHECK_INT(card_descriptor(&card, 0, &e), -1);
	end();
}

static void the_card_now_is_named_with_its_driver(void)
{
	char title[CARD_TITLE];

	begin();
	CHECK(card_now(&card, title));
	CHECK_HAS(title, "0000:03:00.0");
	CHECK_HAS(title, "(iwlwifi)");
	end();
	begin();
	str_copy(conf.radio, sizeof(conf.radio), "simulated");
	CHECK(!card_now(&card, title));
	CHECK_STR(title, "");
	end();
}

int main(void)
{
	RUN(taken_once_and_again_and_given_back);
	RUN(an_ethernet_card_is_wired);
	RUN(further_functions_go_along);
	RUN(a_take_that_fails_is_undone);
	RUN(a_killed_run_is_cleaned_up);
	RUN(the_default_route_is_not_given_away);
	RUN(a_route_that_comes_later_is_no_matter);
	RUN(refusals_have_their_kinds);
	RUN(two_machines_want_one_card);
	RUN(an_unplugged_card_is_named_and_not_waited_for);
	RUN(descriptors_where_there_are_any);
	RUN(the_card_now_is_named_with_its_driver);
	return check_done();
}
