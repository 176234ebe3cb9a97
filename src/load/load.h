/*
 * load: a Linux kernel into a virtual machine of vmm's, for bhyve to run.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "vm/bhyve_boot.h"

#define LOAD_MEMORY_MIN 16u /* MiB */
#define LOAD_MEMORY_MAX 1048576u
#define LOAD_KERNEL_MAX ((size_t)512 << 20)

/* Exit statuses, of sysexits(3). */
enum load_exit {
	LOAD_DONE = 0,
	LOAD_USAGE = 64,
	LOAD_FILES = 66, /* kernel or initrd: not there, cut, or too much for the memory */
	LOAD_VMM = 71,   /* vmm said no */
};

struct load_args {
	const char *name;         /* of the virtual machine */
	unsigned memory_mib;      /* as bhyve is told */
	const char *kernel;       /* path */
	const char *initrd;       /* path, or NULL */
	const char *command_line; /* "" for none */
	bool wired;               /* memory that is not paged out; as bhyve is told */
};

/*
 * Read the command line.
 * 0 with *args, which points into argv; or -1 with *e (ERR_USAGE).
 */
int load_arguments(int argc, char **argv, struct load_args *args, struct err *e);

/*
 * Make the virtual machine and put the kernel into it.  One that is there already under
 * that name is left alone: it is an error.  What was made is destroyed again when it
 * cannot be finished.
 * LOAD_DONE; or LOAD_FILES or LOAD_VMM with *e.
 */
enum load_exit load_guest(const struct load_args *args, struct err *e);

/* ------------------------------------------------ vmm.c, by libvmmapi */

/* A virtual machine of vmm's. */
struct vmm;

/*
 * Make one of this name, with its first processor and its memory, all of it zero.
 * Returns it, or NULL with *e, and a hint, when there is no such machine of ours.
 */
struct vmm *vmm_make(const struct load_args *args, struct err *e);

/* The guest's memory from that physical address on, or NULL when it is not all there. */
void *vmm_memory(struct vmm *v, uint64_t address, size_t len);

/* Set the first processor's registers.  0, or -1 with *e. */
int vmm_set(struct vmm *v, const struct bhyve_registers *r, struct err *e);

/* Let go of it: it stays, for bhyve to run. */
void vmm_leave(struct vmm *v);

/* Let go of it and destroy it. */
void vmm_destroy(struct vmm *v);

/* ------------------------------------- explain.c: what vmm's no means */

/* What vmm was asked. */
enum vmm_step { VMM_CREATE, VMM_OPEN, VMM_MEMORY, VMM_REGISTERS };

/* What there is to know when it said no. */
struct vmm_refusal {
	enum vmm_step step;
	int num;     /* errno */
	bool loaded; /* vmm is in the kernel */
	bool jailed; /* this process is in a jail */
};

/* Put it into words, with the command that mends it.  Always returns -1 with *e. */
int vmm_explain(const struct vmm_refusal *r, const struct load_args *args, struct err *e);

#endif
