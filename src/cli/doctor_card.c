/*
 * doctor_card: checks of the card and of what handing it over takes.
 *
 * The engine judges; here its words become findings, with the command that mends each
 * on this host: the boot loader's for a parameter of the kernel, the file that sets an
 * option of a module.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"

void check_card(struct doctor *d)
{
	const char *interface = doctor_interface(d);
	char title[256];

	if (!conf_has_card(d->conf)) {
		finding_add(d, "card", FINDING_OK, NULL,
		    "radio = \"%s\": no card is handed over, so nothing is checked that only "
		    "a card needs",
		    d->conf->radio);
		return;
	}
	if (d->card == NULL) {
		finding_add(d, "card", FINDING_FAILING,
		    d->no_card.hint[0] != '\0' ? d->no_card.hint : "airlock cards", "%s",
		    d->no_card.text);
		return;
	}
	finding_add(d, "card", FINDING_OK, NULL, "%s%s%s",
	    pci_title(d->card, title, sizeof(title)), interface != NULL ? ", here " : "",
	    interface != NULL ? interface : "");
}

/* --- the IOMMU */

/* How a parameter is given to the kernel by this host's boot loader. */
static void parameter_words(const struct doctor *d, const char *word, char *dst, size_t size)
{
	static const char *const loaders[] = {"/boot/loader/loader.conf",
	    "/efi/loader/loader.conf", "/boot/efi/loader/loader.conf"};
	const struct probe *p = d->probe;
	bool systemd_boot = false;

	for (size_t i = 0; i < ARRAY_LEN(loaders); i++)
		systemd_boot = systemd_boot || probe_exists(p, loaders[i]);
	if (probe_exists(p, "/usr/sbin/grubby"))
		str_format(dst, size, "grubby --update-kernel=ALL --args=%s && reboot", word);
	else if (probe_exists(p, "/usr/sbin/update-grub") &&
		 probe_exists(p, "/boot/grub/grub.cfg"))
		str_format(dst, size,
		    "mkdir -p /etc/default/grub.d && echo 'GRUB_CMDLINE_LINUX=\""
		    "$GRUB_CMDLINE_LINUX %s\"' > /etc/default/grub.d/airlock.cfg && "
		    "update-grub "
		    "&& reboot",
		    word);
	else if (systemd_boot && probe_exists(p, "/etc/kernel/cmdline"))
		str_format(dst, size,
		    "sed -i 's/$/ %s/' /etc/kernel/cmdline && kernel-install add \"$(uname "
		    "-r)\" "
		    "/boot/vmlinuz-\"$(uname -r)\" && reboot",
		    word);
	else if (systemd_boot)
		str_format(dst, size,
		    "add %s to the line \"options\" of the files in loader/entries on the boot "
		    "partition, then: reboot",
		    word);
	else if (probe_exists(p, "/etc/default/grub"))
		str_format(dst, size,
		    "add %s to GRUB_CMDLINE_LINUX in /etc/default/grub, then: grub-mkconfig -o "
		    "/boot/grub/grub.cfg && reboot",
		    word);
	else
		str_format(dst, size, "give the kernel the parameter %s, and reboot", word);
}

/* Does the firmware describe an IOMMU to the kernel?  Unknown where nothing is told. */
static bool firmware_hides_it(const struct doctor *d)
{
	return probe_exists(d->probe, "/sys/firmware/acpi/tables") &&
	       !probe_exists(d->probe, "/sys/firmware/acpi/tables/DMAR") &&
	       !probe_exists(d->probe, "/sys/firmware/acpi/tables/IVRS");
}

void check_iommu(struct doctor *d)
{
	const struct pci_facts *f = &d->pci.facts;
	static const char *const names[] = {[PCI_IOMMU_NONE] = "",
	    [PCI_IOMMU_INTEL] = " (Intel VT-d)",
	    [PCI_IOMMU_AMD] = " (AMD-Vi)",
	    [PCI_IOMMU_OTHER] = ""};
	const char *parameter = pci_iommu_parameter(f);
	char fix[400];

	if (f->groups) {
		finding_add(d, "iommu", FINDING_OK, NULL, "the IOMMU is on%s", names[f->iommu]);
		return;
	}
	if (f->asked_off) {
		finding_add(d, "iommu", FINDING_FAILING,
		    "take intel_iommu=off, amd_iommu=off or iommu=off out of the kernel's "
		    "command "
		    "line, and reboot",
		    "the IOMMU is off: the kernel's command line says so");
		return;
	}
	if (firmware_hides_it(d) || parameter[0] == '\0') {
		str_format(fix, sizeof(fix),
		    "switch on %s in the setup of this computer's firmware",
		    f->cpu == PCI_CPU_AMD ? "IOMMU (AMD-Vi)" : "VT-d");
		finding_add(d, "iommu", FINDING_FAILING, fix,
		    "the IOMMU is off, or this computer has none: a card could write to all of "
		    "this host's memory");
		return;
	}
	parameter_words(d, parameter, fix, sizeof(fix));
	finding_add(d, "iommu", FINDING_FAILING, fix,
	    "the IOMMU is off: the kernel needs the parameter %s", parameter);
}

