/*
 * rcfile: variables of loader.conf(5) and rc.conf(5), read and set in place.
 *
 * Pure: text in, text out.  Every byte that is not about the variable stays.
 */
#ifndef CLI_RCFILE_H
#define CLI_RCFILE_H

#include "base/base.h"

#define RCFILE_NAME  64
#define RCFILE_VALUE 512

enum rcfile_style {
	RCFILE_LOADER, /* loader.conf(5): a line each, blanks around '=', names with dots */
	RCFILE_SHELL,  /* rc.conf(5): assignments of sh(1), values over several lines */
};

/* One assignment. */
struct rcfile_setting {
	char name[RCFILE_NAME];
	size_t at, len;           /* its value as written, with quotes */
	size_t line, line_len;    /* what goes when it goes: its lines, with their ends */
	bool alone;               /* there is nothing else on them but a comment */
	bool plain;               /* the value is what is written: no ${}, not too long */
	char value[RCFILE_VALUE]; /* without quotes; "" unless plain */
};

/*
 * Call fn for each assignment, in order, until it returns false.  Assignments within
 * words of sh(1) such as `if` are found when they begin a line.
 * 0, or -1 with *e when a quote is not closed or the last line goes on.
 */
int rcfile_each(enum rcfile_style style, const char *text, size_t len,
    bool (*fn)(void *arg, const struct rcfile_setting *s), void *arg, struct err *e);

/* The last assignment of a name, which is the one that counts.  False: there is none. */
bool rcfile_find(enum rcfile_style style, const char *text, size_t len, const char *name,
    struct rcfile_setting *s);

/*
 * The text with a variable set, appended to *out.  The value that counts is replaced
 * where it is; a new one is put to the end.
 *
 * @raw as it shall be written, with its quotes
 * 0, or -1 with *e and nothing appended.
 */
int rcfile_set(enum rcfile_style style, const char *text, size_t len, const char *name,
    const char *raw, struct buf *out, struct err *e);

/*
 * The text without the line that sets a variable, appended to *out; a text that does not
 * set it stays as it is.  0, or -1 with *e when other things are on that line.
 */
int rcfile_unset(enum rcfile_style style, const char *text, size_t len, const char *name,
    struct buf *out, struct err *e);

/* Is `word` one of the words of a list with blanks between them? */
bool rcfile_has_word(const char *list, const char *word);

#endif
