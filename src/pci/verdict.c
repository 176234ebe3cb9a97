/*
 * verdict: may this card be handed over, with all that must go along?
 *
 * Pure.  What the systems ask besides are their rules, verdict_vfio.c and verdict_vmm.c.
 *
 * An IOMMU keeps groups apart, not functions, so a card goes with the whole of
 * its group or not at all.  VFIO wants every member bound to vfio-pci, to a bridge's
 * driver, or to none; what else is in the group would lose its driver under the host's
 * feet.  FreeBSD knows no groups; there topology.c says what nothing keeps apart.  So a member
 * is taken when it is a function of the same plugged-in card or was asked for by
 * guest.extra_pci, left when it is a bridge or has no driver, and forbids the hand-over
 * otherwise.  Disks and graphics forbid it in any case.
 *
 * Reasons are looked for from the card outwards, and the first one is told; warnings
 * are told all.
 */
#include <stdio.h>
#include <string.h>

#include "pci/internal.h"

#define BASE_CLASS(d) ((d)->class >> 16)
#define USB           0x0c03
#define HINT_KEPT     "this device stays with the host; take its address out of guest.extra_pci"

static const struct pci_rules *rules_of(const struct pci_host *h)
{
	return h->facts.system == PCI_SYSTEM_FREEBSD ? &pci_rules_vmm : &pci_rules_vfio;
}

static bool is_extra(const struct pci_want *want, const struct pci_device *d)
{
	for (size_t i = 0; i < want->extras; i++)
		if (strcmp(want->extra[i], d->address) == 0)
			return true;
	return false;
}

/* Disks and graphics: nobody else's, whether the host has a driver for them or not. */
static bool is_private(const struct pci_device *d)
{
	return BASE_CLASS(d) == 0x01 || BASE_CLASS(d) == 0x03;
}

/*
 * What no guest gets: the host lives on it.  Among these are the buses to the firmware's
 * flash memory, to fans and batteries; of system devices a card reader is none.
 */
static bool is_vital(const struct pci_device *d)
{
	switch (BASE_CLASS(d)) {
	case 0x01:
	case 0x03:
	case 0x05:
	case 0x06:
	case 0x0b:
		return true;
	case 0x08:
		return d->class >> 8 != 0x0805;
	case 0x0c:
		return d->class >> 8 == 0x0c05 || d->class >> 8 == 0x0c80;
	default:
		return false;
	}
}

enum pci_member pci_member(const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *wanted, const struct pci_device *member)
{
	const struct pci_device *card = pci_find(h, want->card);

	if (member == wanted || member == card)
		return PCI_TAKEN;
	/* The driver of a PCI bridge does no DMA on anybody's behalf. */
	if (member->header == 1 || member->class >> 8 == 0x0604)
		return PCI_LEFT;
	if (is_private(member))
		return PCI_FORBIDS;
	if (!is_vital(member) && is_extra(want, member))
		return PCI_TAKEN;
	if (!is_vital(member) && pci_same_card(wanted, member))
		return rules_of(h)->goes(member) ? PCI_TAKEN : PCI_LEFT;
	return member->driver[0] == '\0' && member->class >> 8 != USB ? PCI_LEFT : PCI_FORBIDS;
}

static int check_card(const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *d, struct err *e)
{
	char title[256], shown[PCI_SHOWN];

	if (d == NULL) {
		err_set(e, 0, "there is no PCI device %s",
		    pci_shown(h->facts.system, want->card, shown));
		err_hint(e, "see the network cards by: airlock cards");
		return err_is(e, ERR_HOST);
	}
	if (d->kind == PCI_WIRELESS || d->kind == PCI_ETHERNET)
		return 0;
	pci_title(d, title, sizeof(title));
	if (d->kind == PCI_BRIDGE)
		err_set(e, 0, "%s is a bridge between buses, no network card", title);
	else
		err_set(e, 0, "%s is no network card but a %s", title, pci_class(d));
	err_hint(e, "see the network cards by: airlock cards");
	return err_is(e, ERR_CONF);
}

static int check_extra(const struct pci_host *h, const char *address, struct err *e)
{
	const struct pci_device *d = pci_find(h, address);
	char title[256], shown[PCI_SHOWN];

	if (d == NULL) {
		err_set(e, 0, "guest.extra_pci: there is no PCI device %s",
		    pci_shown(h->facts.system, address, shown));
		err_hint(e, "see the devices of this host by: %s", rules_of(h)->list);
		return err_is(e, ERR_CONF);
	}
	if (!is_vital(d))
		return 0;
	err_set(e, 0, "guest.extra_pci: %s is a %s", pci_title(d, title, sizeof(title)),
	    pci_class(d));
	err_hint(e, HINT_KEPT);
	return err_is(e, ERR_CONF);
}

