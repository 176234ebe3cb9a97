/* recording: what the files of the parser share. */
#ifndef PCI_RECORDING_H
#define PCI_RECORDING_H

#include "pci/internal.h"

#define RECORDING_LINE     512 /* what is longer is cut */
#define RECORDING_PAGE     4096U
#define RECORDING_BRIDGES  256 /* as many as there are buses of a domain */
#define RECORDING_LINKS    128
#define RECORDING_RESERVED 32

struct recording {
	struct pci_host *host;
	struct pci_device *device; /* whose lines come now, or NULL; moves when one is added */
	unsigned secondary;        /* its bus behind, when it is a bridge */
	bool express, to_pci;      /* what its capability of PCI Express says */
	bool capabilities;         /* some device has any */
	bool known;                /* some line was understood */
	struct pci_bridge bridges[RECORDING_BRIDGES];
	size_t bridge_count;

	/* What sysctl and kenv say. */
	enum pci_tristate kenv_amdvi;
	char tables[32]; /* of the firmware, "DMAR IVRS"; "" is not known */
	char reserved[RECORDING_RESERVED][PCI_ADDRESS]; /* pptdevs */
	size_t reserved_count;

	/* An interface and what carries it: a device, or an interface below. */
	struct {
		char name[PCI_INTERFACE], of[PCI_DRIVER + PCI_UNIT];
		bool over, wireless;
	} links[RECORDING_LINKS];
	size_t link_count;
	bool interfaces; /* all of them are told */
};

/* A line "name: value", "name=value" or "name="value"". */
void recording_setting(struct recording *r, const char *line);

/* All lines were there: interfaces and what follows for the IOMMU. */
void recording_finish(struct recording *r);

#endif
