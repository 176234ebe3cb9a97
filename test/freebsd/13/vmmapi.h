/*
 * vmmapi: the same of FreeBSD 13, which knows a processor by its machine and number.
 */
#ifndef STANDIN_VMMAPI_H
#define STANDIN_VMMAPI_H

#include <sys/param.h>

#include <machine/vmm.h>

struct vmctx;

int vm_set_register(struct vmctx *ctx, int vcpu, int reg, uint64_t val);
int vm_set_desc(
    struct vmctx *ctx, int vcpu, int reg, uint64_t base, uint32_t limit, uint32_t access);
int vm_set_capability(struct vmctx *ctx, int vcpu, enum vm_cap_type cap, int val);

#endif
