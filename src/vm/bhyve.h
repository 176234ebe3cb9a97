/*
 * bhyve: what the driver of FreeBSD's hypervisor is made of.
 *
 * Two halves.  bhyve.c is the driver, without rights; bhyve_keeper.c does with root's
 * what it asks.  The rest is pure but for bhyve_proc_*.c, which asks the system about
 * processes.
 */
#ifndef VM_BHYVE_H
#define VM_BHYVE_H

#include "vm/internal.h"
#include "vm/keeper.h"

/* ------------------------- bhyve_config.c: what its programs are told */

/*
 * The bhyve_config(5) file of a machine, appended to *out.  Every device has a slot of
 * its own, whether or not the others are there.
 *
 * @release  of FreeBSD, major number; 0 or one that is newer than all known: the newest
 * @dir      where the sockets of the ports will be
 * @firmware path of the boot ROM; used with VM_BOOT_UEFI only
 * 0, or -1 with *e when a value cannot be written down there.
 */
int bhyve_config(const struct vm_spec *spec, unsigned release, const char *dir,
    const char *firmware, struct buf *out, struct err *e);

/*
 * The loader's arguments, each with a NUL after it, appended to *out.
 * Returns their number.
 */
size_t bhyve_load_args(const struct vm_spec *spec, const char *loader, struct buf *out);

/*
 * Where the socket of a port is.  0, or -1 with *e when it would not fit the address of
 * a socket.
 */
#define BHYVE_SOCKET 104 /* sun_path of FreeBSD */
int bhyve_port_path(char dst[BHYVE_SOCKET], const char *dir, size_t index, struct err *e);

/* The driver's command_line(). */
int bhyve_command_line(const struct vm_spec *spec, struct buf *out, struct err *e);

/* "15.1-RELEASE-p2" -> 15; 0 when it is no release of FreeBSD. */
unsigned bhyve_release(const char *osrelease);

/* --------------------------------- bhyve_end.c: why a machine has ended */

struct bhyve_end {
	bool loading;         /* it was the loader that ended */
	bool killed;          /* by vm_kill */
	bool ran;             /* the guest's processor did */
	bool gone;            /* the machine's object was destroyed by somebody else */
	const char *given_up; /* why it was ended by us, or NULL */
	const char *said;     /* its last words on standard error */
	int status;           /* as of waitpid(2) */
};

/* Classify; `text` (at least 160 bytes) gets it in words. */
enum vm_exit bhyve_end(const struct bhyve_end *end, char *text, size_t size);

/* ----------------------------------------- bhyve_port.c: bytes of a port */

#define BHYVE_CHUNK 4096

/*
 * What goes on between the stream that the driver's user has and the connection to
 * bhyve.  `lost` is called, once, when that connection has ended.
 */
struct bhyve_port {
	struct loop *loop;
	void (*lost)(void *arg);
	void *arg;
	int user;                    /* what port_fd() gives away */
	struct loop_io inner, guest; /* the other end of it; the connection, fd -1: none */
	bool inner_watched, guest_watched, ended;
	uint8_t up[BHYVE_CHUNK], down[BHYVE_CHUNK]; /* from the guest; to it */
	size_t up_len, down_len;
	struct loop_timer again; /* the next chunks may go */
	unsigned chunks;         /* that went since it was set */
};

/* Make the stream.  0, or -1 with *e and nothing to be closed. */
int bhyve_port_open(
    struct bhyve_port *p, struct loop *l, void (*lost)(void *arg), void *arg, struct err *e);
/* The connection is there; it becomes the port's. */
void bhyve_port_connect(struct bhyve_port *p, int fd);
/* bhyve has ended: pass on what it still said. */
void bhyve_port_end(struct bhyve_port *p);
/* Close all; again is harmless. */
void bhyve_port_close(struct bhyve_port *p);

/* ------------------------------- bhyve_files.c: with keeper_sweep() */

void keeper_config_path(char dst[512], const char *dir);
int keeper_config_write(const struct keeper *k, struct err *e);
/* The configuration and the sockets; what is not there is no error. */
void keeper_files_remove(const char *dir);
/*
 * Make a terminal that changes no byte.  Returns our end, non-blocking, with *theirs open,
 * or -1 with *e, when *theirs may be.
 */
int keeper_console_open(int *theirs, struct err *e);

/* ---------------- bhyve_proc_{linux,freebsd}.c: what the system is asked */

/* Would SIGTERM be harmless to this process, because it ignores or catches it? */
bool bhyve_takes_sigterm(pid_t pid);

/*
 * The release of the system, "15.1-RELEASE", also from within capability mode.  False
 * when it does not say.
 */
bool bhyve_osrelease(char *dst, size_t size);

/* Is this process shut out of the file system (Capsicum)? */
bool bhyve_shut_in(void);

/* A process that is bhyve and runs a machine of this name; 0: none. */
pid_t bhyve_find(const char *name);

/*
 * Is the hypervisor's half in the kernel there?  Load it if need be and `load`.
 * 0, or -1 with *e (ERR_HOST) and what mends it.
 */
int bhyve_vmm(const struct keeper_tools *tools, bool load, struct err *e);

/* -------------------- bhyve_ctl.c: the machine's object, and what must be there */

/* The driver's check(). */
int bhyve_driver_check(enum vm_accel *accel, char *version, size_t size, struct err *e);

/* FreeBSD's release: what the tools say, or else the kernel; 0 when that is unknown. */
unsigned bhyve_release_of(const struct keeper_tools *tools);

/* Is there an object of this name? */
bool bhyve_exists(const struct keeper_tools *tools, const char *name);

/* Destroy it; nothing there is no error.  0, or -1 with *e. */
int bhyve_destroy(const struct keeper_tools *tools, const char *name, struct err *e);

/* Has the guest's first processor run since the object was made? */
bool bhyve_ran(const struct keeper_tools *tools, const char *name);

/* The same, of what `bhyvectl --get-stats` prints. */
bool bhyve_stats_ran(const char *text);

/* End the guest as if its power had been cut. */
void bhyve_force_off(const struct keeper_tools *tools, const char *name);

/*
 * Can this host run a machine that boots so?  `load`: what can be loaded, is.
 * 0, or -1 with *e (ERR_HOST) and what mends it.
 */
int bhyve_check(const struct keeper_tools *tools, enum vm_boot boot, bool load, struct err *e);

#endif
