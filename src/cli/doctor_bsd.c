/*
 * doctor_bsd: checks of a FreeBSD host: vmm, bhyve, memory, jail, Capsicum.
 *
 * Judged is what sysctl(8), kldstat(8) and bhyve itself say, and the kernel's first words
 * in dmesg.boot.  What is merely not loaded yet is well: `airlock start` loads it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/bsd.h"
#include "cli/doctor.h"

#define BHYVE     "/usr/sbin/bhyve"
#define FIRMWARE  "/usr/local/share/uefi-firmware/BHYVE_UEFI.fd"
#define VMMCTL    "/dev/vmmctl"
#define BHYVE_MIB 32 /* of the hypervisor itself, about */
#define OLDEST    1302000
#define HAVE_CTL  1500000 /* the first of which all have /dev/vmmctl */

static uint64_t release(const struct doctor *d)
{
	uint64_t date;

	bsd_sysctl_u64(d->probe, "kern.osreldate", &date);
	return date;
}

/* --- jail */

void check_bsd_jail(struct doctor *d)
{
	static const char name[] = "jail";
	uint64_t value;

	if (!bsd_sysctl_u64(d->probe, "security.jail.jailed", &value) || value == 0)
		return;
	bsd_sysctl_u64(d->probe, "security.jail.vmm_allowed", &value);
	if (value == 0)
		finding_add(d, name, FINDING_FAILING,
		    "on its host: kldload vmm, and allow.vmm; in jail.conf(5), then service "
		    "jail restart",
		    "this jail may not run virtual machines (allow.vmm)");
	if (!bsd_sysctl_u64(d->probe, "security.jail.vnet", &value) || value == 0)
		finding_add(d, name, FINDING_FAILING,
		    "on its host: vnet; in jail.conf(5), then service jail restart",
		    "this jail has no network stack of its own (vnet), so it can have no "
		    "interface of the router");
	if (!probe_exists(d->probe, VMMCTL) && !probe_exists(d->probe, "/dev/vmm"))
		finding_add(d, name, FINDING_FAILING,
		    "on its host: a devfs_ruleset that unhides vmmctl, vmm/*, vmm.io/*, tap* "
		    "and pci, see doc/freebsd.md",
		    "/dev of this jail has no " VMMCTL);
	if (!conf_has_card(d->conf))
		return;
	bsd_sysctl_u64(d->probe, "security.jail.vmm_ppt_allowed", &value);
	if (value == 0 && release(d) >= HAVE_CTL)
		finding_add(d, name, FINDING_FAILING,
		    "on its host: allow.vmm_ppt; in jail.conf(5), then service jail restart",
		    "this jail may not hand cards over (allow.vmm_ppt)");
	if (d->card != NULL && !pci_is_taken(d->card))
		finding_add(d, name, FINDING_FAILING,
		    "on its host: pptdevs in /boot/loader.conf, then shutdown -r now",
		    "no jail may take a card from its driver: its host has to reserve it");
}

/* --- the processor and vmm */

/* What the kernel said of the processor: virtualization, its name; unknown without text. */
static enum pci_tristate virtualization(const struct doctor *d, const char **name)
{
	static const char off[] = "(disabled in BIOS)";
	auto_free char *text = probe_read(d->probe, "/var/run/dmesg.boot", NULL);
	const char *intel = text != NULL ? strstr(text, "VT-x: ") : NULL;
	const char *amd = text != NULL ? strstr(text, "SVM: ") : NULL;
	const char *at = intel != NULL ? intel + strlen("VT-x: ")
			 : amd != NULL ? amd + strlen("SVM: ")
				       : "";
	char model[80] = "";
	bool is_amd;

	if (text == NULL)
		bsd_sysctl(d->probe, "hw.model", model, sizeof(model));
	is_amd =
	    strstr(text != NULL ? text : model, text != NULL ? "AuthenticAMD" : "AMD") != NULL;
	*name = is_amd ? "AMD-V (SVM)" : "Intel VT-x";
	if (text == NULL || (strstr(text, "GenuineIntel") == NULL && !is_amd))
		return PCI_UNKNOWN;
	if (intel == NULL && amd == NULL)
		return PCI_NO;
	return strncmp(at, off, strlen(off)) == 0 ? PCI_NO : PCI_YES;
}

static bool vmm_file(const struct probe *p)
{
	return probe_exists(p, "/boot/kernel/vmm.ko") ||
	       probe_exists(p, "/boot/modules/vmm.ko");
}

