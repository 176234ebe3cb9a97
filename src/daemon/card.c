/*
 * card: the hand-over, as root carries it out.
 *
 * Which card, is read from the configuration as of the start; what it is and what it
 * takes along, from this host at the moment of the act.  No request of the
 * machine process names an address, so whoever has that process under control can have
 * no other device of the host than the one that the administrator gave away.
 *
 * Taking is done at every launch and finds nothing to do at all but the first: the card
 * stays with vfio-pci as long as the daemon runs.  All looks after the first are for
 * the same address, also where radio = "auto" would choose another by then.
 *
 * FreeBSD's ppt is the kernel's own: bhyve names functions, and nothing is granted.
 * VFIO comes in two kinds.  Where kernel and hypervisor have it, root opens the
 * function's own node and hands over descriptors: the hypervisor's user gets no right to
 * any file.  Else that user is given the node of the group, for as long as the
 * card is handed over; the journal gives it back to root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/card.h"
#include "image/image.h"

_Static_assert(PCI_OPS_MAX / 3 >= CARD_FUNCTIONS, "a plan has at least so many functions");

int card_open(struct card *c, struct err *e)
{
	c->claim = -1;
	return pci_journal_open(&c->journal, c->driver, c->root, c->conf->run_dir, e);
}

static int unplugged(const struct card *c, struct err *e)
{
	err_set(e, 0, "the card %s was unplugged", c->title);
	err_hint(e, "put it back, then: airlock start");
	return err_is(e, ERR_HOST);
}

/* The card of the first look, or the one that the configuration means. */
static const struct pci_device *choose(struct card *c, const struct pci_host *h, struct err *e)
{
	const struct pci_device *d;

	if (c->address[0] != '\0') {
		d = pci_find(h, c->address);
		if (d == NULL)
			unplugged(c, e);
		return d;
	}
	d = pci_choose(h, c->conf->radio, e);
	if (d == NULL)
		return NULL;
	str_copy(c->address, sizeof(c->address), d->address);
	pci_title(d, c->title, sizeof(c->title));
	c->wired = d->kind == PCI_ETHERNET;
	return d;
}

bool card_present(const struct card *c)
{
	return c->info.count == 0 || pci_present(c->root, c->info.function[0]);
}

bool card_now(struct card *c, char title[CARD_TITLE])
{
	struct pci_host h;
	struct err ignored = {0};

	title[0] = '\0';
	if (!conf_has_card(c->conf) || pci_list(c->root, &h, &ignored) < 0)
		return false;
	if (choose(c, &h, &ignored) != NULL)
		str_copy(title, CARD_TITLE, c->title);
	pci_fini(&h);
	return title[0] != '\0';
}

static int fill_want(const struct card *c, struct pci_want *want, struct err *e)
{
	ssize_t n = c->hostnet->uplinks(want->routes, ARRAY_LEN(want->routes), e);

	if (n < 0)
		return -1;
	want->route_count = (size_t)n;
	want->yes = c->yes;
	want->uid = c->uid;
	want->extras = c->conf->guest.extras;
	str_copy(want->card, sizeof(want->card), c->address);
	for (size_t i = 0; i < want->extras; i++)
		pci_address(want->extra[i], c->conf->guest.extra_pci[i]);
	return 0;
}

/* 0 with *fd holding the claim, or -1 with *e. */
static int claim(const struct card *c, const struct pci_device *d, int *fd, struct err *e)
{
	struct err why = {0};

	*fd = pci_claim(c->root, d, &why);
	if (*fd >= 0)
		return 0;
	if (why.num != EBUSY) {
		*e = why;
		return -1;
	}
	err_set(e, 0, "the card %s is in use by %s", c->title, why.text);
	err_hint(e, "stop that one first, or name another card: radio in airlock.conf");
	return err_is(e, ERR_HOST);
}

static int judge(struct card *c, const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *d, struct err *e)
{
	struct image_card driven;
	struct err warning = {0};

	switch (pci_verdict(h, want, &warning)) {
	case PCI_OK:
		break;
	case PCI_WARNED:
		if (!c->warned)
			log_warn("%s: %s", c->title, warning.text);
		c->warned = true;
		break;
	case PCI_REFUSED:
		*e = warning;
		return -1;
	}
	if (c->claim < 0 && claim(c, d, &c->claim, e) < 0)
		return -1;
	return image_card(c->conf->image.store, NULL, d->modalias, &driven, e);
}

