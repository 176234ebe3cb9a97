/*
 * choose: which card `radio` of airlock.conf(5) means.
 *
 * Pure.  "auto" is an answer only where there is no other: of two cards the user says
 * which, of none the error says what there is instead.
 */
#include <string.h>

#include "pci/internal.h"

static size_t count_kind(const struct pci_host *h, enum pci_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		n += h->devices[i].kind == kind;
	return n;
}

/* Append ": TITLE; TITLE" for the devices of a kind. */
static void add_titles(struct buf *b, const struct pci_host *h, enum pci_kind kind)
{
	char title[256];
	bool first = true;

	for (size_t i = 0; i < h->count; i++) {
		if (h->devices[i].kind != kind)
			continue;
		buf_addf(b, "%s%s", first ? ": " : "; ",
		    pci_title(&h->devices[i], title, sizeof(title)));
		first = false;
	}
}

static const struct pci_device *first_of(const struct pci_host *h, enum pci_kind kind)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->devices[i].kind == kind)
			return &h->devices[i];
	return NULL;
}

static const struct pci_device *choose_auto(const struct pci_host *h, struct err *e)
{
	size_t cards = count_kind(h, PCI_WIRELESS);
	const struct pci_device *wired = first_of(h, PCI_ETHERNET);
	enum pci_system system = h->facts.system;
	char shown[PCI_SHOWN];
	struct buf b = {0};

	if (cards == 1)
		return first_of(h, PCI_WIRELESS);
	if (cards > 1) {
		buf_addf(&b, "radio = \"auto\": there are %zu wireless cards", cards);
		add_titles(&b, h, PCI_WIRELESS);
	} else {
		buf_addf(&b, "radio = \"auto\": there is no wireless card on the PCI bus");
		if (wired != NULL) {
			buf_addf(&b, ", but Ethernet");
			add_titles(&b, h, PCI_ETHERNET);
		}
	}
	err_set(e, 0, "%s", b.data);
	buf_fini(&b);
	if (cards > 1)
		err_hint(e, "say which in airlock.conf: radio = \"%s\";",
		    pci_shown(system, first_of(h, PCI_WIRELESS)->address, shown));
	else if (wired != NULL)
		err_hint(e, "for a wired uplink: radio = \"%s\"; in airlock.conf",
		    pci_shown(system, wired->address, shown));
	else
		err_hint(e, "to try airlock without a card: airlock demo");
	err_is(e, cards > 1 ? ERR_CONF : ERR_HOST);
	return NULL;
}

const struct pci_device *pci_choose(const struct pci_host *h, const char *radio, struct err *e)
{
	const struct pci_device *d;
	enum pci_system system = h->facts.system;
	char address[PCI_ADDRESS], shown[PCI_SHOWN];

	if (strcmp(radio, "auto") == 0)
		return choose_auto(h, e);
	if (!pci_address(address, radio)) {
		err_set(e, 0, "radio = \"%s\" is no address of a PCI device", radio);
		err_hint(e, "an address is written %s; see: airlock cards",
		    pci_shown(system, "0000:03:00.0", shown));
		err_is(e, ERR_CONF);
		return NULL;
	}
	d = pci_find(h, address);
	if (d == NULL) {
		struct buf b = {0};

		buf_addf(&b, "there is no PCI device %s", pci_shown(system, address, shown));
		if (count_kind(h, PCI_WIRELESS) > 0) {
			buf_addf(&b, ", but");
			add_titles(&b, h, PCI_WIRELESS);
		}
		err_set(e, 0, "%s", b.data);
		buf_fini(&b);
		err_hint(e, "see the network cards by: airlock cards");
		err_is(e, ERR_HOST);
	}
	return d;
}
