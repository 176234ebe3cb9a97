/* linux_function: one function of the bus in sysfs, for linux.c. */
#ifndef PCI_LINUX_FUNCTION_H
#define PCI_LINUX_FUNCTION_H

#include "pci/internal.h"

/* A function while something is done to it. */
struct function {
	const char *root;
	const struct pci_op *op;
	int lock; /* on its directory; -1 while it is not there */
};

/*
 * Begin: wait, for a bounded time, until nobody is at it.
 * 1, 0 when the function of the plan is not there (any more), or -1 with *e (num
 * ETIMEDOUT).  function_close() in any case.
 */
int function_open(struct function *f, const char *root, const struct pci_op *op, struct err *e);
void function_close(struct function *f);

bool function_is_there(const struct function *f);

/* Has it this driver ("": none)?  The second waits for that, at most 2 s. */
bool function_has(const struct function *f, const char *driver);
bool function_await(const struct function *f, const char *driver);
/* The driver that it has. */
void function_driver(const struct function *f, char driver[PCI_DRIVER]);

/* The first line of one of its files; false, and "", when there is none. */
bool function_line(const struct function *f, const char *name, char *dst, size_t size);

/* Set driver_override; "" takes it away.  0, or -1 with *e. */
int function_override(const struct function *f, const char *driver, struct err *e);

/*
 * Write its address to a file of the bus, such as "drivers_probe", for a bounded time.
 * 0, or -1 with *e (num ETIMEDOUT: the kernel is still at it).
 */
int function_put(const struct function *f, const char *file, struct err *e);

#endif
