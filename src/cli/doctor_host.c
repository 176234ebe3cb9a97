/*
 * doctor_host: checks of the computer: processor, hypervisor, memory, and whom the
 * hypervisor runs as.
 *
 * A virtual machine without the processor's help is slow, not impossible: a warning,
 * unless airlock.conf demands it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"
#include "vm/vm.h"

#define QEMU_MIB 96 /* of the hypervisor itself, about */

/* Which of its two names the help has, and the module that goes with it. */
static bool is_amd(const struct doctor *d)
{
	auto_free char *text = probe_read(d->probe, "/proc/cpuinfo", NULL);

	return text != NULL && strstr(text, "AuthenticAMD") != NULL;
}

void check_virtualization(struct doctor *d)
{
	static const char name[] = "virtualization";
	bool demanded = d->conf->guest.accel == CONF_ACCEL_KVM;
	const char *help = is_amd(d) ? "AMD-V (SVM)" : "Intel VT-x";
	const char *so = demanded ? "guest.accel = \"kvm\" asks for what is not there"
				  : "the guest is emulated by software, which is slow";
	struct vm_host h;
	char fix[200];

	vm_host_look(d->probe->root, d->uid, d->gid, &h);
	if (d->conf->guest.accel == CONF_ACCEL_TCG) {
		finding_add(d, name, FINDING_OK, NULL,
		    "guest.accel = \"tcg\": the processor is emulated by software");
		return;
	}
	if (h.hardware && h.usable) {
		finding_add(d, name, FINDING_OK, NULL,
		    "the processor has %s, and user %s may open /dev/kvm", help, d->user);
		return;
	}
	if (!h.hardware) {
		str_format(fix, sizeof(fix),
		    "switch on %s in the setup of this computer's firmware (in a virtual "
		    "machine: nested virtualization)",
		    help);
		finding_add(d, name, demanded && !h.usable ? FINDING_FAILING : FINDING_WARNING,
		    fix, "the processor shows neither vmx nor svm%s: %s",
		    h.device ? ", so what answers behind /dev/kvm is not trusted" : "", so);
		return;
	}
	if (!h.device)
		str_format(
		    fix, sizeof(fix), "modprobe %s", is_amd(d) ? "kvm_amd" : "kvm_intel");
	else
		str_format(fix, sizeof(fix), "chgrp kvm /dev/kvm && chmod 0660 /dev/kvm");
	finding_add(
	    d, name, demanded ? FINDING_FAILING : FINDING_WARNING, fix, "%s: %s", h.why, so);
}

/* Packages by the names of the host's own package manager. */
struct manager {
	const char *program, *hypervisor, *firmware;
};

static const struct manager *manager_of(const struct doctor *d)
{
	static const struct manager managers[] = {
	    {"/usr/bin/apt-get", "apt install qemu-system-x86", "apt install ovmf"},
	    {"/usr/bin/dnf", "dnf install qemu-system-x86-core", "dnf install edk2-ovmf"},
	    {"/usr/bin/pacman", "pacman -S qemu-system-x86", "pacman -S edk2-ovmf"},
	    {"/usr/bin/zypper", "zypper install qemu-x86", "zypper install qemu-ovmf-x86_64"},
	};

	for (size_t i = 0; i < ARRAY_LEN(managers); i++)
		if (probe_exists(d->probe, managers[i].program))
			return &managers[i];
	return &managers[0];
}

void check_hypervisor(struct doctor *d)
{
	char version[64];
	struct err e = {0};

	if (d->probe->hypervisor(d->probe, version, sizeof(version), &e) == 0) {
		finding_add(d, "hypervisor", FINDING_OK, NULL, "%s", version);
		return;
	}
	finding_add(d, "hypervisor", FINDING_FAILING, manager_of(d)->hypervisor, "%s", e.text);
}

void check_firmware(struct doctor *d)
{
	char fix[128];

	if (d->conf->guest.boot != CONF_BOOT_UEFI)
		return;
	for (size_t i = 0; vm_firmwares[i] != NULL; i++) {
		if (!probe_exists(d->probe, vm_firmwares[i]))
			continue;
		finding_add(d, "firmware", FINDING_OK, NULL, "the guest's is there: %s",
		    vm_firmwares[i]);
		return;
	}
	str_format(fix, sizeof(fix), "%s, or guest { boot = \"direct\"; } in airlock.conf",
	    manager_of(d)->firmware);
	finding_add(d, "firmware", FINDING_FAILING, fix,
	    "guest.boot = \"uefi\" needs a UEFI firmware for QEMU, such as %s",
	    vm_firmwares[0]);
}

/* MiB of a line of /proc/meminfo. */
static bool meminfo(const char *text, const char *key, unsigned long *mib)
{
	const char *at = strstr(text, key);
	unsigned long kib;

	if (at == NULL || sscanf(at + strlen(key), " %lu kB", &kib) != 1)
		return false;
	*mib = kib / 1024;
	return true;
}

void check_memory(struct doctor *d)
{
	unsigned need = d->conf->guest.memory_mib + QEMU_MIB;
	auto_free char *text = probe_read(d->probe, "/proc/meminfo", NULL);
	bool locked = conf_has_card(d->conf);
	unsigned long total, available;

	if (text == NULL || !meminfo(text, "MemTotal:", &total) ||
	    !meminfo(text, "MemAvailable:", &available))
		return;
	if (d->running)
		finding_add(d, "memory", FINDING_OK, NULL,
		    "%lu MiB of %lu MiB are available besides the guest's", available, total);
	else if (available >= need)
		finding_add(d, "memory", FINDING_OK, NULL,
		    "%lu MiB of %lu MiB are available, the guest takes about %u MiB", available,
		    total, need);
	else
		finding_add(d, "memory", total < need ? FINDING_FAILING : FINDING_WARNING,
		    "close programs, or set guest { memory = 96M; } in airlock.conf",
		    "%lu MiB are available, the guest takes about %u MiB%s", available, need,
		    locked ? ", which are locked: they cannot be swapped out" : "");
}

/* Who runs the hypervisor may use the card: the node of its group is given to that user. */
void check_user(struct doctor *d)
{
	const char *wanted = d->conf->user;
	char fix[200];

	str_format(fix, sizeof(fix),
	    d->probe->system == PROBE_FREEBSD
		? "pw useradd %s -d /nonexistent -s /usr/sbin/nologin"
		: "useradd --system --shell /usr/sbin/nologin %s",
	    wanted[0] != '\0' ? wanted : "_airlock");
	if (d->user[0] == '\0' && wanted[0] != '\0')
		finding_add(d, "user", FINDING_FAILING, fix,
		    "user = \"%s\" in airlock.conf: there is no such user", wanted);
	else if (d->user[0] == '\0')
		finding_add(d, "user", FINDING_FAILING, fix,
		    "there is neither a user _airlock nor nobody to run the guest as");
	else if (strcmp(d->user, "nobody") == 0)
		finding_add(d, "user", FINDING_WARNING, fix,
		    d->probe->system == PROBE_FREEBSD
			? "what faces the guest runs as nobody, as other programs may"
			: "the guest runs as nobody, as other programs may: they could reach "
			  "the card");
	else
		finding_add(d, "user", FINDING_OK, NULL,
		    d->probe->system == PROBE_FREEBSD ? "what faces the guest runs as user %s"
						      : "the guest runs as user %s",
		    d->user);
}
