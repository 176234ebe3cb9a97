/* freebsd: what the files that ask a FreeBSD kernel share. */
#ifndef PCI_FREEBSD_H
#define PCI_FREEBSD_H

#include "pci/internal.h"

/*
 * Functions as the kernel lists them, without configuration space and BARs.
 *
 * @only an address, or NULL for all
 * Returns how many there are in *list (the caller's to free), or -1 with *e.
 */
ssize_t freebsd_functions(int fd, const char *only, struct pci_raw **list, struct err *e);

/* Open /dev/pci; with `write` the configuration spaces can be read.  -1 with *e. */
int freebsd_open(bool write, struct err *e);

/* Has this function's driver taken it?  Needs a descriptor for writing; true else. */
bool freebsd_attached(int fd, const struct pci_raw *r);

/* A sysctl or a kernel environment variable as text; false and "" when there is none. */
bool freebsd_sysctl(const char *name, char *dst, size_t size);
bool freebsd_kenv(const char *name, char *dst, size_t size);

/* Lines of a recording: the host's settings, and interfaces over these functions. */
void freebsd_record_host(struct buf *b);
void freebsd_record_interfaces(struct buf *b, const struct pci_raw *list, size_t count);

/* Is a module there, in the kernel or loaded? */
bool freebsd_module_loaded(const char *name);

#endif