void check_bsd_vmm(struct doctor *d)
{
	static const char name[] = "virtualization";
	bool loaded = bsd_module(d->probe, "vmm");
	char level[16], fix[200];
	const char *help;

	if (virtualization(d, &help) == PCI_NO ||
	    (loaded && release(d) >= HAVE_CTL && !probe_exists(d->probe, VMMCTL))) {
		str_format(fix, sizeof(fix),
		    "switch on %s in the setup of this computer's firmware (in a virtual "
		    "machine: nested virtualization)",
		    help);
		finding_add(d, name, FINDING_FAILING, fix,
		    "the processor's virtualization is missing or switched off: bhyve cannot "
		    "do without");
		return;
	}
	if (loaded) {
		finding_add(d, name, FINDING_OK, NULL, "vmm is loaded, on %s", help);
		return;
	}
	if (!vmm_file(d->probe)) {
		finding_add(d, name, FINDING_FAILING,
		    "freebsd-update fetch install, or with packages: pkg install "
		    "FreeBSD-kernel-generic; then shutdown -r now",
		    "this kernel has no vmm: there is no /boot/kernel/vmm.ko");
		return;
	}
	if (bsd_sysctl(d->probe, "kern.securelevel", level, sizeof(level)) && level[0] != '-' &&
	    strcmp(level, "0") != 0) {
		finding_add(d, name, FINDING_FAILING,
		    "sysrc -f /boot/loader.conf vmm_load=YES && shutdown -r now",
		    "vmm cannot be loaded any more: kern.securelevel is %s", level);
		return;
	}
	finding_add(d, name, FINDING_OK, NULL,
	    "the module vmm is there; it is loaded when it is needed");
}

/* --- bhyve */

/* Is it a line of the list that `bhyve -s help` prints? */
static bool has_model(const char *list, const char *model)
{
	size_t len = strlen(model);

	for (const char *p = list; (p = strstr(p, model)) != NULL; p += len)
		if ((p == list || p[-1] == '\n') && (p[len] == '\n' || p[len] == '\0'))
			return true;
	return false;
}

/* The models of devices that it lacks, with commas between them; true when there are any. */
static bool lacks(const struct doctor *d, const char *list, char *dst, size_t size)
{
	const struct {
		const char *model;
		bool wanted;
	} models[] = {
	    {"hostbridge", true},
	    {"lpc", true},
	    {"virtio-blk", true},
	    {"virtio-net", true},
	    {"virtio-console", true},
	    {"virtio-rnd", true},
	    {"passthru", conf_has_card(d->conf)},
	    {"e1000", conf_simulated_wired(d->conf)},
	};
	size_t used = 0;

	str_copy(dst, size, "");
	for (size_t i = 0; i < ARRAY_LEN(models); i++) {
		if (!models[i].wanted || has_model(list, models[i].model))
			continue;
		str_format(
		    dst + used, size - used, "%s%s", used > 0 ? ", " : "", models[i].model);
		used += strlen(dst + used);
	}
	return used > 0;
}

void check_bsd_hypervisor(struct doctor *d)
{
	static const char name[] = "hypervisor", newer[] = "freebsd-update upgrade, see "
							   "https://www.freebsd.org/releases";
	const char *argv[] = {BHYVE, "-s", "help", NULL};
	char version[64], missing[120];
	struct buf out = {0};
	struct err e = {0};

	if (d->probe->hypervisor(d->probe, version, sizeof(version), &e) < 0) {
		finding_add(d, name, FINDING_FAILING, e.hint, "%s", e.text);
		return;
	}
	if (!probe_exists(d->probe, BHYVE)) {
		finding_add(d, name, FINDING_FAILING,
		    "freebsd-update fetch install, or with packages: pkg install FreeBSD-bhyve",
		    "there is no " BHYVE);
		return;
	}
	if (release(d) != 0 && release(d) < OLDEST) {
		finding_add(d, name, FINDING_FAILING, newer,
		    "%s is too old: it takes FreeBSD 13.2 or newer", version);
		return;
	}
	buf_add(&out, "", 0);
	if (d->probe->run(d->probe, argv, &out, &e) != 0)
		finding_add(d, name, FINDING_WARNING, BHYVE " -s help",
		    "%s does not say what devices it has: %s", version, e.text);
	else if (lacks(d, out.data, missing, sizeof(missing)))
		finding_add(d, name, FINDING_FAILING,
		    "freebsd-update fetch install, or build /usr/src/usr.sbin/bhyve as it "
		    "comes",
		    "%s lacks models of devices: %s", version, missing);
	else
		finding_add(d, name, FINDING_OK, NULL, "%s", version);
	buf_fini(&out);
}

