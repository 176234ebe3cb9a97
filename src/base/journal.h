/*
 * journal: what was done to the host, so that all of it can be undone.
 *
 * A file in the run directory has one record for each operation that is done or about
 * to be.  An engine says what its records are (struct journal_type) and what doing and
 * undoing means; writing, reading back, checksums and order are here.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include "base/base.h"

/* Longest line of a record with checksum and newline. */
#define JOURNAL_LINE_MAX 1024

struct journal_type {
	const char *file; /* its name in the run directory */
	size_t size;      /* of one operation, which holds no pointers */
	size_t max;       /* operations there is room for */
	/* Append an operation as words, with neither checksum nor newline. */
	void (*write)(struct buf *b, const void *op);
	/*
	 * Read those words back.  `line` is shorter than JOURNAL_LINE_MAX; *op is
	 * zeroed.  False also for what the engine would never do.
	 */
	bool (*read)(const char *line, void *op);
};

struct journal {
	const struct journal_type *type;
	char path[256];
	char *ops; /* the caller's, room for type->max */
	size_t count;
};

/* Append one record, a line. */
void journal_line_add(const struct journal_type *t, struct buf *b, const void *op);

/*
 * Read the records of a text.
 *
 * @max     at most type->max; more are counted as damaged
 * @damaged counts lines that are no whole record, byte for byte as it is written
 * Returns the number of operations in `ops`.
 */
size_t journal_lines(const struct journal_type *t, const char *text, size_t len, void *ops,
    size_t max, size_t *damaged);

/*
 * Read a file that is going to be obeyed: regular, ours, writable by nobody else.
 * Returns memory of the caller's, or NULL with *e (num ENOENT when there is none).
 */
char *file_read_own(const char *path, size_t max, size_t *len, struct err *e);

/*
 * Read the journal of a run directory into `ops`; nothing is done or undone.  Records
 * that are torn or damaged are skipped, with a warning in the log.  0, or -1 with *e.
 */
int journal_load(struct journal *j, const struct journal_type *t, void *ops,
    const char *run_dir, struct err *e);

/* The ith operation. */
void *journal_op(const struct journal *j, size_t i);

/*
 * Note an operation as the ith (i == count: one more) before it is done, and take the
 * ith out again after it was undone.  0, or -1 with *e: a note that could not be written
 * is none; one that could not be taken out stays in the file, where it is harmless.
 */
int journal_note(struct journal *j, size_t i, const void *op, struct err *e);
int journal_forget(struct journal *j, size_t i, struct err *e);

/*
 * Undo all, last first, and forget what could be undone; goes on after failures.
 * 0, or -1 with the first failure.
 */
int journal_undo_all(struct journal *j, int (*undo)(void *arg, const void *op, struct err *e),
    void *arg, struct err *e);

#endif
