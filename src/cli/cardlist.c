/*
 * cardlist: the network cards of this host, and whether each can be handed over.
 *
 * A card's first line says what it is, those below it who has it now, with whom it shares
 * its IOMMU group (FreeBSD has none: what nothing keeps apart from it), and the engine's
 * verdict with what would mend it.  Only looks.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cardlist.h"

int cardlist_init(struct cardlist *s, const struct probe *p, struct err *e)
{
	struct err ignored = {0};
	ssize_t n;

	*s = (struct cardlist){0};
	if (pci_list(p->root, &s->pci, e) < 0)
		return -1;
	n = p->hostnet->uplinks(s->want.routes, PCI_ROUTES_MAX, &ignored);
	if (n < 0)
		log_debug("%s", ignored.text);
	s->want.route_count = (size_t)MAX(n, 0);
	return 0;
}

void cardlist_fini(struct cardlist *s)
{
	pci_fini(&s->pci);
}

bool cardlist_is_network(const struct pci_device *d)
{
	return d->kind == PCI_WIRELESS || d->kind == PCI_ETHERNET;
}

enum pci_verdict cardlist_verdict(
    const struct cardlist *s, const struct pci_device *d, bool yes, struct err *e)
{
	struct pci_want want = s->want;

	str_copy(want.card, sizeof(want.card), d->address);
	want.yes = yes;
	return pci_verdict(&s->pci, &want, e);
}

static void add_group(const struct cardlist *s, const struct pci_device *d, struct buf *out)
{
	bool groups = s->pci.facts.system == PCI_SYSTEM_LINUX;
	size_t others = 0;
	char title[256];

	if (d->group < 0) {
		buf_addf(out, "no IOMMU group");
		return;
	}
	if (groups)
		buf_addf(out, "IOMMU group %d", d->group);
	else
		buf_addf(out, "on a card");
	for (size_t i = 0; i < s->pci.count; i++) {
		const struct pci_device *other = &s->pci.devices[i];

		if (other == d || other->group != d->group)
			continue;
		buf_addf(out, "%s %s", others++ == 0 ? " with" : ",",
		    pci_title(other, title, sizeof(title)));
	}
	if (others == 0)
		buf_addf(out, groups ? ", alone" : " of its own");
}

static void add_verdict(const struct cardlist *s, const struct pci_device *d, struct buf *out)
{
	struct err e = {0};

	switch (cardlist_verdict(s, d, false, &e)) {
	case PCI_OK:
		buf_addf(out, "  can be handed over\n");
		break;
	case PCI_WARNED:
		buf_addf(out, "  can be handed over, but: %s\n", e.text);
		break;
	case PCI_REFUSED:
		buf_addf(out, "  cannot be handed over: %s\n", e.text);
		break;
	}
	if (e.hint[0] != '\0')
		buf_addf(out, "  try: %s\n", e.hint);
}

void cardlist_text(const struct cardlist *s, const struct pci_device *d, const char *bold,
    const char *plain, struct buf *out)
{
	char name[256], resets[64];

	buf_addf(out, "%s%s  %s%s  (%s)\n", bold, d->shown, pci_name(d, name, sizeof(name)),
	    plain, pci_kind_name(d->kind));
	buf_addf(out, "  %s%s", d->driver[0] != '\0' ? "driver " : "no driver",
	    pci_driver_name(d, name, sizeof(name)));
	/* FreeBSD's Ethernet interfaces are called as their drivers' units are. */
	for (size_t i = 0; i < d->interface_count; i++)
		if (strcmp(d->interfaces[i], name) != 0)
			buf_addf(out, ", %s", d->interfaces[i]);
	buf_addf(out, "; ");
	add_group(s, d, out);
	buf_addf(out, "; reset: %s", pci_resets(d->resets, resets, sizeof(resets)));
	if (d->msix > 0)
		buf_addf(out, "; MSI-X %u", d->msix);
	else if (d->msi > 0)
		buf_addf(out, "; MSI %u", d->msi);
	buf_addf(out, "\n");
	add_verdict(s, d, out);
}

/* --- for programs */

static json_t *json_of(const char *text)
{
	char clean[4096];
	json_t *value = json_string(text);

	if (value != NULL)
		return value;
	str_clean(clean, sizeof(clean), text, strlen(text));
	return json_string(clean);
}

static json_t *members_of(const struct cardlist *s, const struct pci_device *d)
{
	json_t *list = json_array();

	for (size_t i = 0; d->group >= 0 && i < s->pci.count; i++)
		if (&s->pci.devices[i] != d && s->pci.devices[i].group == d->group)
			json_array_append_new(list, json_string(s->pci.devices[i].shown));
	return list;
}

static json_t *card_json(const struct cardlist *s, const struct pci_device *d)
{
	static const char *const verdicts[] = {
	    [PCI_OK] = "ok", [PCI_WARNED] = "warning", [PCI_REFUSED] = "refused"};
	json_t *interfaces = json_array();
	char name[256], driver[64], resets[64], id[16];
	struct err e = {0};
	enum pci_verdict verdict = cardlist_verdict(s, d, false, &e);

	for (size_t i = 0; i < d->interface_count; i++)
		json_array_append_new(interfaces, json_of(d->interfaces[i]));
	str_format(id, sizeof(id), "%04x:%04x", d->vendor, d->device);
	pci_driver_name(d, driver, sizeof(driver));
	return json_pack(
	    "{s:s, s:s, s:o, s:s, s:o, s:o, s:i, s:o, s:s, s:i, s:i, s:s, s:o, s:o}", "address",
	    d->shown, "kind", pci_kind_name(d->kind), "name",
	    json_of(pci_name(d, name, sizeof(name))), "id", id, "driver", json_of(driver),
	    "interfaces", interfaces, "group", d->group, "group_members", members_of(s, d),
	    "resets", pci_resets(d->resets, resets, sizeof(resets)), "msi", (int)d->msi, "msix",
	    (int)d->msix, "verdict", verdicts[verdict], "text", json_of(e.text), "fix",
	    json_of(e.hint));
}

char *cardlist_json(const struct cardlist *s)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < s->pci.count; i++)
		if (cardlist_is_network(&s->pci.devices[i]))
			json_array_append_new(list, card_json(s, &s->pci.devices[i]));
	text = json_dumps(list, JSON_INDENT(1));
	json_decref(list);
	return text;
}
