/*
 * vcpu: the first processor of a virtual machine, which libvmmapi names differently:
 * by machine and number up to FreeBSD 13 (vcpu_v1.c), by an object of its own since 14
 * (vcpu_v2.c).
 */
#ifndef LOAD_VCPU_H
#define LOAD_VCPU_H

#include <stdint.h>

struct vmctx;
struct vcpu;

struct vcpu_first {
	struct vmctx *ctx;
	struct vcpu *vcpu; /* NULL where there are none */
};

/* Each returns 0, or -1 with errno. */
int vcpu_open_first(struct vcpu_first *v, struct vmctx *ctx);
int vcpu_set(const struct vcpu_first *v, int reg, uint64_t value);
int vcpu_set_desc(
    const struct vcpu_first *v, int reg, uint64_t base, uint32_t limit, uint32_t access);
/* Let it run in real mode too, where the hardware can: processors after it begin so. */
int vcpu_set_unrestricted(const struct vcpu_first *v);

void vcpu_close_first(struct vcpu_first *v);

#endif
