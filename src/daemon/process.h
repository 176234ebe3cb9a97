/* process: what a process of the daemon gives up before it meets strangers. */
#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include "base/base.h"

/* Who the unprivileged processes and the hypervisor are. */
struct process_user {
	uid_t uid;
	gid_t gid;
	gid_t kvm; /* group of /dev/kvm, or 0 */
};

/* process_linux.c, process_freebsd.c: the command that makes a user, before its name. */
extern const char process_adduser[];
/* The group that may use the hypervisor's node, or 0. */
gid_t process_hypervisor_group(void);

/* Find a user by name; "" is _airlock if there is one, else nobody. */
int process_user_find(const char *name, struct process_user *u, struct err *e);

/*
 * Become that user for good: no new privileges, no core files, dies with its
 * parent.  with_kvm keeps the group that may use /dev/kvm.
 */
int process_drop(const struct process_user *u, bool with_kvm, pid_t parent, struct err *e);

/*
 * Let the process that is to be dropped, and the hypervisor that it starts, lock so much
 * memory: a card's DMA goes to all of the guest's.  A failure is logged; the
 * hypervisor's driver looks again.
 */
void process_may_lock(unsigned mib);

/*
 * The same, but keep the right to write to what belongs to others: on Linux
 * CAP_DAC_OVERRIDE and nothing else.  FreeBSD cannot divide root, so there it stays root,
 * and what is left of that is up to process_filter_relay().
 */
int process_drop_relay(const struct process_user *u, pid_t parent, struct err *e);

/* Shut the calling process into an empty directory.  Needs root, so comes before the drop. */
int process_shut_in(const char *empty, struct err *e);

/*
 * Allow only what control.c, or relay.c, or the machine process needs, for good.  After the
 * drop.  On Linux a list of system calls (none for the machine, which starts QEMU); on
 * FreeBSD capability mode: nothing that has a name can be opened any more.
 */
int process_filter_control(struct err *e);
int process_filter_relay(struct err *e);
int process_filter_machine(struct err *e);

/* What a descriptor is for, in a process that meets strangers. */
enum process_use {
	PROCESS_HOLD,   /* to be open: a lock */
	PROCESS_SPEAK,  /* bytes, both ways */
	PROCESS_LISTEN, /* the same, and those who connect */
};

/* Allow only that with it, for good; fd -1 is no error.  0, or -1 with *e. */
int process_narrow(int fd, enum process_use use, struct err *e);

/*
 * Take the lock of a run directory: the kernel releases it when every process
 * that inherited the descriptor has ended.  Waits up to wait_ms while the
 * holder noted in it is no longer alive, so that a killed daemon's last
 * processes may end.
 * Returns the descriptor, or -1 with *e.
 */
int process_lock(const char *path, unsigned wait_ms, struct err *e);

#endif
