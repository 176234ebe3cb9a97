/*
 * modules: the host's kernel modules under the guest, out of the way for a sleep.
 */
#ifndef DAEMON_MODULES_H
#define DAEMON_MODULES_H

#include "base/base.h"

struct modules {
	/* Set by the owner. */
	const char *root; /* "", or a tree like / for tests */
	char list[300];   /* the file that says what is out, of the run directory */

	/* Take one out of the kernel: 1, 0 when somebody uses it, or -1 with *e. */
	int (*unload)(const char *name, struct err *e);
	/* 0, or -1 with *e. */
	int (*load)(const char *name, struct err *e);
};

/* modules_linux.c, modules_freebsd.c: of the system at hand. */

#define MODULES_MAX 4

/* Which there are; a name NULL ends them.  */
struct modules_known {
	const char *name;
	bool cards; /* for handing a card over, else the hypervisor's */
};
extern const struct modules_known modules_known[MODULES_MAX];

/* The hypervisor's node, which those who may use it must be able to open again, or "". */
extern const char modules_node[];

/* Is it in the kernel, and not a part of it? */
bool modules_loaded(const struct modules *m, const char *name);

/* unload() and load() for a running kernel. */
int modules_unload(const char *name, struct err *e);
int modules_load(const char *name, struct err *e);

/*
 * Unload what is loaded and unused of the hypervisor's modules, of those for cards, or of
 * both, and note which.  What somebody uses stays.  0, or -1 with *e; what is out then is
 * noted, too.
 */
int modules_out(struct modules *m, bool hypervisor, bool cards, struct err *e);

/*
 * Load what is noted, also by a run that was killed, and wait a moment until those who
 * could open the hypervisor's node before can again.  Returns how many that were, or -1 with
 * *e.
 */
int modules_back(struct modules *m, struct err *e);

#endif
