/*
 * handover: the card, as the machine process sees it.
 *
 * It asks for the card before each launch, tells the hypervisor what it got, and notices
 * that it is gone.  Which card that is, this process does not decide: see card.c.
 *
 * A card that was pulled out ends the router, for no restart brings it back.  Seen it is
 * by two signs: the guest let it go (the hypervisor says so), or the hypervisor has
 * ended and the host has no such device any more.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/machine.h"
#include "daemon/priv.h"

_Static_assert(CARD_FUNCTIONS <= VM_PCI_MAX, "what is handed over fits a specification");

int handover_take(struct machine *m, struct err *e)
{
	struct card_info info;

	if (!conf_has_card(&m->conf))
		return 0;
	if (m->renew_card && handover_give(m, e) < 0)
		return -1;
	m->renew_card = false;
	if (priv_card_take(m->priv, m->driver->takes_vfio_fds(m->hypervisor), &info, e) < 0)
		return -1;
	m->card = info;
	return 0;
}

int handover_give(struct machine *m, struct err *e)
{
	if (!conf_has_card(&m->conf))
		return 0;
	m->card.count = 0; /* its name stays known */
	return priv_ask(m->priv, PRIV_CARD_GIVE, NULL, NULL, e);
}

int handover_spec(const struct machine *m, struct vm_spec *s, struct err *e)
{
	s->iommu_fd = -1;
	for (; s->pci_count < m->card.count; s->pci_count++) {
		struct vm_pci *p = &s->pci[s->pci_count];

		str_copy(p->address, sizeof(p->address), m->card.function[s->pci_count]);
		p->vfio_fd = -1;
		if (!m->card.descriptors)
			continue;
		p->vfio_fd = priv_card_open(m->priv, (uint32_t)s->pci_count, e);
		if (p->vfio_fd < 0)
			return -1;
	}
	if (m->card.count > 0 && m->card.descriptors)
		s->iommu_fd = priv_card_open(m->priv, m->card.count, e);
	return m->card.count > 0 && m->card.descriptors && s->iommu_fd < 0 ? -1 : 0;
}

void handover_close(struct vm_spec *s)
{
	for (size_t i = 0; i < s->pci_count; i++)
		fd_close(&s->pci[i].vfio_fd);
	if (s->pci_count > 0)
		fd_close(&s->iommu_fd);
}

static void say_gone(struct machine *m, struct err *why)
{
	m->card_gone = true;
	err_set(why, 0, "the card %s was unplugged", m->card.title);
	err_hint(why, "put it back, then: airlock start");
	err_is(why, ERR_HOST);
}

void handover_unplugged(struct machine *m, const char *address)
{
	struct err why = {0};

	for (uint32_t i = 1; i < m->card.count; i++)
		if (strcmp(m->card.function[i], address) == 0)
			log_warn("%s, which went along with the card, was unplugged", address);
	if (m->card.count == 0 || strcmp(m->card.function[0], address) != 0)
		return;
	say_gone(m, &why);
	machine_failed(m, &why);
	machine_event(m, LIFE_VIOLATION);
}

void handover_check(struct machine *m, struct err *why)
{
	struct err ignored = {0};

	if (m->card.count == 0 || m->card_gone)
		return;
	if (priv_card_present(m->priv, &ignored) == 0)
		say_gone(m, why);
}
