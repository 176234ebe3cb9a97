/*
 * vcpu_v2: the first processor by libvmmapi since FreeBSD 14, where it is an object.
 */
#include <sys/types.h>

#include <vmmapi.h>

#include "load/vcpu.h"

int vcpu_open_first(struct vcpu_first *v, struct vmctx *ctx)
{
	v->ctx = ctx;
	v->vcpu = vm_vcpu_open(ctx, 0);
	return v->vcpu != NULL ? 0 : -1;
}

int vcpu_set(const struct vcpu_first *v, int reg, uint64_t value)
{
	return vm_set_register(v->vcpu, reg, value);
}

int vcpu_set_desc(
    const struct vcpu_first *v, int reg, uint64_t base, uint32_t limit, uint32_t access)
{
	return vm_set_desc(v->vcpu, reg, base, limit, access);
}

int vcpu_set_unrestricted(const struct vcpu_first *v)
{
	return vm_set_capability(v->vcpu, VM_CAP_UNRESTRICTED_GUEST, 1);
}

void vcpu_close_first(struct vcpu_first *v)
{
	if (v->vcpu != NULL)
		vm_vcpu_close(v->vcpu);
	v->vcpu = NULL;
}
