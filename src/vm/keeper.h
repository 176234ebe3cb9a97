/*
 * keeper: what of bhyve needs root.
 *
 * bhyve, bhyvectl and the loader run as root.  The driver of vm.h does not: it talks to
 * a keeper in a process that is root.  No request names anything, the keeper gets the
 * specification from its owner, so whoever has the driver's process under control can
 * start, stop and end this one machine and nothing else.
 *
 * All messages have a fixed size and at most one descriptor.  Each carries the number of
 * the run that it is about.
 */
#ifndef VM_KEEPER_H
#define VM_KEEPER_H

#include "vm/vm.h"

/* Programs and files of the base system; tests have others. */
struct keeper_tools {
	const char *bhyve, *bhyvectl, *loader;
	const char *control;  /* /dev/vmmctl */
	const char *machines; /* the directory of the machines' nodes, /dev/vmm */
	const char *firmware; /* UEFI's */
	unsigned release;     /* of FreeBSD, major number; 0: ask the kernel */
};

extern const struct keeper_tools keeper_tools;

enum keeper_verb { KEEPER_START = 1, KEEPER_POWER_OFF, KEEPER_KILL };

struct keeper_request {
	uint32_t verb; /* enum keeper_verb */
	uint32_t run;  /* START: its number from now on; else: only if it is this one */
};

enum keeper_note {
	KEEPER_STARTED = 1, /* the answer to START; with e, nothing was started */
	KEEPER_CONSOLE,     /* a terminal's descriptor */
	KEEPER_ERRORS,      /* a pipe's descriptor: what the programs say on stderr */
	KEEPER_RUNNING,     /* bhyve is process `pid` */
	KEEPER_PORT,        /* a connection to port `index` */
	KEEPER_RAN,         /* the guest's processor has run */
	KEEPER_ENDED,       /* nothing of it is left; the last message of a run */
};

struct keeper_message {
	uint32_t kind; /* enum keeper_note */
	uint32_t run;
	uint32_t index;
	int32_t pid;
	int32_t status; /* ENDED: as of waitpid(2) */
	uint8_t loading, ran, gone, late;
	struct err e;
};

/*
 * Is it a request that can be?  False for anything else; an enemy may have sent it.
 */
bool keeper_request_read(const void *data, size_t len, struct keeper_request *r);

struct keeper {
	/* Set by the owner. */
	struct loop *loop;
	const struct keeper_tools *tools;
	const char *dir; /* for the configuration and the sockets; root's alone to write */
	/* Fill the specification of the machine as it is to be now.  0, or -1 with *e. */
	int (*spec)(void *arg, struct vm_spec *spec, struct err *e);
	/* Told once a run that bhyve has opened what it opens, taps among it; or NULL. */
	void (*opened)(void *arg);
	void *arg;

	enum { KEEPER_IDLE, KEEPER_LOADING, KEEPER_UP } state;
	struct loop_io io; /* the driver's end; fd -1: gone */
	uint32_t run;
	struct vm_spec now; /* what runs */
	struct loop_child child;
	struct loop_timer look, deadline, hard;
	uint64_t since_ms;
	int console, errors; /* the programs' ends, or -1 */
	bool connected[VM_PORTS_MAX], ran, late, unwanted;
};

/* Serve a driver at `sock`, which becomes the keeper's.  The owner's fields are set. */
void keeper_open(struct keeper *k, int sock);

/* End what runs, at once and for good; nothing of it is left afterwards. */
void keeper_close(struct keeper *k);

/*
 * Destroy a machine of this name that an earlier run left, and its files in `dir`.
 * Nothing there is no error.
 * 1 when there was one, 0, or -1 with *e (ERR_HOST) when it is somebody else's, who
 * runs it, or it cannot be destroyed.
 */
int keeper_sweep(
    const struct keeper_tools *tools, const char *name, const char *dir, struct err *e);

#endif
