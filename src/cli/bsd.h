/*
 * bsd: what doctor and setup ask a FreeBSD host.
 *
 * By its own programs and files, through struct probe: so any host can be played, on any
 * system.  Nothing here changes anything.
 */
#ifndef CLI_BSD_H
#define CLI_BSD_H

#include "cli/probe.h"
#include "cli/rcfile.h"

#define BSD_PATH 256

/* The first line of what a program says on success; false, and "", otherwise. */
bool bsd_ask(const struct probe *p, const char *const *argv, char *dst, size_t size);

/* A value of sysctl(8) as text, or as a number; false when there is no such name. */
bool bsd_sysctl(const struct probe *p, const char *name, char *dst, size_t size);
bool bsd_sysctl_u64(const struct probe *p, const char *name, uint64_t *value);

/* Is a module in the kernel, loaded or built in? */
bool bsd_module(const struct probe *p, const char *name);

/*
 * What the start of this host will set a variable to, as its files are now, and the file
 * where it counts (either may be NULL).  False when none sets it to what is plainly
 * written; then `path` is the file where it would be set, and *clear, unless NULL, says
 * that nothing is set at all.
 */
bool bsd_loader(const struct probe *p, const char *name, char value[RCFILE_VALUE],
    char path[BSD_PATH], bool *clear);
bool bsd_rc(const struct probe *p, const char *name, char value[RCFILE_VALUE],
    char path[BSD_PATH], bool *clear);

/* "YES", "true", "on", "1" in any case. */
bool bsd_yes(const char *value);

/* The word of pptdevs for an address in any spelling, "3/0/0"; false when its domain is not 0.
 */
bool bsd_pptdev(const char *address, char dst[16]);

/* Which of pptdevs, pptdevs2 and pptdevs3 the loader's files reserve it by, or NULL. */
const char *bsd_reserved(const struct probe *p, const char *pptdev);

#define BSD_PPTDEVS 3
extern const char *const bsd_pptdevs[BSD_PPTDEVS];

#endif