void check_bsd_firmware(struct doctor *d)
{
	if (d->conf->guest.boot != CONF_BOOT_UEFI)
		return;
	if (probe_exists(d->probe, FIRMWARE))
		finding_add(d, "firmware", FINDING_OK, NULL, "the guest's is there: " FIRMWARE);
	else
		finding_add(d, "firmware", FINDING_FAILING,
		    "pkg install bhyve-firmware, or guest { boot = \"direct\"; } in "
		    "airlock.conf",
		    "guest.boot = \"uefi\" needs " FIRMWARE);
}

/* --- memory and Capsicum */

static uint64_t mib_of_pages(const struct doctor *d, const char *name)
{
	uint64_t pages, size;

	if (!bsd_sysctl_u64(d->probe, "hw.pagesize", &size) ||
	    !bsd_sysctl_u64(d->probe, name, &pages))
		return 0;
	return pages * size >> 20;
}

/* What a card may write to is wired, and of that no more than vm.max_user_wired. */
static bool check_wired(struct doctor *d)
{
	uint64_t limit = mib_of_pages(d, "vm.max_user_wired");
	uint64_t used = mib_of_pages(d, "vm.stats.vm.v_user_wire_count"), pages, size;
	char fix[100];

	if (!conf_has_card(d->conf) || d->running || limit == 0 ||
	    used + d->conf->guest.memory_mib <= limit ||
	    !bsd_sysctl_u64(d->probe, "vm.max_user_wired", &pages) ||
	    !bsd_sysctl_u64(d->probe, "hw.pagesize", &size))
		return true;
	pages += ((uint64_t)d->conf->guest.memory_mib << 20) / size;
	str_format(fix, sizeof(fix), "sysctl vm.max_user_wired=%llu, and in /etc/sysctl.conf",
	    (unsigned long long)pages);
	finding_add(d, "memory", FINDING_FAILING, fix,
	    "the guest's %u MiB cannot be wired: %llu of %llu MiB that may be are in use",
	    d->conf->guest.memory_mib, (unsigned long long)used, (unsigned long long)limit);
	return false;
}

void check_bsd_memory(struct doctor *d)
{
	uint64_t need = d->conf->guest.memory_mib + BHYVE_MIB, total, available;

	if (!bsd_sysctl_u64(d->probe, "hw.physmem", &total))
		return;
	total >>= 20;
	available = mib_of_pages(d, "vm.stats.vm.v_free_count") +
		    mib_of_pages(d, "vm.stats.vm.v_inactive_count");
	if (!check_wired(d))
		return;
	if (d->running)
		finding_add(d, "memory", FINDING_OK, NULL,
		    "%llu MiB of %llu MiB are available besides the guest's",
		    (unsigned long long)available, (unsigned long long)total);
	else if (available >= need)
		finding_add(d, "memory", FINDING_OK, NULL,
		    "%llu MiB of %llu MiB are available, the guest takes about %llu MiB",
		    (unsigned long long)available, (unsigned long long)total,
		    (unsigned long long)need);
	else
		finding_add(d, "memory", total < need ? FINDING_FAILING : FINDING_WARNING,
		    "close programs, or set guest { memory = 96M; } in airlock.conf",
		    "%llu MiB are available, the guest takes about %llu MiB",
		    (unsigned long long)available, (unsigned long long)need);
}

void check_bsd_capsicum(struct doctor *d)
{
	uint64_t mode, rights;

	bsd_sysctl_u64(d->probe, "kern.features.security_capability_mode", &mode);
	bsd_sysctl_u64(d->probe, "kern.features.security_capabilities", &rights);
	if (mode != 0 && rights != 0)
		finding_add(d, "sandbox", FINDING_OK, NULL, "the kernel has Capsicum");
	else
		finding_add(d, "sandbox", FINDING_FAILING,
		    "boot GENERIC, or a kernel with: options CAPABILITY_MODE, options "
		    "CAPABILITIES",
		    "the kernel has no Capsicum: what faces the guest would run without a "
		    "sandbox");
}
