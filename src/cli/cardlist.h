/* cardlist: the network cards of this host, and whether each can be handed over. */
#ifndef CLI_CARDLIST_H
#define CLI_CARDLIST_H

#include "cli/probe.h"
#include "pci/pci.h"

struct cardlist {
	struct pci_host pci;
	struct pci_want want; /* for a look at each: routes, no card */
};

/* Read them.  0, or -1 with *e; to be given to cardlist_fini(). */
int cardlist_init(struct cardlist *s, const struct probe *p, struct err *e);
void cardlist_fini(struct cardlist *s);

/* Is it a card that airlock has a use for? */
bool cardlist_is_network(const struct pci_device *d);

/* The verdict about one card alone, see pci_verdict(). */
enum pci_verdict cardlist_verdict(
    const struct cardlist *s, const struct pci_device *d, bool yes, struct err *e);

/* Lines for people about one card, and an object of JSON. */
void cardlist_text(const struct cardlist *s, const struct pci_device *d, const char *bold,
    const char *plain, struct buf *out);
char *cardlist_json(const struct cardlist *s); /* the caller's to free */

#endif
