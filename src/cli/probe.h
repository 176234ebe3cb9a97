/* probe: what doctor and setup ask the host, or a tree of files that plays one. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include "base/base.h"
#include "hostnet/hostnet.h"

#define PROBE_TEXT_MAX (1 << 20) /* the longest file that is read */

/* Whose words and files they are; either can be played on any system. */
enum probe_system { PROBE_LINUX, PROBE_FREEBSD };

struct probe {
	enum probe_system system;
	const char *root; /* "" for the real host, else a directory with a tree like it */
	const struct hostnet_driver *hostnet;
	/*
	 * Run a program of the host to its end; *out (may be NULL) takes what it says.
	 * Its exit status, or -1 with *e when there is no such program; *e says why for
	 * every status but 0.
	 */
	int (*run)(
	    const struct probe *p, const char *const *argv, struct buf *out, struct err *e);
	/* Instead of /proc: host.h; or NULL. */
	size_t (*processes)(
	    const char *comm, bool (*fn)(void *arg, const char *args, size_t len), void *arg);
	/* "QEMU 10.0.3", or -1 with *e and a hint. */
	int (*hypervisor)(const struct probe *p, char *version, size_t size, struct err *e);
	void *arg; /* of who wrote `run` and `hypervisor` */
};

/* The real host. */
void probe_host(struct probe *p);

/* `path` of the host, within the root; returns dst. */
const char *probe_path(const struct probe *p, char *dst, size_t size, const char *path);

bool probe_exists(const struct probe *p, const char *path);

/* A whole file with a NUL after it, the caller's to free, or NULL. */
char *probe_read(const struct probe *p, const char *path, size_t *len);

/* The first line of a short file, without its end; false and "" when there is none. */
bool probe_line(const struct probe *p, const char *path, char *dst, size_t size);

/*
 * Call fn for each name in a directory, sorted, until it returns false.
 * A directory that is not there has no names.
 */
void probe_each(
    const struct probe *p, const char *dir, bool (*fn)(void *arg, const char *name), void *arg);

/*
 * Call fn for each process of a name (as /proc/PID/comm has it, at most 15 bytes) in our
 * network namespace with its arguments, a NUL after each, until it returns false.
 * Returns how many there were.
 */
size_t probe_processes(const struct probe *p, const char *comm,
    bool (*fn)(void *arg, const char *args, size_t len), void *arg);

/* The user of a name: of the root's /etc/passwd, or of all that the real host knows. */
bool probe_user(const struct probe *p, const char *name, uid_t *uid, gid_t *gid);

/* Is the unit of systemd enabled by the administrator? */
bool probe_enabled(const struct probe *p, const char *unit);

/* Is there a file of that unit, or of its template? */
bool probe_unit(const struct probe *p, const char *unit);

/* Was this host booted by systemd? */
bool probe_systemd(const struct probe *p);

#endif
