/*
 * init: the work that airlock-init does under each of its names.
 */
#ifndef GUEST_INIT_H
#define GUEST_INIT_H

/* PID 1.  Never returns: it ends in power-off. */
_Noreturn void init_main(void);

/*
 * The kernel's helper for modules: "modprobe -q -- name".
 * Returns its exit status.
 */
int modprobe_main(int argc, char **argv);

#endif
