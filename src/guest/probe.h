/*
 * probe: is the Internet there, or does somebody else answer in its place?
 *
 * One question by plain HTTP to an address that is known to give one answer.
 * A network that wants its guests to sign in first gives another: it must
 * answer in the place of the address, and it can, as there is no TLS.
 *
 * What comes back is a stranger's.  It is read and judged by a child without
 * privileges, this program under another name, which tells PID 1 by its exit
 * status and one line at most: where to sign in.
 */
#ifndef GUEST_PROBE_H
#define GUEST_PROBE_H

#include "wire/wire.h"

#define PROBE_URL_MAX    128  /* with its NUL */
#define PROBE_ANSWER_MAX 8192 /* bytes read of an answer */
#define PROBE_MS         5000 /* for all of it */

/* Exit status of the child: one of these and enum wire_internet. */
#define PROBE_STATUS 16

struct probe_url {
	char host[PROBE_URL_MAX];
	char port[6];             /* "80" when the URL names none */
	char path[PROBE_URL_MAX]; /* begins with "/" */
};

/*
 * Take an http URL apart: host (a name or an IPv4 address), port and path.
 * False for anything else.
 */
bool probe_url_parse(const char *text, struct probe_url *u);

/* Whether it may be shown to people and typed into a browser: http or https, tame bytes. */
bool probe_url_shown(const char *text);

/* The request, whole. */
void probe_request(struct buf *b, const struct probe_url *u);

/*
 * Judge an answer.
 *
 * @asked  the URL that was asked, one that probe_url_parse took
 * @ended  nothing more will come
 * @portal where to sign in, when that is the result; else ""
 * Returns whether it is known by now; then *result is one of enum
 * wire_internet.  It is always known when `ended`.
 */
bool probe_judge(const char *asked, const void *data, size_t len, bool ended,
    enum wire_internet *result, char portal[PROBE_URL_MAX]);

/* The child's whole work: airlock-probe URL.  Returns its exit status. */
int probe_main(int argc, char **argv);

#endif
