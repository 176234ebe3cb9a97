/*
 * host_freebsd: there is no KVM on FreeBSD, and nothing to ask about it.
 *
 * What bhyve needs of a host, bhyve_ctl.c and bhyve_proc_freebsd.c look at.
 */
#include "vm/internal.h"

void host_accel_facts(struct accel_facts *f)
{
	host_accel_facts_at("", f);
}

void host_accel_facts_at(const char *root, struct accel_facts *f)
{
	*f = (struct accel_facts){0};
}
