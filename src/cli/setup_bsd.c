/*
 * setup_bsd: a FreeBSD host made ready.
 *
 * The card is reserved for ppt(4) from the boot on, because a driver that had it once may
 * leave it in a state that the guest's cannot mend: lines of loader.conf(5).  What
 * rc.conf(5) makes of the card, a wlan(4) with its supplicant, is emptied, and the
 * service is enabled.  Variables are set where they count, in place, and every other byte
 * of these files stays.  Nothing is loaded, detached or started here: until the next
 * boot, or `airlock start`, this host is as it was.
 */
#include <stdio.h>
#include <string.h>

#include "cli/bsd.h"
#include "cli/setup.h"

#define KENV_MAX 127 /* bytes of a value in the kernel's environment */

/* --- loader.conf */

static int loader(
    struct setup *s, const char *name, const char *value, const char *why, struct err *e)
{
	char path[BSD_PATH];

	bsd_loader(s->probe, name, NULL, path, NULL);
	return setup_add_setting(s, RCFILE_LOADER, path, name, value, why, e);
}

/* The text of a variable with what steps before this one make of it; "" not set. */
static bool planned(const struct setup *s, const char *name, char value[RCFILE_VALUE])
{
	size_t len;

	for (size_t i = s->count; i-- > 0;) {
		if (s->step[i].kind != SETUP_SETTING || strcmp(s->step[i].name, name) != 0)
			continue;
		/* Ours are "value". */
		len = strlen(s->step[i].raw);
		str_format(value, RCFILE_VALUE, "%.*s", (int)(len - 2), s->step[i].raw + 1);
		return true;
	}
	return bsd_loader(s->probe, name, value, NULL, NULL);
}

static int reserve(struct setup *s, const char *address, struct err *e)
{
	char pptdev[16], value[RCFILE_VALUE], more[RCFILE_VALUE];
	bool clear;

	if (!bsd_pptdev(address, pptdev)) {
		setup_add(s, SETUP_NOTE,
		    "%s is not in PCI domain 0, so it cannot be reserved at boot", address);
		return 0;
	}
	if (bsd_reserved(s->probe, pptdev) != NULL)
		return 0;
	for (size_t i = 0; i < BSD_PPTDEVS; i++) {
		bool plain = planned(s, bsd_pptdevs[i], value);

		bsd_loader(s->probe, bsd_pptdevs[i], NULL, NULL, &clear);
		if (!plain && !clear)
			continue; /* it is computed: nobody knows what is in it */
		if (rcfile_has_word(value, pptdev))
			return 0;
		str_format(
		    more, sizeof(more), "%s%s%s", value, value[0] != '\0' ? " " : "", pptdev);
		if (strlen(more) <= KENV_MAX)
			return loader(s, bsd_pptdevs[i], more,
			    "from the next boot on the card is nobody's but the guest's", e);
	}
	return err_set(e, 0, "there is no room for %s in pptdevs of loader.conf", pptdev);
}

static int plan_loader(struct setup *s, struct err *e)
{
	const struct pci_facts *f = &s->cards->pci.facts;
	char value[RCFILE_VALUE];
	size_t before = s->count;

	/* One that is built in has no file, and needs no line. */
	if ((f->vmm != PCI_MODULE_LOADED || probe_exists(s->probe, "/boot/kernel/vmm.ko")) &&
	    (!bsd_loader(s->probe, "vmm_load", value, NULL, NULL) || !bsd_yes(value)) &&
	    loader(s, "vmm_load", "YES", "the hypervisor, which keeps the card, is there first",
		e) < 0)
		return -1;
	if (reserve(s, s->card->address, e) < 0)
		return -1;
	for (size_t i = 0; i < s->conf->guest.extras; i++)
		if (reserve(s, s->conf->guest.extra_pci[i], e) < 0)
			return -1;
	if (f->cpu == PCI_CPU_AMD &&
	    loader(s, "hw.vmm.amdvi.enable", "1",
		"AMD's IOMMU is used: FreeBSD leaves it off unless it is told to", e) < 0)
		return -1;
	if (bsd_loader(s->probe, "hw.vmm.iommu.enable", value, NULL, NULL) &&
	    strcmp(value, "0") == 0 &&
	    loader(s, "hw.vmm.iommu.enable", "1", "the IOMMU is used", e) < 0)
		return -1;
	if (s->count > before)
		setup_add(s, SETUP_NOTE,
		    "the loader reads that at the next boot: shutdown -r now, then airlock "
		    "doctor");
	return 0;
}

