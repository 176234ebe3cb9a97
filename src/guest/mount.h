/*
 * mount: the file systems of the guest, its root, and the kernel's switches.
 */
#ifndef GUEST_MOUNT_H
#define GUEST_MOUNT_H

#include "base/base.h"

/* /dev, /proc and /sys.  0, or -1 with *e. */
int mount_kernel(struct err *e);

/* The file systems that are written to.  0, or -1 with *e. */
int mount_writable(struct err *e);

/* The disk of a virtio serial: "/dev/vda".  False when there is none (yet). */
bool disk_find(const char *serial, char *dev, size_t size);

/* Mount a read-only squashfs.  0, or -1 with *e. */
int mount_image(const char *dev, const char *at, struct err *e);

/*
 * Make the file system at `at` the root, with what is mounted on /dev, /proc
 * and /sys, and free what the initramfs held.  0, or -1 with *e.
 */
int root_switch(const char *at, struct err *e);

/* Set what the kernel does with packets, links and cores. */
void sysctl_apply(void);

#endif
