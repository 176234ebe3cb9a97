/* answer: how a datagram gets to a client; answer_linux.c, answer_freebsd.c. */
#ifndef RELAY_ANSWER_H
#define RELAY_ANSWER_H

#include "relay/peers.h"

struct relay_answer {
	int fd; /* the system's */
};

/* Before the process is shut in.  0, or -1 with *e. */
int answer_open(struct relay_answer *a, struct err *e);
void answer_close(struct relay_answer *a);

/*
 * Send to a client that has an address, from the socket that it had written to where the
 * system lets it see that.  Never waits.  0, or -1 with errno.
 */
int answer_send(const struct relay_answer *a, int from, const struct relay_address *to,
    const void *data, size_t len);

/* Does somebody own the address?  Without an effect on it.  0, or -1 with errno. */
int answer_look(const struct relay_answer *a, const struct relay_address *at);
/* After some looks: hold on to none of them. */
void answer_looked(const struct relay_answer *a);

#endif
