/*
 * verdict_vmm: what FreeBSD's vmm and bhyve ask of a host and of a card.
 *
 * Pure.  Facts are those of sys/amd64/vmm and usr.sbin/bhyve: vmm switches the IOMMU on
 * for the first guest that has a card, AMD's only where hw.vmm.amdvi.enable says so; ppt
 * takes functions with a plain header; bhyve hands on MSI and MSI-X but no pin, maps BARs
 * by whole pages, opens /dev/pci for writing, and has no word for a PCI domain.
 *
 * That hw.vmm.iommu.initialized is 0 proves nothing: so it is until that first guest.
 */
#include <stdio.h>
#include <string.h>

#include "pci/internal.h"

#define LOADER "/boot/loader.conf"

static int no_iommu(const struct pci_facts *f, struct err *e)
{
	const char *setting = f->cpu == PCI_CPU_AMD ? "the IOMMU (AMD-Vi, SVM)"
						    : "VT-d (Intel VT for Directed I/O)";

	if (f->firmware == PCI_NO) {
		err_set(e, 0,
		    "this computer's firmware describes no IOMMU: bhyve gives no card to a "
		    "guest without one");
		err_hint(e, "switch %s on in the firmware's setup", setting);
	} else if (f->iommu_enable == PCI_NO) {
		err_set(e, 0, "the IOMMU is off for bhyve: hw.vmm.iommu.enable is 0");
		err_hint(e, "take hw.vmm.iommu.enable=0 out of " LOADER "; reboot");
	} else {
		err_set(e, 0,
		    "AMD's IOMMU is off for bhyve: hw.vmm.amdvi.enable is not set, so no card "
		    "can be given to a guest");
		err_hint(e, "echo 'hw.vmm.amdvi.enable=\"1\"' >>" LOADER "; then: %s",
		    f->vmm == PCI_MODULE_LOADED ? "reboot" : "kenv hw.vmm.amdvi.enable=1");
	}
	return err_is(e, ERR_HOST);
}

static int vmm_host(const struct pci_facts *f, struct err *e)
{
	if (f->jailed) {
		err_set(e, 0, "this is a jail: a card is handed over by the host");
		err_hint(e, "run airlock on the host, outside of jails");
		return err_is(e, ERR_HOST);
	}
	if (f->securelevel > 0) {
		err_set(e, 0,
		    "kern.securelevel is %d: nobody may open /dev/pci for writing, as bhyve "
		    "has "
		    "to for a card",
		    f->securelevel);
		err_hint(e, "sysrc kern_securelevel_enable=NO; reboot");
		return err_is(e, ERR_HOST);
	}
	if (f->vmm == PCI_MODULE_MISSING) {
		err_set(
		    e, 0, "the kernel %s has no vmm, nor is there a module vmm.ko", f->kernel);
		err_hint(e,
		    "see where modules are looked for by: sysctl kern.module_path; "
		    "a kernel of your own needs: device vmm, or MODULES_OVERRIDE with vmm");
		return err_is(e, ERR_HOST);
	}
	return f->groups ? 0 : no_iommu(f, e);
}

static bool has_messages(const struct pci_device *d)
{
	return !d->capabilities || d->msi > 0 || d->msix > 0;
}

/* vmm gives a domain of the IOMMU to the number that the function has itself. */
static bool vmm_goes(const struct pci_device *d)
{
	return d->header == 0 && has_messages(d) && !d->unaligned && !d->renumbered &&
	       strncmp(d->address, "0000:", 5) == 0;
}

static int vmm_function(const struct pci_host *h, const struct pci_device *d, struct err *e)
{
	char title[256];

	if (vmm_goes(d))
		return 0;
	pci_title(d, title, sizeof(title));
	if (d->header != 0)
		err_set(e, 0, "%s is a bridge: ppt takes none", title);
	else if (strncmp(d->address, "0000:", 5) != 0)
		err_set(e, 0, "%s is not in PCI domain 0, the only one that vmm knows", title);
	else if (!has_messages(d))
		err_set(e, 0,
		    "%s has neither MSI nor MSI-X: bhyve hands on no interrupt by a pin "
		    "(INTx)",
		    title);
	else if (d->unaligned)
		err_set(e, 0,
		    "%s has a memory region (BAR) that shares a page with another: bhyve maps "
		    "whole pages",
		    title);
	else
		err_set(e, 0,
		    "%s is behind a bridge to conventional PCI: its requests come under the "
		    "bridge's number, and the IOMMU would stop them",
		    title);
	if (d->unaligned || d->renumbered)
		err_hint(e, "%s",
		    d->unaligned
			? "another slot, or a setting of the firmware for memory above "
			  "4 GB, may move it; else use another card"
			: "put the card into another slot, or use another card");
	else
		err_hint(e, "use another card; see them by: airlock cards");
	return err_is(e, ERR_HOST);
}

static void warn_resets(const struct pci_device *d, struct buf *b)
{
	if (!d->capabilities)
		pci_warn(b, "what the card can do is not known: only root may read that");
	else if ((d->resets & (PCI_RESET_FLR | PCI_RESET_PM)) == 0)
		pci_warn(b,
		    "the card cannot be reset: after a crash of the guest it may not work "
		    "until this host is switched off and on");
	else if ((d->resets & PCI_RESET_FLR) == 0)
		pci_warn(b,
		    "the card has no function level reset, only by its power state: a crash of "
		    "the guest may leave it unusable until this host reboots");
}

/* What of the same card cannot go along. */
static void warn_left(const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *d, struct buf *b)
{
	char title[256], text[384];

	for (size_t i = 0; i < h->count; i++) {
		const struct pci_device *m = &h->devices[i];

		if (m == d || m->group != d->group || !pci_same_card(m, d) ||
		    pci_member(h, want, d, m) != PCI_LEFT)
			continue;
		str_format(text, sizeof(text),
		    "%s is on the same card and stays with the host, as bhyve cannot take it: "
		    "the guest may reach it through the card",
		    pci_title(m, title, sizeof(title)));
		pci_warn(b, text);
	}
}

static void vmm_warn(const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *d, struct buf *b)
{
	char driver[PCI_DRIVER + PCI_UNIT], text[256];
	unsigned bus = 0, slot = 0, function = 0;

	warn_resets(d, b);
	warn_left(h, want, d, b);
	if (d->conventional)
		pci_warn(b, "the card is behind a bridge to conventional PCI: it works only "
			    "where the bridge takes its number");
	if (d->driver[0] == '\0' || pci_is_taken(d) || d->boot)
		return;
	sscanf(d->address, "%*x:%2x:%2x.%1x", &bus, &slot, &function);
	str_format(text, sizeof(text),
	    "%s has the card until a guest gets it, and must let go then; with "
	    "vmm_load=\"YES\" "
	    "and pptdevs=\"%u/%u/%u\" in " LOADER " it never has",
	    pci_driver_name(d, driver, sizeof(driver)), bus, slot, function);
	pci_warn(b, text);
}

const struct pci_rules pci_rules_vmm = {
    .host = vmm_host,
    .function = vmm_function,
    .goes = vmm_goes,
    .warn = vmm_warn,
    .list = "pciconf -l",
};
