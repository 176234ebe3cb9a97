/* fake: the model of a host that pci_fake changes, for tests of what uses pci. */
#ifndef PCI_FAKE_H
#define PCI_FAKE_H

#include "pci/pci.h"

#define PCI_FAKE_MAX 64

struct pci_fake_device {
	char address[PCI_ADDRESS];
	uint16_t vendor, device;
	int group;
	char driver[PCI_DRIVER], override[PCI_DRIVER];
	char own[PCI_DRIVER]; /* the driver that takes it when nothing is overridden */
	bool gone;            /* unplugged */
	bool lost;            /* its driver cannot be loaded any more */
	bool held;            /* a process keeps it: it cannot be unbound from vfio-pci */
};

struct pci_fake_model {
	struct pci_fake_device devices[PCI_FAKE_MAX];
	size_t count;
	bool loaded;      /* vfio-pci */
	bool unloadable;  /* it cannot be loaded */
	uid_t nodes[256]; /* owners of the groups' nodes */
	unsigned acts;    /* applies and undos so far */
	unsigned fail_at; /* the act that fails, counted from 1; 0 none */
	/* Called right before and right after each act, with the number of either. */
	void (*step)(unsigned n);
	unsigned steps;
};

/* The model in use.  Set it to memory that is shared to see it after a process died. */
extern struct pci_fake_model *pci_fake_model;

/* Begin with the devices of a snapshot; each has its own driver. */
void pci_fake_load(const struct pci_host *h);

/* The model as text: a line a device, a line a node that is granted. */
void pci_fake_dump(struct buf *b);

/* Make a snapshot say what the model says: drivers and overrides. */
void pci_fake_show(struct pci_host *h);

#endif
