/*
 * verdict_vfio: what Linux' VFIO asks of a host and of a card.
 *
 * Pure.  The IOMMU has to be on and its groups have to be real, interrupts remapped, the
 * module there.  What the firmware claims for its own (RMRR) the kernel gives to nobody.
 */
#include <string.h>

#include "pci/internal.h"

static int no_iommu(const struct pci_facts *f, struct err *e)
{
	const char *parameter = pci_iommu_parameter(f);

	err_set(e, 0,
	    "the IOMMU is off: a guest with a card could read and write all of this host's "
	    "memory");
	if (f->asked_off)
		err_hint(e, "take iommu=off (intel_iommu=off, amd_iommu=off) out of the "
			    "kernel's command line in /etc/default/grub; update-grub; reboot");
	else if (parameter[0] != '\0')
		err_hint(e,
		    "switch VT-d on in the firmware's setup, add %s to GRUB_CMDLINE_LINUX in "
		    "/etc/default/grub; update-grub; reboot",
		    parameter);
	else if (f->cpu == PCI_CPU_INTEL)
		err_hint(e, "the kernel was told intel_iommu=on already: switch VT-d on in the "
			    "firmware's setup");
	else
		err_hint(e,
		    "switch %s on in the firmware's setup; the kernel needs no "
		    "parameter",
		    f->cpu == PCI_CPU_AMD ? "the IOMMU (AMD-Vi, SVM)" : "the IOMMU");
	return err_is(e, ERR_HOST);
}

/* What the host lacks, whichever card it is. */
static int vfio_host(const struct pci_facts *f, struct err *e)
{
	if (!f->groups)
		return no_iommu(f, e);
	if (f->unsafe_interrupts) {
		err_set(e, 0,
		    "allow_unsafe_interrupts is set: a guest with a card could send "
		    "this host any interrupt");
		err_hint(e, "take allow_unsafe_interrupts out of /etc/modprobe.d and the "
			    "kernel's command line; then: modprobe -r vfio_iommu_type1, or "
			    "reboot");
		return err_is(e, ERR_HOST);
	}
	if (!f->vfio_loadable) {
		err_set(e, 0, "the kernel %s has no module vfio-pci", f->kernel);
		err_hint(e, "after an upgrade of the kernel: reboot; else install one with it: "
			    "apt install linux-image-amd64");
		return err_is(e, ERR_HOST);
	}
	return 0;
}

static int vfio_function(const struct pci_host *h, const struct pci_device *d, struct err *e)
{
	char title[256];

	if (d->group < 0) {
		err_set(e, 0, "%s is in no group of the IOMMU: the firmware keeps it out",
		    pci_title(d, title, sizeof(title)));
		err_hint(e, "look for an update of the firmware");
		return err_is(e, ERR_HOST);
	}
	/* The kernel's driver for Intel's IOMMU gives such devices to no guest. */
	if (d->reserved && h->facts.iommu == PCI_IOMMU_INTEL) {
		err_set(e, 0,
		    "%s: the firmware claims memory for its DMA (RMRR), so the kernel "
		    "gives it to no guest",
		    pci_title(d, title, sizeof(title)));
		err_hint(e, "look for an update of the firmware, or for its setting of remote "
			    "management");
		return err_is(e, ERR_HOST);
	}
	return 0;
}

static bool vfio_goes(const struct pci_device *d)
{
	return true;
}

static void vfio_warn(const struct pci_host *h, const struct pci_want *want,
    const struct pci_device *d, struct buf *b)
{
	char text[192], methods[64];

	pci_resets(d->resets, methods, sizeof(methods));
	if (d->resets == 0)
		pci_warn(b,
		    "the card cannot be reset: after a crash of the guest it may not work "
		    "until this host is switched off and on");
	else if (d->resets == PCI_RESET_SOME)
		pci_warn(b, "this kernel does not say how the card is reset");
	else if ((d->resets & (PCI_RESET_FLR | PCI_RESET_DEVICE)) == 0) {
		str_format(text, sizeof(text),
		    "the card has no function level reset (only: %s): a crash of the guest may "
		    "leave it unusable until this host reboots",
		    methods);
		pci_warn(b, text);
	}
	if (h->facts.remapping == PCI_NO)
		pci_warn(b, "interrupts are not remapped: VFIO may refuse; switch interrupt "
			    "remapping (x2APIC) on in the firmware's setup");
	if (d->override[0] != '\0' && strcmp(d->override, PCI_VFIO) != 0 &&
	    strcmp(d->override, d->driver) != 0) {
		str_format(text, sizeof(text), "somebody has set its driver_override to %s",
		    d->override);
		pci_warn(b, text);
	}
}

const struct pci_rules pci_rules_vfio = {
    .host = vfio_host,
    .function = vfio_function,
    .goes = vfio_goes,
    .warn = vfio_warn,
    .list = "lspci -D",
};
