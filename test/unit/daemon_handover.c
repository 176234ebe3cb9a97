/*
 * daemon_handover: the card as the machine process sees it: asked for, put into the
 * specification, missed when it is gone.  The privileged process is the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "daemon/machine.h"
#include "daemon/priv.h"

static struct machine m;
static struct card_info given;
static struct err failure;
static unsigned violations, takes, gives, opens;
static bool asked_descriptors, refuse, present;

void machine_failed(struct machine *machine, const struct err *why)
{
	failure = *why;
}

void machine_event(struct machine *machine, enum life_event event)
{
	violations += event == LIFE_VIOLATION;
}

int priv_card_take(int sock, bool descriptors, struct card_info *info, struct err *e)
{
	if (refuse)
		return err_set(e, 0, "hand over the card: no");
	asked_descriptors = descriptors;
	takes++;
	*info = given;
	return 0;
}

int priv_card_open(int sock, uint32_t index, struct err *e)
{
	if (index > given.count || refuse)
		return err_set(e, EINVAL, "descriptor %u of the card", index);
	opens++;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int priv_card_present(int sock, struct err *e)
{
	return present;
}

int priv_ask(int sock, enum priv_verb verb, const struct hostnet_op *op, int *fd, struct err *e)
{
	CHECK_INT(verb, PRIV_CARD_GIVE);
	gives++;
	return 0;
}

static void begin(void)
{
	m = (struct machine){.driver = &vm_qemu};
	str_copy(m.conf.radio, sizeof(m.conf.radio), "auto");
	str_copy(m.hypervisor, sizeof(m.hypervisor), "QEMU 7.2.22");
	/* An address that no machine has: the last of the highest domain. */
	given = (struct card_info){.count = 2,
	    .wired = 1,
	    .function = {"ffff:ff:1f.7", "0000:00:14.0"},
	    .title = "ffff:ff:1f.7 Some Card (driver)"};
	failure = (struct err){0};
	violations = takes = gives = opens = 0;
	refuse = present = false;
}

static void asked_for_at_each_launch(void)
{
	struct err e = {0};

	begin();
	CHECK_INT(handover_take(&m, &e), 0);
	CHECK_INT(handover_take(&m, &e), 0);
	CHECK_INT(takes, 2);
	CHECK_INT(gives, 0);
	CHECK(!asked_descriptors);
	CHECK_INT(m.card.count, 2);
	str_copy(m.hypervisor, sizeof(m.hypervisor), "QEMU 10.0.13");
	m.renew_card = true;
	CHECK_INT(handover_take(&m, &e), 0);
	CHECK(asked_descriptors && !m.renew_card);
	CHECK_INT(gives, 1);
	CHECK_INT(handover_give(&m, &e), 0);
	CHECK_INT(m.card.count, 0);
	CHECK_STR(m.card.title, given.title);
	refuse = true;
	CHECK_INT(handover_take(&m, &e), -1);
}

static void a_simulated_radio_asks_nobody(void)
{
	struct vm_spec s = {.cpus = 1};
	struct err e = {0};

	begin();
	str_copy(m.conf.radio, sizeof(m.conf.radio), "simulated");
	m.renew_card = true;
	CHECK_INT(handover_take(&m, &e), 0);
	CHECK_INT(handover_give(&m, &e), 0);
	CHECK_INT(handover_spec(&m, &s, &e), 0);
	CHECK_INT(s.pci_count, 0);
	handover_close(&s);
	handover_check(&m, &e);
	CHECK(!m.card_gone && takes == 0 && gives == 0);
}

static void by_address_or_by_descriptor(void)
{
	struct vm_spec s = {.cpus = 1};
	struct err e = {0};

	begin();
	CHECK_INT(handover_take(&m, &e), 0);
	CHECK_INT(handover_spec(&m, &s, &e), 0);
	CHECK_INT(s.pci_count, 2);
	CHECK_STR(s.pci[0].address, "ffff:ff:1f.7");
	CHECK_STR(s.pci[1].address, "0000:00:14.0");
	CHECK(s.pci[0].vfio_fd == -1 && s.pci[1].vfio_fd == -1 && s.iommu_fd == -1);
	CHECK_INT(opens, 0);
	handover_close(&s);
	given.descriptors = 1;
	CHECK_INT(handover_take(&m, &e), 0);
	s = (struct vm_spec){.cpus = 1};
	CHECK_INT(handover_spec(&m, &s, &e), 0);
	CHECK(s.pci[0].vfio_fd >= 0 && s.pci[1].vfio_fd >= 0 && s.iommu_fd >= 0);
	CHECK_INT(opens, 3);
	handover_close(&s);
	CHECK(s.pci[0].vfio_fd == -1 && s.pci[1].vfio_fd == -1 && s.iommu_fd == -1);
	refuse = true;
	s = (struct vm_spec){.cpus = 1};
	CHECK_INT(handover_spec(&m, &s, &e), -1);
	handover_close(&s);
}

static void a_card_that_the_guest_lost_ends_it(void)
{
	struct err e = {0};

	begin();
	handover_unplugged(&m, "ffff:ff:1f.7"); /* not handed over: nobody's business */
	CHECK_INT(handover_take(&m, &e), 0);
	handover_unplugged(&m, "0000:00:14.0"); /* only went along */
	handover_unplugged(&m, "0000:00:1f.2");
	CHECK(violations == 0 && !m.card_gone);
	handover_unplugged(&m, "ffff:ff:1f.7");
	CHECK(violations == 1 && m.card_gone);
	CHECK_INT(failure.kind, ERR_HOST);
	CHECK_STR(failure.text, "the card ffff:ff:1f.7 Some Card (driver) was unplugged");
	CHECK_HAS(failure.hint, "put it back");
}

static void a_card_that_this_host_has_not_any_more(void)
{
	struct err e = {0}, why = {0};

	begin();
	err_set(&why, 0, "the hypervisor was killed by SIGKILL");
	handover_check(&m, &why);
	CHECK_HAS(why.text, "SIGKILL");
	CHECK_INT(handover_take(&m, &e), 0);
	present = true;
	handover_check(&m, &why);
	CHECK(!m.card_gone);
	CHECK_HAS(why.text, "SIGKILL");
	present = false;
	handover_check(&m, &why);
	CHECK(m.card_gone);
	CHECK_HAS(why.text, "was unplugged");
	CHECK_INT(why.kind, ERR_HOST);
}

int main(void)
{
	RUN(asked_for_at_each_launch);
	RUN(a_simulated_radio_asks_nobody);
	RUN(by_address_or_by_descriptor);
	RUN(a_card_that_the_guest_lost_ends_it);
	RUN(a_card_that_this_host_has_not_any_more);
	return check_done();
}
