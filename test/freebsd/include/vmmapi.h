/*
 * vmmapi: stands in for the header of FreeBSD's library since its release 14, as far as
 * airlock uses it; the numbers and structures come from machine/vmm.h, which the
 * compiler brings.  Only declarations, from the library's documented interface.
 */
#ifndef STANDIN_VMMAPI_H
#define STANDIN_VMMAPI_H

#include <sys/param.h>

#include <machine/vmm.h>

#define VM_MEM_F_WIRED 0x02

enum vm_mmap_style { VM_MMAP_NONE, VM_MMAP_ALL, VM_MMAP_SPARSE };

struct vmctx;
struct vcpu;

int vm_create(const char *name);
struct vmctx *vm_open(const char *name);
void vm_close(struct vmctx *ctx);
void vm_destroy(struct vmctx *ctx);
void vm_set_memflags(struct vmctx *ctx, int flags);
int vm_setup_memory(struct vmctx *ctx, size_t len, enum vm_mmap_style style);
void *vm_map_gpa(struct vmctx *ctx, vm_paddr_t gaddr, size_t len);
struct vcpu *vm_vcpu_open(struct vmctx *ctx, int vcpuid);
void vm_vcpu_close(struct vcpu *vcpu);
int vm_set_register(struct vcpu *vcpu, int reg, uint64_t val);
int vm_set_desc(struct vcpu *vcpu, int reg, uint64_t base, uint32_t limit, uint32_t access);
int vm_set_capability(struct vcpu *vcpu, enum vm_cap_type cap, int val);

#endif
