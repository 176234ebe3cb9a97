/*
 * journal: what was done to the host, so that all of it can be undone.
 *
 * The file is replaced as a whole and flushed before an operation begins and after it
 * was undone, so that at every moment of a crash it names at least what is there.
 * Naming more is harmless: to undo what is not there is no error.  A host that changed
 * nothing has no file.
 *
 * A record is a line of words with a checksum at its end.  It is believed when writing
 * what was read of it gives the same bytes: so whatever is torn, damaged or not
 * canonical is skipped without a list of what can be wrong.  What is read must also be
 * something that its engine could have done.
 *
 * The file is obeyed by root, and read only when root alone can have written it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/journal.h"

#define JOURNAL_MAX 65536
#define SUM_DIGITS  8
#define OP_MAX      1024 /* of an operation, in memory */

/* FNV-1a, 32 bits: against tearing and decay, not against malice. */
static uint32_t checksum(const char *text, size_t len)
{
	uint32_t sum = UINT32_C(2166136261);

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)text[i]) * UINT32_C(16777619);
	return sum;
}

void journal_line_add(const struct journal_type *t, struct buf *b, const void *op)
{
	size_t start = b->len;

	t->write(b, op);
	buf_addf(b, " ");
	buf_addf(b, "%08" PRIx32 "\n", checksum(b->data + start, b->len - start));
}

static bool read_line(const struct journal_type *t, const char *text, size_t len, void *op)
{
	char line[JOURNAL_LINE_MAX];
	struct buf again = {0};
	bool good;

	memset(op, 0, t->size);
	if (len >= sizeof(line) || len < SUM_DIGITS + 1)
		return false;
	/* The checksum and the blank before it are for the comparison alone. */
	memcpy(line, text, len - SUM_DIGITS - 1);
	line[len - SUM_DIGITS - 1] = '\0';
	if (!t->read(line, op))
		return false;
	journal_line_add(t, &again, op);
	good = again.len == len + 1 && memcmp(again.data, text, len) == 0;
	buf_fini(&again);
	return good;
}

size_t journal_lines(const struct journal_type *t, const char *text, size_t len, void *ops,
    size_t max, size_t *damaged)
{
	size_t count = 0;

	*damaged = 0;
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline != NULL ? (size_t)(newline - text) : len;

		/* Without its newline a record may have lost more than that. */
		if (newline != NULL && count < max &&
		    read_line(t, text, line, (char *)ops + count * t->size))
			count++;
		else
			++*damaged;
		line += newline != NULL;
		text += line;
		len -= line;
	}
	return count;
}

char *file_read_own(const char *path, size_t max, size_t *len, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(e, errno, "open %s", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
		err_set(e, 0, "%s is not a file that only its owner may write", path);
		err_hint(e, "look at it, then: rm %s", path);
		return NULL;
	}
	return fd_read_all(fd, path, max, len, e);
}

int journal_load(struct journal *j, const struct journal_type *t, void *ops,
    const char *run_dir, struct err *e)
{
	size_t len, damaged;
	auto_free char *text = NULL;

	*j = (struct journal){.type = t, .ops = ops};
	if (!str_format(j->path, sizeof(j->path), "%s/%s", run_dir, t->file))
		return err_set(e, ENAMETOOLONG, "journal in %s", run_dir);
	text = file_read_own(j->path, JOURNAL_MAX, &len, e);
	if (text == NULL && e->num == ENOENT) {
		memset(e, 0, sizeof(*e));
		return 0;
	}
	if (text == NULL)
		return err_ctx(e, "journal");
	j->count = journal_lines(t, text, len, ops, t->max, &damaged);
	if (damaged > 0)
		log_warn("%s: %zu damaged records skipped", j->path, damaged);
	return 0;
}

void *journal_op(const struct journal *j, size_t i)
{
	return j->ops + i * j->type->size;
}

/* Make the file say what j->ops says. */
static int save(const struct journal *j, struct err *e)
{
	struct buf b = {0};
	int r;

	if (j->count == 0) {
		if (unlink(j->path) < 0 && errno != ENOENT)
			return err_set(e, errno, "remove %s", j->path);
		return 0;
	}
	for (size_t i = 0; i < j->count; i++)
		journal_line_add(j->type, &b, journal_op(j, i));
	r = file_replace(j->path, b.data, b.len, 0600, e);
	buf_fini(&b);
	return r < 0 ? err_ctx(e, "journal") : 0;
}

static void drop(struct journal *j, size_t i)
{
	j->count--;
	memmove(journal_op(j, i), journal_op(j, i + 1), (j->count - i) * j->type->size);
}

int journal_note(struct journal *j, size_t i, const void *op, struct err *e)
{
	bool more = i == j->count;
	char before[OP_MAX];

	if (i >= j->type->max || j->type->size > sizeof(before))
		return err_set(e, 0, "journal: no room for another operation");
	memcpy(before, journal_op(j, i), j->type->size);
	memcpy(journal_op(j, i), op, j->type->size);
	j->count += more;
	if (save(j, e) == 0)
		return 0;
	memcpy(journal_op(j, i), before, j->type->size);
	j->count -= more;
	return -1;
}

int journal_forget(struct journal *j, size_t i, struct err *e)
{
	drop(j, i);
	return save(j, e);
}

int journal_undo_all(struct journal *j, int (*undo)(void *arg, const void *op, struct err *e),
    void *arg, struct err *e)
{
	struct err later = {0};
	int r = 0;

	for (size_t i = j->count; i-- > 0;) {
		if (undo(arg, journal_op(j, i), r == 0 ? e : &later) == 0)
			drop(j, i);
		else if (r++ > 0)
			log_warn("%s", later.text);
	}
	if (save(j, r == 0 ? e : &later) < 0 || r > 0)
		return -1;
	return 0;
}
