/* modules: the kernel's modules, which of them are needed, and their tables. */
#ifndef IMAGE_MODULES_H
#define IMAGE_MODULES_H

#include "base/base.h"
#include "image/deb.h"
#include "image/tree.h"

struct module {
	char *name; /* with underscores: "nf_tables" */
	char *path; /* below the version: "kernel/net/netfilter/nf_tables.ko" */
	const struct deb_file *packed;
	struct buf content; /* empty until it is loaded */
	const char *info;   /* its .modinfo section, in content */
	size_t info_len;
};

/* All modules of one kernel. */
struct modules {
	char version[128];   /* "6.12.107+deb13-amd64" */
	struct module *list; /* sorted by name */
	size_t count;
	char *builtin; /* modules.builtin, as the package has it */
	size_t builtin_len;
	const char *builtin_info; /* modules.builtin.modinfo, or NULL */
	size_t builtin_info_len;
	char *const *alias_dirs; /* see modules_open */
	size_t alias_count;
};

/* Some of them, without doubles. */
struct selection {
	struct module **list;
	size_t count;
};

/*
 * Look the kernel's packages through.
 *
 * @debs       one of them has modules.builtin, one or another the modules
 * @top        where modules lie in it: "usr/lib/modules"
 * @alias_dirs directories ("kernel/crypto") whose modules may be meant by a
 *             soft dependency that is no module's name but an alias
 * The packages must stay as long as *m.  0, or -1 with *e.
 */
int modules_open(struct modules *m, const struct deb *const *debs, size_t count,
    const char *top, char *const *alias_dirs, size_t alias_count, struct err *e);
void modules_close(struct modules *m);

/* The module of a name with underscores, or NULL. */
struct module *modules_find(struct modules *m, const char *name);

/* Uncompress a module and find what it says of itself, once.  0, or -1 with *e. */
int module_load(struct module *mod, struct err *e);

/* Whether this kernel has a module of that name, dashes being underscores. */
bool modules_has(struct modules *m, const char *name);

/* Dashes in a module's name -> underscores. */
void modules_normalize(char *name);

/*
 * Add a module and everything that it needs: depends= always, softdep= as far
 * as this kernel has it.  Dashes and underscores are the same.  A name that is
 * built into the kernel adds nothing.  0, or -1 with *e.
 */
int modules_select(struct modules *m, const char *name, struct selection *sel, struct err *e);
void selection_add(struct selection *sel, struct module *mod);
void selection_fini(struct selection *sel);
bool selection_has(const struct selection *sel, const struct module *mod);

/*
 * Put a selection into a tree, below <dir>/<version>/: the uncompressed
 * modules, and modules.dep, modules.softdep, modules.alias and modules.builtin
 * in depmod's formats.  Modules that `without` (may be NULL) has are left out,
 * but dependencies on them are still listed.  0, or -1 with *e.
 */
int modules_install(struct modules *m, const struct selection *sel,
    const struct selection *without, const char *dir, const char *package, struct tree *t,
    struct err *e);

/*
 * The next value of a key in a .modinfo section, "key=value" strings with NULs
 * between.  *at begins as 0.  Returns a NUL-terminated value, or NULL.
 */
const char *modinfo_next(const char *info, size_t len, const char *key, size_t *at);

/* The same of a module that a selection has, or that is loaded. */
const char *module_info(const struct module *mod, const char *key, size_t *at);

/*
 * Look into modules below some directories (NULL: into all that there are).
 * fn says whether it wants the module, which then stays loaded.
 * 0, or -1 with *e.
 */
typedef bool modules_scan_fn(void *arg, struct module *mod);
int modules_scan(struct modules *m, char *const *dirs, size_t count, modules_scan_fn *fn,
    void *arg, struct err *e);

/* Whether a module lies below one of some directories. */
bool module_below(const struct module *mod, char *const *dirs, size_t count);

/*
 * The next value of a key of anything that is built into the kernel; *name is
 * the NUL-terminated name of that.  *at begins as 0.  NULL at the end.
 */
const char *modules_builtin_next(
    const struct modules *m, const char *key, char *name, size_t size, size_t *at);

/* How long a module is without the signature that may follow it. */
size_t modules_unsigned_length(const void *data, size_t len);

#endif
