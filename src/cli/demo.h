/*
 * demo: the two worlds of `airlock demo`, each a network namespace.
 *
 *     host side                          world side
 *     airlock0 <- QEMU -> airlock0-air ~~~> moved here: 198.51.100.1
 *                                        203.0.113.80: a web server
 *
 * The host side also has an /etc of its own, so that the resolver that airlock
 * sets is not the machine's.
 */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include "base/base.h"

#define DEMO_WEB_ADDRESS "203.0.113.80"
#define DEMO_WEB_NAME    "web.airlock.test"

/* What plays the Internet: a process in a network namespace of its own. */
struct demo_world {
	pid_t pid;
	int link; /* we write a line: the tap is there; EOF ends it */
};

/*
 * Start the world.  `nonce` is in the page it serves.  It ends when `link` is
 * closed or this process dies.  0, or -1 with *e.
 */
int demo_world_start(struct demo_world *w, const char *nonce, struct err *e);

/* Give it the tap (an interface of ours) as its network card.  0, or -1 with *e. */
int demo_world_connect(struct demo_world *w, const char *tap, struct err *e);

void demo_world_stop(struct demo_world *w);

/*
 * Move this process into network and mount namespaces of its own, with an
 * /etc that keeps only what programs need to run.  0, or -1 with *e.
 */
int demo_isolate(struct err *e);

/* Names of the interfaces in this namespace besides lo, separated by spaces. */
int demo_interfaces(struct buf *out, struct err *e);

/* Run a program to its end, arguments ending with NULL; its output into *out (may be NULL). */
int demo_run(struct buf *out, struct err *e, const char *program, ...)
    __attribute__((sentinel));

/*
 * Fetch a page.
 *
 * @body  its text, at most 64 KiB
 * Returns 0, or -1 with *e.
 */
int demo_fetch(const char *url, struct buf *body, struct err *e);

/*
 * Measure throughput.
 *
 * @upload  false: from the world to the host
 * Returns bits a second over `ms` milliseconds, or -1 with *e.
 */
double demo_throughput(const char *url, bool upload, unsigned ms, struct err *e);

#endif