/* --- rc.conf */

static int rc(
    struct setup *s, const char *name, const char *value, const char *why, struct err *e)
{
	char path[BSD_PATH];

	bsd_rc(s->probe, name, NULL, path, NULL);
	return setup_add_setting(s, RCFILE_SHELL, path, name, value, why, e);
}

/* The wlan(4) that netif(8) would make of the card, and the supplicant with it. */
static int plan_wlan(struct setup *s, struct err *e)
{
	char driver[PCI_DRIVER + PCI_UNIT], name[RCFILE_NAME], value[RCFILE_VALUE];
	bool clear;

	if (s->card->kind != PCI_WIRELESS || pci_is_taken(s->card) ||
	    s->card->driver[0] == '\0')
		return 0;
	str_format(
	    name, sizeof(name), "wlans_%s", pci_driver_name(s->card, driver, sizeof(driver)));
	bsd_rc(s->probe, name, value, NULL, &clear);
	if (clear || value[0] == '\0')
		return 0;
	return rc(
	    s, name, "", "netif makes no wlan of the card: its network is the guest's", e);
}

/* The names in airlock_machines, of which this machine shall be one. */
static int plan_enable(struct setup *s, struct err *e)
{
	static const char why[] = "the router starts when this host boots";
	const char *machine = s->conf->machine;
	char value[RCFILE_VALUE], more[RCFILE_VALUE];
	bool enabled, clear, usual = strcmp(machine, CONF_MACHINE) == 0;

	enabled = bsd_rc(s->probe, "airlock_enable", value, NULL, NULL) && bsd_yes(value);
	if (!enabled && rc(s, "airlock_enable", "YES", why, e) < 0)
		return -1;
	if (!bsd_rc(s->probe, "airlock_machines", value, NULL, &clear) && !clear) {
		setup_add(s, SETUP_NOTE, "airlock_machines in rc.conf: add %s to it", machine);
		return 0;
	}
	/* Not given, it is the usual one; which nobody wants who only now enables another. */
	if (clear && !usual && enabled)
		str_copy(value, sizeof(value), CONF_MACHINE);
	if ((clear && usual) || rcfile_has_word(value, machine))
		return 0;
	str_format(more, sizeof(more), "%s%s%s", value, value[0] != '\0' ? " " : "", machine);
	return rc(s, "airlock_machines", more, why, e);
}

static int plan_service(struct setup *s, struct err *e)
{
	char value[RCFILE_VALUE], name[RCFILE_NAME], path[BSD_PATH];
	const char *interface = s->conf->host.interface;
	bool clear;

	if (!probe_exists(s->probe, "/usr/local/etc/rc.d/airlock")) {
		setup_add(s, SETUP_NOTE,
		    "/usr/local/etc/rc.d/airlock is not installed: "
		    "make install");
		return 0;
	}
	if (plan_enable(s, e) < 0)
		return -1;
	/* What is for every interface is for the router's, too, and it has an address. */
	str_format(name, sizeof(name), "ifconfig_%s", interface);
	bsd_rc(s->probe, "ifconfig_DEFAULT", value, path, &clear);
	if (clear || value[0] == '\0' ||
	    strspn(interface, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(interface))
		return 0;
	bsd_rc(s->probe, name, NULL, NULL, &clear);
	return clear ? rc(s, name, "NOAUTO",
			   "ifconfig_DEFAULT is not for the router's interface", e)
		     : 0;
}

int setup_bsd(struct setup *s, struct err *e)
{
	if (plan_loader(s, e) < 0 || plan_wlan(s, e) < 0)
		return -1;
	return plan_service(s, e);
}
