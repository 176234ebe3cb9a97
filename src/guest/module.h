/*
 * module: kernel modules by name and by alias, without kmod.
 *
 * The texts that depmod(8) writes, modules.dep, modules.alias and
 * modules.softdep, are read by pure functions; module_load puts the modules
 * into the kernel.  A set is one directory of modules: the router's image has
 * one, the simulated radio's disk another, and the initramfs a third.
 */
#ifndef GUEST_MODULE_H
#define GUEST_MODULE_H

#include "base/base.h"

#define MODULE_NAME 64

/*
 * Find a module by name in the text of modules.dep; `-` and `_` are the same.
 *
 * @path  its path relative to the set's directory; empty when it is built in
 *        a longer one than fits
 * @deps  points into dep, after the colon: space-separated paths up to the end
 *        of the line, last one to be loaded first
 * Returns whether it is there.
 */
bool moddep_find(const char *dep, const char *name, char *path, size_t size, const char **deps);

/* The name of a module from its path: "kernel/x/nf_nat.ko" is "nf_nat". */
void moddep_name(const char *path, size_t len, char name[MODULE_NAME]);

/*
 * Go through the aliases that match in the text of modules.alias.
 *
 * @at    the cursor; the text itself at first
 * @alias what the hardware or the kernel asks for: "pci:v00008086d..."
 * Returns whether there was another one, with its module's name.
 */
bool moddep_alias(const char **at, const char *alias, char name[MODULE_NAME]);

/*
 * The next "pre:" dependency of a module in the text of modules.softdep.
 * *at is the text at first.  Returns whether there was another one.
 */
bool moddep_soft(const char **at, const char *module, char name[MODULE_NAME]);

/* Shell patterns as depmod writes them: `*`, `?` and `[a-z]`, no escapes. */
bool moddep_match(const char *pattern, size_t len, const char *text);

/* One directory of modules with its texts; zeroed is empty. */
struct module_set {
	char dir[128];
	char *dep, *alias, *soft; /* NULL: that file is not there */
};

#define MODULE_SETS 2

struct modules {
	struct module_set sets[MODULE_SETS];
	size_t count;
};

/*
 * Add the set below `root`/lib/modules/<running kernel>.
 * 0, or -1 with *e when there is none.
 */
int modules_add(struct modules *m, const char *root, struct err *e);
/* Forget all sets, e.g. before the root changes. */
void modules_fini(struct modules *m);

/*
 * Load a module by name or alias with what it needs.
 *
 * @options text for the module's parameters, or ""
 * 0 also when it was there already; -1 with *e, also when nothing is found.
 */
int module_load(struct modules *m, const char *name, const char *options, struct err *e);

/* Load all that a modalias matches; none is fine.  Failures are logged. */
void module_load_alias(struct modules *m, const char *alias);

/* Load what every device present asks for (/sys/bus/.../modalias). */
void module_coldplug(struct modules *m);

#endif
