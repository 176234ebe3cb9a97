/* pci's own: what its files share with each other and with tests. */
#ifndef PCI_INTERNAL_H
#define PCI_INTERNAL_H

#include "pci/pci.h"

#define PCI_VFIO       "vfio-pci"
#define PCI_PPT_DRIVER "ppt"
#define PCI_RESETS     6

/* The kernel's names of ways to reset, in the order of PCI_RESET_'s bits. */
extern const char *const pci_reset_names[PCI_RESETS];

/* -------------------------------------------------------------------- decoders */

/*
 * Look a device up in the text of pci.ids.  Names are shown to people: they come out
 * printable, cut to their room, "" when unknown.
 */
void pci_ids_find(const char *text, size_t len, uint16_t vendor, uint16_t device,
    char vendor_name[PCI_NAME], char device_name[PCI_NAME]);

/* What the configuration space of a function tells. */
struct pci_config {
	uint8_t header;
	unsigned msi, msix; /* vectors */
	bool flr;
	bool whole; /* all of its capabilities were there to be read */
};

/* Read a configuration space of any length (64 bytes where one is not root). */
void pci_config_read(const uint8_t *data, size_t len, struct pci_config *c);

/* Records of the journal. */
extern const struct journal_type pci_records_type;

/* ------------------------------------------------------------------- the host */

/* Room for the path of anything that is looked at below a root. */
#define PCI_PATH (PCI_ROOT_MAX + 256)

/* Where devices and drivers of the bus are. */
#define PCI_BUS "sys/bus/pci"

/* The first line of a small file without its newline; false, and "", when there is none. */
bool pci_line(const char *path, char *dst, size_t size);

/* Where a link leads, its last component; false, and "", when there is none. */
bool pci_link(const char *path, char *dst, size_t size);

/*
 * All functions of this system, as pci_list() has them but for names and shown addresses.
 * One for each system.  0, or -1 with *e.
 */
int pci_look(const char *root, struct pci_host *h, struct err *e);

/* One more device of the snapshot, zeroed but for its address; NULL: there are too many. */
struct pci_device *pci_add(struct pci_host *h, const char address[PCI_ADDRESS]);

/* Sort the devices by address. */
void pci_sort(struct pci_host *h);

/* The facts without the devices. */
void pci_facts_read(const char *root, struct pci_facts *f);

/* The network interfaces of all devices of the snapshot, and what they are. */
void pci_interfaces_read(const char *root, struct pci_host *h);

/* What a device is by class, interfaces and name; its kind is PCI_WIRELESS where an
 * interface of its own says so. */
enum pci_kind pci_kind_of(const struct pci_device *d);

/* Which members of a group go along, and which forbid that it goes at all. */
enum pci_member { PCI_TAKEN, PCI_LEFT, PCI_FORBIDS };
enum pci_member pci_member(const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *wanted, const struct pci_device *member);

/* The wanted function for which a device is taken along (itself, maybe), or NULL. */
const struct pci_device *pci_taken_for(
    const struct pci_host *h, const struct pci_want *want, const struct pci_device *m);

#endif
