/*
 * explain: what vmm's no means, and what mends it.
 *
 * vmm answers by errno only, and some numbers have several causes: whether the module is
 * in the kernel and whether we are in a jail tells them apart.  Purely text.
 */
#include <errno.h>
#include <string.h>

#include "load/load.h"

static int say(struct err *e, const char *text, const char *hint)
{
	err_set(e, 0, "%s", text);
	err_is(e, ERR_HOST);
	return err_hint(e, "%s", hint);
}

static int explain_create(
    const struct vmm_refusal *r, const struct load_args *args, struct err *e)
{
	if (r->num == EEXIST) {
		err_set(e, 0, "there is a virtual machine %s already", args->name);
		return err_hint(e, "bhyvectl --vm=%s --destroy", args->name);
	}
	if (r->jailed &&
	    (!r->loaded || r->num == EPERM || r->num == EACCES || r->num == ENOENT))
		return say(e, "this jail may not use vmm",
		    "kldload vmm on the host, and allow.vmm for the jail, see jail(8)");
	if (r->num == EPERM || r->num == EACCES)
		return say(e, "only root may use vmm", "run it as root");
	if (!r->loaded)
		return say(e, "vmm is not in the kernel", "kldload vmm");
	if (r->num == ENXIO)
		return say(e, "vmm finds no hardware virtualization in this processor",
		    "enable VT-x or SVM in the setup of this machine's firmware");
	return err_set(e, r->num, "vmm makes no virtual machine %s", args->name);
}

static int explain_memory(
    const struct vmm_refusal *r, const struct load_args *args, struct err *e)
{
	err_set(e, r->num, "vmm has no %u MiB of memory for %s", args->memory_mib, args->name);
	if (args->wired)
		return err_hint(e, "sysctl vm.max_user_wired (in pages) limits wired memory; "
				   "or guest { memory = ...; } with less");
	return err_hint(e, "free some memory, or guest { memory = ...; } with less");
}

int vmm_explain(const struct vmm_refusal *r, const struct load_args *args, struct err *e)
{
	switch (r->step) {
	case VMM_CREATE:
		return explain_create(r, args, e);
	case VMM_OPEN:
		err_set(e, r->num, "open /dev/vmm/%s", args->name);
		return err_hint(e, "bhyvectl --vm=%s --destroy", args->name);
	case VMM_MEMORY:
		return explain_memory(r, args, e);
	case VMM_REGISTERS:
		return err_set(e, r->num, "set the registers of %s", args->name);
	}
	return err_set(e, r->num, "vmm");
}