void check_remapping(struct doctor *d)
{
	const struct pci_facts *f = &d->pci.facts;
	char fix[400];

	if (!f->groups)
		return;
	switch (f->remapping) {
	case PCI_YES:
		finding_add(d, "interrupts", FINDING_OK, NULL, "interrupts are remapped");
		break;
	case PCI_NO:
		parameter_words(d, "intremap=on", fix, sizeof(fix));
		finding_add(d, "interrupts", FINDING_FAILING, fix,
		    "interrupts are not remapped: VFIO refuses the card, because it could send "
		    "any interrupt to this host");
		break;
	case PCI_UNKNOWN:
		finding_add(d, "interrupts", FINDING_OK, NULL,
		    "the kernel does not say whether interrupts are remapped; VFIO will");
		break;
	}
}

/* --- options of modules */

struct option_file {
	const struct probe *p;
	char path[300];
};

static bool look_for_option(void *arg, const char *name)
{
	struct option_file *s = arg;
	auto_free char *text = NULL;
	char path[300];

	str_format(path, sizeof(path), "/etc/modprobe.d/%s", name);
	text = probe_read(s->p, path, NULL);
	if (text == NULL || strstr(text, "allow_unsafe_interrupts") == NULL)
		return true;
	str_copy(s->path, sizeof(s->path), path);
	return false;
}

void check_unsafe(struct doctor *d)
{
	struct option_file s = {.p = d->probe};
	char fix[400];

	if (!d->pci.facts.unsafe_interrupts)
		return;
	probe_each(d->probe, "/etc/modprobe.d", look_for_option, &s);
	if (s.path[0] != '\0')
		str_format(fix, sizeof(fix), "sed -i '/allow_unsafe_interrupts/d' %s && reboot",
		    s.path);
	else
		str_copy(fix, sizeof(fix),
		    "echo 0 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	finding_add(d, "interrupts", FINDING_FAILING, fix,
	    "allow_unsafe_interrupts is set: any card that is handed over may send any "
	    "interrupt to this host; airlock never needs it");
}

void check_vfio(struct doctor *d)
{
	const struct pci_facts *f = &d->pci.facts;

	if (f->vfio_loaded && !probe_exists(d->probe, "/dev/vfio/vfio"))
		finding_add(d, "vfio", FINDING_FAILING, "modprobe vfio-pci",
		    "the driver vfio-pci is there, but /dev/vfio/vfio is not");
	else if (f->vfio_loaded)
		finding_add(d, "vfio", FINDING_OK, NULL, "the driver vfio-pci is loaded");
	else if (f->vfio_loadable)
		finding_add(d, "vfio", FINDING_OK, NULL,
		    "the module vfio-pci is there; it is loaded when it is needed");
	else
		finding_add(d, "vfio", FINDING_FAILING,
		    probe_exists(d->probe, "/usr/bin/apt-get")
			? "apt install linux-image-amd64 && reboot"
			: "boot a kernel with CONFIG_VFIO_PCI",
		    "the kernel %s has no module vfio-pci", f->kernel);
}

/* --- the hand-over itself */

/* "in IOMMU group 14, alone" or with whom; FreeBSD has no groups. */
static void group_words(const struct doctor *d, char *dst, size_t size)
{
	bool groups = d->pci.facts.system == PCI_SYSTEM_LINUX;
	size_t used, others = 0;

	str_copy(dst, size, "");
	if (groups)
		str_format(dst, size, "in IOMMU group %d", d->card->group);
	for (size_t i = 0; i < d->pci.count; i++) {
		const struct pci_device *other = &d->pci.devices[i];
		char title[256];

		if (other->group != d->card->group || other == d->card)
			continue;
		used = strlen(dst);
		str_format(dst + used, size - used, "%s %s",
		    others++ > 0 ? ","
		    : groups     ? " with"
				 : "with",
		    pci_title(other, title, sizeof(title)));
	}
	used = strlen(dst);
	if (others == 0)
		str_format(dst + used, size - used, "%s", groups ? ", alone" : "alone");
}

