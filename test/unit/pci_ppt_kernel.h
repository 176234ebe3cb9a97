/*
 * pci_ppt_kernel: what FreeBSD's kernel does behind devctl2 and modules, as a model that
 * the table of calls of ppt.h changes.  It lies in shared memory, for a child makes the
 * calls.
 */
#ifndef TEST_UNIT_PCI_PPT_KERNEL_H
#define TEST_UNIT_PCI_PPT_KERNEL_H

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "pci/ppt.h"

struct kernel_device {
	char address[PCI_ADDRESS];
	uint16_t vendor, device;
	char driver[PCI_DRIVER], own[PCI_DRIVER];
	bool attached, fixed;
	bool boot, gone, held, lost, stubborn, unfit;
	unsigned slow_ms; /* its driver lets go after that */
};

/* In shared memory: the calls are made by a child. */
static struct kernel {
	struct kernel_device devices[8];
	size_t count;
	bool loaded, unloadable;
	unsigned calls;
} * model;

static inline struct kernel_device *device_at(const char *address)
{
	for (size_t i = 0; i < model->count; i++)
		if (strcmp(model->devices[i].address, address) == 0)
			return &model->devices[i];
	return NULL;
}

static inline int get(const char *address, struct ppt_function *f, struct err *e)
{
	const struct kernel_device *d = device_at(address);

	if (d == NULL || d->gone)
		return 0;
	*f = (struct ppt_function){
	    .vendor = d->vendor, .device = d->device, .attached = d->attached};
	str_copy(f->driver, sizeof(f->driver), d->driver);
	return 1;
}

static inline void attach(struct kernel_device *d, const char *driver)
{
	memset(d->driver, 0, sizeof(d->driver));
	str_copy(d->driver, sizeof(d->driver), driver);
	d->attached = driver[0] != '\0';
}

static inline int detach(struct kernel_device *d)
{
	if (!d->attached)
		return 0;
	if (strcmp(d->driver, "ppt") == 0 ? d->held : d->stubborn)
		return EBUSY;
	if (strcmp(d->driver, "ppt") != 0)
		usleep(d->slow_ms * 1000);
	d->attached = false;
	return 0;
}

static inline int set_driver(const char *address, const char *driver)
{
	struct kernel_device *d = device_at(address);
	int error;

	model->calls++;
	if (d == NULL || d->gone || !model->loaded)
		return ENOENT;
	if (strcmp(d->driver, driver) == 0)
		return 0;
	error = detach(d);
	if (error != 0)
		return error;
	attach(d, driver);
	d->fixed = true;
	d->attached = !d->unfit;
	return d->unfit ? ENXIO : 0;
}

static inline int clear_driver(const char *address)
{
	struct kernel_device *d = device_at(address);
	int error;

	model->calls++;
	if (d == NULL || d->gone)
		return ENOENT;
	if (!d->fixed)
		return 0;
	error = detach(d);
	if (error != 0)
		return error;
	d->fixed = false;
	attach(d, d->boot && model->loaded ? "ppt" : d->lost ? "" : d->own);
	return 0;
}

static inline bool loaded(const char *module)
{
	CHECK_STR(module, "vmm");
	return model->loaded;
}

static inline int load(const char *module)
{
	if (model->unloadable)
		return ENOENT;
	model->loaded = true;
	return 0;
}

static const struct ppt_calls calls = {get, set_driver, clear_driver, loaded, load};

static inline int apply_double(const char *root, const struct pci_op *op, struct err *e)
{
	return ppt_apply(&calls, root, op, e);
}

static inline int undo_double(const char *root, const struct pci_op *op, struct err *e)
{
	return ppt_undo(&calls, root, op, e);
}

static const struct pci_driver doubles = {"freebsd", apply_double, undo_double};

#endif
