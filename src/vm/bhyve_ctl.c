/*
 * bhyve_ctl: the object that a machine is to vmm, and what a host must have.
 *
 * The object is made by the loader, or by bhyve when it boots a ROM, and outlives both.
 * It is a node below /dev/vmm.  bhyvectl asks it and destroys it; its exit status does
 * not say whether it was destroyed, so the node is looked at.  Releases before 15 take it
 * away a moment later.
 *
 * Whether the guest's processor ever ran, is a counter of the object: how often it has
 * left the guest.  It begins at 0 with each object, and no start reuses one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm/bhyve.h"

#define GONE_MS      3000
#define GONE_STEP_US 10000
#define WITH_CONTROL 15 /* the first release all of which have /dev/vmmctl */

static const char counter[] = "total number of vm exits";

bool bhyve_exists(const struct keeper_tools *tools, const char *name)
{
	char path[256];

	str_format(path, sizeof(path), "%s/%s", tools->machines, name);
	return access(path, F_OK) == 0;
}

static int ctl(const struct keeper_tools *tools, const char *name, const char *what,
    struct buf *out, struct err *e)
{
	const char *argv[] = {tools->bhyvectl, NULL, what, NULL};
	char vm[64];

	str_format(vm, sizeof(vm), "--vm=%s", name);
	argv[1] = vm;
	return child_run(argv, NULL, out, e);
}

int bhyve_destroy(const struct keeper_tools *tools, const char *name, struct err *e)
{
	uint64_t until = now_ms() + GONE_MS;
	struct err why = {0};

	if (!bhyve_exists(tools, name))
		return 0;
	ctl(tools, name, "--destroy", NULL, &why);
	while (bhyve_exists(tools, name)) {
		if (now_ms() < until) {
			usleep(GONE_STEP_US);
			continue;
		}
		err_set(e, 0, "the machine %s cannot be destroyed%s%s", name,
		    why.text[0] != '\0' ? ": " : "", why.text);
		err_hint(e, "bhyvectl --vm=%s --destroy", name);
		return err_is(e, ERR_HOST);
	}
	return 0;
}

bool bhyve_stats_ran(const char *text)
{
	const char *at = strstr(text, counter);
	long long count;

	return at != NULL && sscanf(at + strlen(counter), " %18lld", &count) == 1 && count > 0;
}

bool bhyve_ran(const struct keeper_tools *tools, const char *name)
{
	struct buf out = {0};
	struct err ignored = {0};
	bool ran;

	if (!bhyve_exists(tools, name))
		return false;
	ran = ctl(tools, name, "--get-stats", &out, &ignored) == 0 && out.data != NULL &&
	      bhyve_stats_ran(out.data);
	buf_fini(&out);
	return ran;
}

void bhyve_force_off(const struct keeper_tools *tools, const char *name)
{
	struct err why = {0};

	if (bhyve_exists(tools, name) && ctl(tools, name, "--force-poweroff", NULL, &why) != 0)
		log_debug("%s", why.text);
}

unsigned bhyve_release_of(const struct keeper_tools *tools)
{
	char text[64];

	if (tools->release != 0)
		return tools->release;
	return bhyve_osrelease(text, sizeof(text)) ? bhyve_release(text) : 0;
}

static int need(const char *path, const char *what, const char *mend, struct err *e)
{
	if (access(path, X_OK) == 0)
		return 0;
	err_set(e, errno, "%s %s", what, path);
	err_hint(e, "%s", mend);
	return err_is(e, ERR_HOST);
}

static int need_firmware(const struct keeper_tools *tools, struct err *e)
{
	if (access(tools->firmware, R_OK) == 0)
		return 0;
	err_set(e, errno, "guest.boot = \"uefi\" needs a firmware: %s", tools->firmware);
	err_hint(e, "pkg install bhyve-firmware, or guest.boot = \"direct\" in airlock.conf");
	return err_is(e, ERR_HOST);
}

int bhyve_check(const struct keeper_tools *tools, enum vm_boot boot, bool load, struct err *e)
{
	if (need(tools->bhyve, "there is no bhyve on this host:", "pkg install FreeBSD-bhyve",
		e) < 0 ||
	    need(tools->bhyvectl,
		"there is no bhyvectl on this host:", "pkg install FreeBSD-bhyve", e) < 0 ||
	    bhyve_vmm(tools, load, e) < 0)
		return -1;
	if (load && bhyve_release_of(tools) >= WITH_CONTROL &&
	    access(tools->control, F_OK) < 0) {
		err_set(e, 0,
		    "vmm is loaded, but without %s: this processor's virtualization (VT-x, "
		    "AMD-V) is missing or turned off",
		    tools->control);
		err_hint(e, "turn it on in the firmware's setup");
		return err_is(e, ERR_HOST);
	}
	if (boot == VM_BOOT_UEFI)
		return need_firmware(tools, e);
	return need(
	    tools->loader, "the loader of guests is missing:", "pkg install airlock", e);
}

int bhyve_driver_check(enum vm_accel *accel, char *version, size_t size, struct err *e)
{
	char release[64];

	if (*accel != VM_ACCEL_AUTO && *accel != VM_ACCEL_VMM) {
		err_set(e, 0, "accel = \"%s\": bhyve has vmm and nothing else",
		    vm_accel_name(*accel));
		err_hint(e, "accel = \"auto\" in airlock.conf");
		return err_is(e, ERR_CONF);
	}
	if (!bhyve_osrelease(release, sizeof(release)))
		return err_set(e, errno, "ask for the system's release");
	str_format(version, size, "bhyve of FreeBSD %s", release);
	*accel = VM_ACCEL_VMM;
	return bhyve_shut_in() ? 0 : bhyve_check(&keeper_tools, VM_BOOT_DIRECT, false, e);
}