void check_handover(struct doctor *d)
{
	char group[300], resets[64];
	struct pci_want want = d->want;
	struct pci_device *card;
	struct err e = {0};

	/* Without groups there is nothing to judge by; see check_iommu(). */
	if (d->card == NULL || !d->pci.facts.groups)
		return;
	/* That a driver has it before the guest is for check_bsd_reserved() to say. */
	card = &d->pci.devices[d->card - d->pci.devices];
	card->boot = true;
	group_words(d, group, sizeof(group));
	if (pci_is_taken(d->card) && d->running) {
		finding_add(
		    d, "hand-over", FINDING_OK, NULL, "the guest has the card, %s", group);
		return;
	}
	/* Whether the host may lose its way out is asked by setup and start, not here. */
	want.yes = true;
	switch (pci_verdict(&d->pci, &want, &e)) {
	case PCI_OK:
		finding_add(d, "hand-over", FINDING_OK, NULL,
		    "the card can be handed over: %s; it can be reset (%s)", group,
		    pci_resets(d->card->resets, resets, sizeof(resets)));
		break;
	case PCI_WARNED:
		finding_add(d, "hand-over", FINDING_WARNING, e.hint, "%s (%s)", e.text, group);
		break;
	case PCI_REFUSED:
		finding_add(d, "hand-over", FINDING_FAILING, e.hint, "%s", e.text);
		return;
	}
	e = (struct err){0};
	want.yes = false;
	if (pci_verdict(&d->pci, &want, &e) == PCI_REFUSED)
		finding_add(d, "default route", FINDING_WARNING,
		    strcmp(d->conf->radio, "auto") == 0 ? "airlock setup --yes"
							: "airlock start --yes",
		    "%s", e.text);
}

/* --- rfkill */

struct switches {
	struct doctor *d;
	size_t blocked;
};

/* One of the card itself, or a wireless switch of the computer, which is for all cards. */
static bool concerns_card(const struct doctor *d, const char *name, const char *type)
{
	char path[300], full[PATH_MAX], real[PATH_MAX], part[PCI_ADDRESS + 2];

	str_format(path, sizeof(path), "/sys/class/rfkill/%s", name);
	if (realpath(probe_path(d->probe, full, sizeof(full), path), real) == NULL)
		return false;
	str_format(part, sizeof(part), "/%s/", d->card->address);
	if (strstr(real, part) != NULL)
		return true;
	return strcmp(type, "wlan") == 0 && strstr(real, "/ieee80211/") == NULL;
}

static bool look_at_switch(void *arg, const char *name)
{
	struct switches *s = arg;
	char path[300], type[32], label[64], hard[8], soft[8];

	str_format(path, sizeof(path), "/sys/class/rfkill/%s/type", name);
	probe_line(s->d->probe, path, type, sizeof(type));
	if (!concerns_card(s->d, name, type))
		return true;
	str_format(path, sizeof(path), "/sys/class/rfkill/%s/name", name);
	probe_line(s->d->probe, path, label, sizeof(label));
	str_format(path, sizeof(path), "/sys/class/rfkill/%s/hard", name);
	probe_line(s->d->probe, path, hard, sizeof(hard));
	str_format(path, sizeof(path), "/sys/class/rfkill/%s/soft", name);
	probe_line(s->d->probe, path, soft, sizeof(soft));
	if (strcmp(hard, "1") == 0)
		finding_add(s->d, "rfkill", FINDING_FAILING,
		    "press the wireless key or switch of this computer",
		    "%s (%s) is switched off by hardware", name, label);
	else if (strcmp(soft, "1") == 0)
		finding_add(s->d, "rfkill", FINDING_WARNING, "rfkill unblock wlan",
		    "%s (%s) is switched off by software", name, label);
	s->blocked += strcmp(hard, "1") == 0 || strcmp(soft, "1") == 0;
	return true;
}

void check_rfkill(struct doctor *d)
{
	struct switches s = {.d = d};

	if (d->card == NULL || d->card->kind != PCI_WIRELESS)
		return;
	probe_each(d->probe, "/sys/class/rfkill", look_at_switch, &s);
	if (s.blocked == 0)
		finding_add(d, "rfkill", FINDING_OK, NULL, "no switch is off");
}
