/*
 * vmm: a virtual machine by libvmmapi.
 *
 * The order matters: whether memory is wired is said before there is any, because bhyve
 * finds the mapping that is made here and refuses one with other flags.  Making the
 * machine fails when its name is taken; opening would not.  libvmmapi loads the module by
 * itself where it may.
 *
 * Nothing is asked of the processors' number: bhyve sets the topology itself.
 */
#include <sys/param.h>

#include <errno.h>
#include <sys/module.h>
#include <sys/sysctl.h>
#include <vmmapi.h>

#include "load/load.h"
#include "load/vcpu.h"

#define MIB ((size_t)1 << 20)

struct vmm {
	struct vmctx *ctx;
	struct vcpu_first first;
	struct load_args args;
};

static bool is_jailed(void)
{
	int jailed = 0;
	size_t len = sizeof(jailed);

	return sysctlbyname("security.jail.jailed", &jailed, &len, NULL, 0) == 0 && jailed != 0;
}

static int refused(enum vmm_step step, const struct load_args *args, struct err *e)
{
	struct vmm_refusal r = {.step = step, .num = errno};

	r.loaded = modfind("vmm") >= 0;
	r.jailed = is_jailed();
	return vmm_explain(&r, args, e);
}

static int make_memory(struct vmm *v, const struct load_args *args, struct err *e)
{
	vm_set_memflags(v->ctx, args->wired ? VM_MEM_F_WIRED : 0);
	if (vm_setup_memory(v->ctx, args->memory_mib * MIB, VM_MMAP_ALL) != 0)
		return refused(VMM_MEMORY, args, e);
	return 0;
}

struct vmm *vmm_make(const struct load_args *args, struct err *e)
{
	struct vmm *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		err_set(e, ENOMEM, "make a virtual machine");
		return NULL;
	}
	v->args = *args;
	if (vm_create(args->name) != 0) {
		refused(VMM_CREATE, args, e);
		free(v);
		return NULL;
	}
	v->ctx = vm_open(args->name);
	if (v->ctx == NULL) {
		refused(VMM_OPEN, args, e);
		free(v);
		return NULL;
	}
	if (vcpu_open_first(&v->first, v->ctx) != 0) {
		refused(VMM_OPEN, args, e);
		vmm_destroy(v);
		return NULL;
	}
	if (make_memory(v, args, e) < 0) {
		vmm_destroy(v);
		return NULL;
	}
	return v;
}

void *vmm_memory(struct vmm *v, uint64_t address, size_t len)
{
	return vm_map_gpa(v->ctx, address, len);
}

static int set_selector(const struct vcpu_first *f, int reg, const struct bhyve_selector *s)
{
	if (vcpu_set_desc(f, reg, s->base, s->limit, s->access) != 0)
		return -1;
	return vcpu_set(f, reg, s->selector);
}

static int set_selectors(const struct vcpu_first *f, const struct bhyve_registers *r)
{
	static const int data[] = {VM_REG_GUEST_DS, VM_REG_GUEST_ES, VM_REG_GUEST_FS,
	    VM_REG_GUEST_GS, VM_REG_GUEST_SS};

	for (size_t i = 0; i < ARRAY_LEN(data); i++)
		if (set_selector(f, data[i], &r->data) != 0)
			return -1;
	if (set_selector(f, VM_REG_GUEST_CS, &r->cs) != 0 ||
	    set_selector(f, VM_REG_GUEST_TR, &r->tr) != 0 ||
	    set_selector(f, VM_REG_GUEST_LDTR, &r->ldtr) != 0 ||
	    vcpu_set_desc(f, VM_REG_GUEST_GDTR, r->gdtr.base, r->gdtr.limit, 0) != 0 ||
	    vcpu_set_desc(f, VM_REG_GUEST_IDTR, r->idtr.base, r->idtr.limit, 0) != 0)
		return -1;
	return 0;
}

static int set_values(const struct vcpu_first *f, const struct bhyve_registers *r)
{
	const struct {
		int reg;
		uint64_t value;
	} rows[] = {
	    {VM_REG_GUEST_CR0, r->cr0},
	    {VM_REG_GUEST_CR4, r->cr4},
	    {VM_REG_GUEST_EFER, r->efer},
	    {VM_REG_GUEST_CR3, r->cr3},
	    {VM_REG_GUEST_RFLAGS, r->rflags},
	    {VM_REG_GUEST_RSP, r->rsp},
	    {VM_REG_GUEST_RSI, r->rsi},
	    {VM_REG_GUEST_RIP, r->rip},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (vcpu_set(f, rows[i].reg, rows[i].value) != 0)
			return -1;
	return 0;
}

int vmm_set(struct vmm *v, const struct bhyve_registers *r, struct err *e)
{
	/* Old hardware cannot; a guest with one processor does not miss it. */
	vcpu_set_unrestricted(&v->first);
	if (set_values(&v->first, r) != 0 || set_selectors(&v->first, r) != 0)
		return refused(VMM_REGISTERS, &v->args, e);
	return 0;
}

void vmm_leave(struct vmm *v)
{
	vcpu_close_first(&v->first);
	vm_close(v->ctx);
	free(v);
}

void vmm_destroy(struct vmm *v)
{
	vcpu_close_first(&v->first);
	vm_destroy(v->ctx);
	free(v);
}
