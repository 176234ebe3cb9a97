/* double_guest: a guest that speaks like airlock-init, for double.c. */
#ifndef TEST_FREEBSD_DOUBLE_GUEST_H
#define TEST_FREEBSD_DOUBLE_GUEST_H

#include <stddef.h>

/* The host has connected: say who we are. */
void guest_connected(int fd);
/* Bytes of the host.  True when the guest has powered itself off. */
int guest_heard(int fd, const void *data, size_t len);

#endif
