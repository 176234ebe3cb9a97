/*
 * card: the PCI function that is the way out, found in sysfs.
 *
 * Several functions may have been handed over.  The radio is found by class, and
 * of several the one with the lowest address counts, which the host gives to the
 * radio.  Nothing is said of a simulated radio: it is no PCI function.
 */
#ifndef GUEST_CARD_H
#define GUEST_CARD_H

#include "base/base.h"

#define CARD_NAME 16 /* of an interface, with its NUL */

struct card {
	char address[16]; /* in the guest: "0000:00:05.0" */
	unsigned vendor, device;
	char alias[96];            /* by which its driver is found: "pci:v00008086..." */
	char driver[32];           /* "": none has it */
	char interface[CARD_NAME]; /* "": it has none */
	char other[16];            /* another function that would do as well, or "" */
};

/*
 * Find it.
 *
 * @root  "", or the directory that has a `sys` to look into
 * @wired look for an Ethernet card instead of a wireless one; the virtio ones
 *        of the machine itself never count
 * Returns whether there is one.
 */
bool card_find(const char *root, bool wired, struct card *c);

/* Whether a function is on the bus. */
bool card_present(const char *root, const char *address);

/* The driver that has a device, from its directory in sysfs; or "". */
void card_driver(const char *device, char *dst, size_t size);

/*
 * Take the driver off a function and put it on again; with `reset` the function is
 * reset in between.  One that fell off the bus is looked for first.  May take as
 * long as the driver likes, so it is no work for PID 1.
 * 0 when a driver has the function, or -1 with *e, which is of kind ERR_HOST when
 * nothing was done as there is no way to.
 */
int card_revive(const char *root, const char *address, bool reset, struct err *e);

/*
 * The child that does it: airlock-revive driver|reset ADDRESS.  Its exit status: 0, or
 * enum err_kind.
 */
int card_main(int argc, char **argv);

#endif
