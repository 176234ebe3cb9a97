/*
 * read: the syntax of airlock.conf(5), one step at a time.
 *
 * conf_read() hands out values; parsing airlock.conf itself also wants to see
 * sections and lists that are empty, and so takes the steps from here.
 */
#ifndef CONF_READ_H
#define CONF_READ_H

#include "base/base.h"

#define READER_KEY_MAX   64
#define READER_VALUE_MAX 1024

enum reader_step {
	READER_END,      /* of the text, everything closed */
	READER_OPEN,     /* `key {` */
	READER_CLOSE,    /* its `}` */
	READER_VALUE,    /* `key = value;` */
	READER_LIST,     /* `key = [` */
	READER_ELEMENT,  /* one value of the list; key is still the list's */
	READER_LIST_END, /* its `]` */
};

struct reader {
	const char *at, *end;
	unsigned line;        /* of `at`, from 1 */
	unsigned opened_line; /* of the section that is open, 0 while none is */
	unsigned list_line;   /* of the list that is open, 0 while none is */
	/* What the last step found. */
	char section[READER_KEY_MAX]; /* "" outside of sections */
	char key[READER_KEY_MAX];
	char value[READER_VALUE_MAX];
	bool quoted;
	const char *value_at, *value_end; /* where it stands in the text, quotes included */
	unsigned step_line;               /* of the value, else of the key */
};

void reader_init(struct reader *r, const char *text, size_t len);

/*
 * Take one step.  Returns enum reader_step, or -1 with *e (the text without
 * the place, which is r->step_line).
 */
int reader_next(struct reader *r, struct err *e);

#endif
