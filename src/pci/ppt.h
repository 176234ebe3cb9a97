/*
 * ppt: handing functions over on FreeBSD, over a small table of system calls.
 *
 * freebsd.c has the real ones; tests have others, so that all but the calls themselves
 * runs on any system.
 */
#ifndef PCI_PPT_H
#define PCI_PPT_H

#include "pci/pci.h"

/* A function as the kernel tells it. */
struct ppt_function {
	uint16_t vendor, device;
	char driver[PCI_DRIVER]; /* "" none; without its unit */
	bool attached;           /* false: the driver is only meant for it */
};

struct ppt_calls {
	/* 1 with *f, 0 when there is no such function, or -1 with *e. */
	int (*get)(const char *address, struct ppt_function *f, struct err *e);
	/*
	 * Take it from its driver and give it to this one, which is the only one that may
	 * have it from then on; and the end of that: the system's own choice again, from
	 * now on.  Nothing happens to a function no driver was set for.
	 * Both last as long as a driver likes, and run in a child.  0, or an errno.
	 */
	int (*set_driver)(const char *address, const char *driver);
	int (*clear_driver)(const char *address);
	/* The module vmm, wherever it is; load() finds it itself.  0, or an errno. */
	bool (*loaded)(const char *module);
	int (*load)(const char *module);
};

/* As a driver's apply() and undo(), pci.h. */
int ppt_apply(
    const struct ppt_calls *calls, const char *root, const struct pci_op *op, struct err *e);
int ppt_undo(
    const struct ppt_calls *calls, const char *root, const struct pci_op *op, struct err *e);

/*
 * Lock a file for a function below root, "claim" or "act"; waits at most wait_ms.
 * Returns the descriptor that holds it, or -1 with *e (num EWOULDBLOCK: held).
 */
int ppt_lock(
    const char *root, const char *address, const char *what, unsigned wait_ms, struct err *e);

#endif
