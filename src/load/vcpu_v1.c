/*
 * vcpu_v1: the first processor by FreeBSD 13's libvmmapi, where it is number 0 of a
 * machine.
 */
#include <sys/types.h>

#include <vmmapi.h>

#include "load/vcpu.h"

int vcpu_open_first(struct vcpu_first *v, struct vmctx *ctx)
{
	v->ctx = ctx;
	v->vcpu = NULL;
	return 0;
}

int vcpu_set(const struct vcpu_first *v, int reg, uint64_t value)
{
	return vm_set_register(v->ctx, 0, reg, value);
}

int vcpu_set_desc(
    const struct vcpu_first *v, int reg, uint64_t base, uint32_t limit, uint32_t access)
{
	return vm_set_desc(v->ctx, 0, reg, base, limit, access);
}

int vcpu_set_unrestricted(const struct vcpu_first *v)
{
	return vm_set_capability(v->ctx, 0, VM_CAP_UNRESTRICTED_GUEST, 1);
}

void vcpu_close_first(struct vcpu_first *v)
{
	v->ctx = NULL;
}
