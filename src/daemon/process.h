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
 * The same, but keep the right to write to what belongs to others
 * (CAP_DAC_OVERRIDE) and nothing else.
 */
int process_drop_relay(const struct process_user *u, pid_t parent, struct err *e);

/* Shut the calling process into an empty directory.  Needs root, so comes before the drop. */
int process_shut_in(const char *empty, struct err *e);

/* Allow only the system calls that control.c, or relay.c, needs.  After the drop. */
int process_filter_control(struct err *e);
int process_filter_relay(struct err *e);

/*
 * Take the lock of a run directory: the kernel releases it when every process
 * that inherited the descriptor has ended.  Waits up to wait_ms while the
 * holder noted in it is no longer alive, so that a killed daemon's last
 * processes may end.
 * Returns the descriptor, or -1 with *e.
 */
int process_lock(const char *path, unsigned wait_ms, struct err *e);

#endif
