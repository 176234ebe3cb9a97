/*
 * card: the card, taken from the host and given back by the privileged process.
 */
#ifndef DAEMON_CARD_H
#define DAEMON_CARD_H

#include "conf/conf.h"
#include "hostnet/hostnet.h"
#include "pci/pci.h"

#define CARD_FUNCTIONS 16
#define CARD_TITLE     128 /* as WIRE_REPORT has it */

/* What was handed over; crosses a process border. */
struct card_info {
	uint32_t count;       /* functions; 0: none */
	uint32_t wired;       /* it is an Ethernet card */
	uint32_t descriptors; /* its functions are opened by card_descriptor() */
	char function[CARD_FUNCTIONS][PCI_ADDRESS]; /* the card's is the first */
	char title[CARD_TITLE]; /* "0000:03:00.0 Intel Wi-Fi 6 AX200 (iwlwifi)" */
};

struct card {
	/* Set by the owner. */
	const struct conf *conf;
	const struct pci_driver *driver;
	const struct hostnet_driver *hostnet;
	const char *root; /* "", or a tree like / for tests */
	uid_t uid;        /* who opens the nodes of groups */
	bool yes;         /* the host may lose its default route */

	struct pci_journal journal;
	char address[PCI_ADDRESS]; /* chosen at the first look; "" before */
	bool warned, wired;
	int claim;              /* the lock that keeps other daemons off, or -1 */
	char title[CARD_TITLE]; /* with the driver that the card goes back to */
	struct card_info info;  /* of the last take; count 0: it is the host's */
};

/*
 * Open the journal of the run directory; what a killed run left is undone now.
 * Returns how many operations that were, or -1 with *e.
 */
int card_open(struct card *c, struct err *e);

/*
 * The card that the configuration means, as it is now, with its driver.
 * False and "" when there is none, or a simulated one.
 */
bool card_now(struct card *c, char title[CARD_TITLE]);

/* Is the card of the last take still there?  True while none is handed over. */
bool card_present(const struct card *c);

/*
 * Can the card that the configuration means be handed over, and does the image drive it?
 * Warnings are logged once.  0, or -1 with *e: ERR_CONF, ERR_HOST or ERR_IMAGE.
 */
int card_check(struct card *c, struct err *e);

/*
 * Hand it over, and what belongs to it, whatever is the guest's already: checks first.
 *
 * @descriptors the hypervisor takes functions by descriptor, where the kernel has them
 * 0 with *info, or -1 with *e; then what was the host's before is the host's.
 */
int card_take(struct card *c, bool descriptors, struct card_info *info, struct err *e);

/* Give all back; nothing handed over is no error.  0, or -1 with *e. */
int card_give(struct card *c, struct err *e);

/*
 * Open a function of the last take, or for index == count what goes with them,
 * /dev/iommu.  Returns a descriptor (the caller's), or -1 with *e.
 */
int card_descriptor(struct card *c, uint32_t index, struct err *e);

#endif