/* Look at the host, choose, judge.  0 with *h to be given to pci_fini(), or -1 with *e. */
static int look(struct card *c, struct pci_host *h, struct pci_want *want, struct err *e)
{
	const struct pci_device *d;

	*want = (struct pci_want){0};
	if (pci_list(c->root, h, e) < 0)
		return -1;
	d = choose(c, h, e);
	if (d != NULL && fill_want(c, want, e) == 0 && judge(c, h, want, d, e) == 0)
		return 0;
	pci_fini(h);
	return -1;
}

int card_check(struct card *c, struct err *e)
{
	struct pci_want want;
	struct pci_host h;

	if (look(c, &h, &want, e) < 0)
		return -1;
	pci_fini(&h);
	/* Not to be inherited by the processes that are to be: the take claims it again. */
	fd_close(&c->claim);
	return 0;
}

/* Does this kernel have nodes of single functions?  There is one once a function is bound. */
static int has_node(const struct card *c, const char *address, struct err *e)
{
	auto_fd fd = -1;

	return pci_open(c->root, address, &fd, e);
}

/* Bind all to vfio-pci; grant the groups' nodes if that is wanted. */
static int bind_all(
    struct card *c, bool node, struct pci_plan *plan, bool *iommufd, struct err *e)
{
	struct pci_want want;
	struct pci_host h;
	int rc;

	if (look(c, &h, &want, e) < 0)
		return -1;
	*iommufd = h.facts.iommufd;
	want.node = node || !h.facts.iommufd;
	rc = pci_plan(&h, &want, plan, e);
	pci_fini(&h);
	if (rc == 0 && plan->function_count > CARD_FUNCTIONS) {
		err_set(e, 0, "%zu PCI functions would go along: at most %d can",
		    plan->function_count, CARD_FUNCTIONS);
		rc = err_is(e, ERR_HOST);
	}
	return rc < 0 ? -1 : pci_take(&c->journal, plan, e);
}

static int take(struct card *c, bool descriptors, struct pci_plan *plan, struct card_info *info,
    struct err *e)
{
	bool iommufd;
	int rc;

	if (bind_all(c, !descriptors, plan, &iommufd, e) < 0)
		return -1;
	if (!descriptors || !iommufd)
		return 0;
	rc = has_node(c, plan->functions[0], e);
	if (rc < 0)
		return -1;
	info->descriptors = rc == 1;
	/* An iommufd without nodes of functions: then by the groups. */
	return rc == 1 ? 0 : bind_all(c, true, plan, &iommufd, e);
}

int card_take(struct card *c, bool descriptors, struct card_info *info, struct err *e)
{
	struct card_info before = c->info;
	struct pci_plan plan;
	struct err ignored = {0};

	*info = (struct card_info){0};
	if (take(c, descriptors, &plan, info, e) < 0) {
		if (before.count == 0 && card_give(c, &ignored) < 0)
			log_error("%s", ignored.text);
		if (before.count == 0)
			fd_close(&c->claim);
		return err_ctx(e, "hand over the card");
	}
	info->count = (uint32_t)plan.function_count;
	info->wired = c->wired;
	memcpy(info->function, plan.functions, plan.function_count * sizeof(*info->function));
	str_copy(info->title, sizeof(info->title), c->title);
	c->info = *info;
	/* Once it was all right to take it, it is until the daemon ends. */
	c->yes = true;
	if (before.count == 0)
		log_info("handed over: %s", c->title);
	return 0;
}

int card_give(struct card *c, struct err *e)
{
	bool had = c->journal.file.count > 0;

	if (pci_give(&c->journal, e) < 0)
		return err_ctx(e, "give the card back");
	if (had && c->info.count > 0)
		log_info("given back: %s", c->title);
	c->info = (struct card_info){0};
	return 0;
}

int card_descriptor(struct card *c, uint32_t index, struct err *e)
{
	int fd = -1, rc;

	if (!c->info.descriptors || index > c->info.count)
		return err_set(e, EINVAL, "descriptor %u of the card", index);
	rc = index < c->info.count ? pci_open(c->root, c->info.function[index], &fd, e)
				   : pci_open_iommu(c->root, &fd, e);
	if (rc == 0)
		return err_set(e, ENOENT, "descriptor %u of the card", index);
	return rc < 0 ? -1 : fd;
}
