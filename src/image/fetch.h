/* fetch: one URL into one file, going on where it stopped. */
#ifndef IMAGE_FETCH_H
#define IMAGE_FETCH_H

#include "base/base.h"

/* How a transfer ended. */
enum fetch_result {
	FETCH_OK,
	FETCH_AWAY,    /* nobody answers: no network, no such host, server down */
	FETCH_MISSING, /* the server answers that it has no such file */
	FETCH_CUT,     /* it began and broke off; what came is in the file */
	FETCH_REFUSED, /* longer than allowed, or a URL that we do not take */
	FETCH_STOPPED, /* by the progress function; what came is in the file */
	FETCH_DISK,    /* the file cannot be written */
};

struct fetch_job {
	const char *url; /* http, https, file */
	int fd;          /* written from its end on: what is there is not asked again */
	uint64_t max;    /* bytes of the whole file; more is refused */
	/* Or NULL; total 0: unknown.  Returns false to stop. */
	bool (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

/*
 * Transfer once.  A server that cannot continue in the middle sends the whole
 * again.  FETCH_OK, or anything else with *e saying why.
 */
enum fetch_result fetch_run(const struct fetch_job *job, struct err *e);

#endif
