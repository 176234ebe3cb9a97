/*
 * plan: what is wanted -> operations, and an operation in words.
 *
 * Pure.  On Linux the override of a function comes first: from then on no other driver can
 * take it, also not one that is loaded at that moment.  FreeBSD's kernel sets a driver in
 * one call.  What is at vfio-pci or ppt already was so by somebody's decision, and stays
 * so.
 */
#include <stdio.h>
#include <string.h>

#include "pci/internal.h"

static int add_op(struct pci_plan *plan, const struct pci_op *op, struct err *e)
{
	if (plan->count == PCI_OPS_MAX)
		return err_set(e, 0, "plan: more than %d operations", PCI_OPS_MAX);
	if (pci_allowed(op, e) < 0)
		return err_ctx(e, "plan");
	plan->ops[plan->count++] = *op;
	return 0;
}

static int add_for(
    struct pci_plan *plan, enum pci_op_kind kind, const struct pci_device *d, struct err *e)
{
	struct pci_op op = {.kind = kind, .vendor = d->vendor, .device = d->device};

	/* Not the bytes behind the texts: operations are compared as a whole. */
	str_copy(op.address, sizeof(op.address), d->address);
	str_copy(op.driver, sizeof(op.driver), d->driver);
	str_copy(op.override, sizeof(op.override), d->override);
	return add_op(plan, &op, e);
}

/* A function that goes along, and its group; each once. */
static int note(struct pci_plan *plan, const struct pci_device *d, struct err *e)
{
	for (size_t i = 0; i < plan->function_count; i++)
		if (strcmp(plan->functions[i], d->address) == 0)
			return 0;
	if (plan->function_count == ARRAY_LEN(plan->functions))
		return err_set(e, 0, "plan: more than %zu functions", plan->function_count);
	memcpy(plan->functions[plan->function_count++], d->address, sizeof(d->address));
	for (size_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i] == d->group)
			return 0;
	if (plan->group_count == PCI_GROUPS_MAX)
		return err_set(e, 0, "plan: more than %d groups", PCI_GROUPS_MAX);
	plan->groups[plan->group_count++] = d->group;
	return 0;
}

static int collect(
    const struct pci_host *h, const struct pci_want *want, struct pci_plan *plan, struct err *e)
{
	if (note(plan, pci_find(h, want->card), e) < 0)
		return -1;
	for (size_t i = 0; i < want->extras; i++)
		if (note(plan, pci_find(h, want->extra[i]), e) < 0)
			return -1;
	for (size_t i = 0; i < h->count; i++)
		if (pci_taken_for(h, want, &h->devices[i]) != NULL &&
		    note(plan, &h->devices[i], e) < 0)
			return -1;
	return 0;
}

static int add_function(const struct pci_host *h, struct pci_plan *plan,
    const struct pci_device *d, bool *load, struct err *e)
{
	bool vmm = h->facts.system == PCI_SYSTEM_FREEBSD;

	if (pci_is_taken(d))
		return 0;
	if (*load && add_op(plan, &(struct pci_op){.kind = vmm ? PCI_VMM : PCI_LOAD}, e) < 0)
		return -1;
	*load = false;
	if (vmm)
		return add_for(plan, PCI_PPT, d, e);
	if (add_for(plan, PCI_OVERRIDE, d, e) < 0 ||
	    (d->driver[0] != '\0' && add_for(plan, PCI_UNBIND, d, e) < 0))
		return -1;
	return add_for(plan, PCI_BIND, d, e);
}

int pci_plan(
    const struct pci_host *h, const struct pci_want *want, struct pci_plan *plan, struct err *e)
{
	bool vmm = h->facts.system == PCI_SYSTEM_FREEBSD;
	bool load = vmm ? h->facts.vmm != PCI_MODULE_LOADED : !h->facts.vfio_loaded;
	struct err warning = {0};

	memset(plan, 0, sizeof(*plan));
	if (pci_verdict(h, want, &warning) == PCI_REFUSED) {
		if (e != NULL)
			*e = warning;
		return -1;
	}
	if (collect(h, want, plan, e) < 0)
		return -1;
	for (size_t i = 0; i < plan->function_count; i++)
		if (add_function(h, plan, pci_find(h, plan->functions[i]), &load, e) < 0)
			return -1;
	for (size_t i = 0; want->node && !vmm && i < plan->group_count; i++) {
		struct pci_op op = {
		    .kind = PCI_GRANT, .group = (uint32_t)plan->groups[i], .uid = want->uid};

		if (add_op(plan, &op, e) < 0)
			return -1;
	}
	return 0;
}

void pci_describe(const struct pci_op *op, char *dst, size_t size)
{
	char shown[PCI_SHOWN];

	str_copy(dst, size, "unknown operation");
	switch ((enum pci_op_kind)op->kind) {
	case PCI_LOAD:
		str_copy(dst, size, "modprobe " PCI_VFIO);
		break;
	case PCI_OVERRIDE:
		str_format(dst, size,
		    "echo " PCI_VFIO " >/" PCI_BUS "/devices/%s/driver_override", op->address);
		break;
	case PCI_UNBIND:
		str_format(dst, size, "echo %s >/" PCI_BUS "/drivers/%s/unbind", op->address,
		    op->driver);
		break;
	case PCI_BIND:
		str_format(dst, size, "echo %s >/" PCI_BUS "/drivers_probe", op->address);
		break;
	case PCI_GRANT:
		str_format(dst, size, "chown %u /dev/vfio/%u", op->uid, op->group);
		break;
	case PCI_VMM:
		str_copy(dst, size, "kldload vmm");
		break;
	case PCI_PPT:
		str_format(dst, size, "devctl set driver -f %s " PCI_PPT_DRIVER,
		    pci_shown(PCI_SYSTEM_FREEBSD, op->address, shown));
		break;
	case PCI_KINDS:
		break;
	}
}