/* Who in the group forbids it, by title, and what would help. */
static int group_shared(const struct pci_host *h, const struct pci_device *d,
    const struct pci_device *with, const struct buf *others, bool stays, struct err *e)
{
	char title[256], wanted[PCI_NAME * 2], shown[PCI_SHOWN], why[64];
	bool vmm = h->facts.system == PCI_SYSTEM_FREEBSD, slot = d->parent[0] != '\0';

	if (vmm)
		str_copy(why, sizeof(why), "nothing keeps it apart from");
	else
		str_format(why, sizeof(why), "group %d of the IOMMU holds", d->group);
	err_set(e, 0, "%s %s cannot go alone: %s the host's %s %s%s%s",
	    pci_shown(h->facts.system, d->address, shown), pci_name(d, wanted, sizeof(wanted)),
	    why, pci_class(with), pci_title(with, title, sizeof(title)), vmm ? "" : " as well",
	    stays ? ", which must stay" : "");
	if (stays && vmm)
		err_hint(e, "%s", slot ? "put the card into another slot" : "use another card");
	else if (stays)
		err_hint(e,
		    "%s; or look in the firmware's setup for ACS, which keeps devices "
		    "apart",
		    slot ? "put the card into another slot" : "use another card");
	else
		err_hint(e, "%shand them over too: guest { extra_pci = [ %s ]; }",
		    slot ? "put the card into another slot, or " : "", others->data);
	return err_is(e, ERR_HOST);
}

/* Which of several reasons is told. */
static int rank(const struct pci_device *d)
{
	return is_private(d) ? 2 : is_vital(d);
}

/* The group of a wanted function. */
static int check_group(const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *d, struct err *e)
{
	const struct pci_device *worst = NULL;
	struct buf others = {0};
	char shown[PCI_SHOWN];
	bool stays = false;
	int r = 0;

	if (rules_of(h)->function(h, d, e) < 0)
		return -1;
	for (size_t i = 0; i < h->count; i++) {
		const struct pci_device *m = &h->devices[i];

		if (m->group != d->group || pci_member(h, want, d, m) != PCI_FORBIDS)
			continue;
		buf_addf(&others, "%s\"%s\"", others.len > 0 ? ", " : "",
		    pci_shown(h->facts.system, m->address, shown));
		if (worst == NULL || rank(m) > rank(worst))
			worst = m;
		stays |= is_vital(m);
	}
	if (worst != NULL)
		r = group_shared(h, d, worst, &others, stays, e);
	buf_fini(&others);
	return r;
}

static const char *route_over(const struct pci_want *want, const struct pci_device *d)
{
	for (size_t i = 0; i < want->route_count; i++) {
		for (size_t k = 0; k < d->interface_count; k++)
			if (strcmp(want->routes[i], d->interfaces[k]) == 0)
				return want->routes[i];
		for (size_t k = 0; k < d->above_count; k++)
			if (strcmp(want->routes[i], d->above[k]) == 0)
				return want->routes[i];
	}
	return NULL;
}

static int check_route(const struct pci_want *want, const struct pci_device *d, struct err *e)
{
	const char *interface = route_over(want, d);
	char title[256];

	if (interface == NULL || want->yes)
		return 0;
	err_set(e, 0, "%s carries the default route of this host, by %s: it would go offline",
	    pci_title(d, title, sizeof(title)), interface);
	err_hint(e, "connect this host another way first, or say it is all right: --yes");
	return err_is(e, ERR_HOST);
}

void pci_warn(struct buf *b, const char *text)
{
	buf_addf(b, "%s%s", b->len > 0 ? "; " : "", text);
}

/* All functions that would be taken, extra ones and members of groups included. */
static int check_routes(const struct pci_host *h, const struct pci_want *want, struct err *e)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct pci_device *m = &h->devices[i];

		if (pci_taken_for(h, want, m) != NULL && check_route(want, m, e) < 0)
			return -1;
	}
	return 0;
}

const struct pci_device *pci_taken_for(
    const struct pci_host *h, const struct pci_want *want, const struct pci_device *m)
{
	const struct pci_device *d = pci_find(h, want->card);

	for (size_t i = 0;; i++) {
		if (d != NULL && (d == m || (d->group >= 0 && d->group == m->group)) &&
		    pci_member(h, want, d, m) == PCI_TAKEN)
			return d;
		if (i == want->extras)
			return NULL;
		d = pci_find(h, want->extra[i]);
	}
}

enum pci_verdict pci_verdict(
    const struct pci_host *h, const struct pci_want *want, struct err *e)
{
	const struct pci_device *d = pci_find(h, want->card);
	struct buf warnings = {0};
	enum pci_verdict verdict = PCI_OK;

	if (check_card(h, want, d, e) < 0 || rules_of(h)->host(&h->facts, e) < 0 ||
	    check_group(h, want, d, e) < 0)
		return PCI_REFUSED;
	for (size_t i = 0; i < want->extras; i++)
		if (check_extra(h, want->extra[i], e) < 0 ||
		    check_group(h, want, pci_find(h, want->extra[i]), e) < 0)
			return PCI_REFUSED;
	if (check_routes(h, want, e) < 0)
		return PCI_REFUSED;
	rules_of(h)->warn(h, want, d, &warnings);
	if (warnings.len > 0) {
		err_set(e, 0, "%s", warnings.data);
		verdict = PCI_WARNED;
	}
	buf_fini(&warnings);
	return verdict;
}
