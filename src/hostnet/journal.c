/*
 * journal: what was done to the host, so that all of it can be undone.
 *
 * A file in the run directory has one record for each operation that is done
 * or about to be.  It is replaced as a whole and flushed before an operation
 * begins and after it was undone, so that at every moment of a crash it names
 * at least what is there.  Naming more is harmless: to undo what is not there
 * is no error.  A host that changed nothing has no file.
 *
 * The file is obeyed by root, and read only when root alone can have written
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnet/internal.h"

#define JOURNAL_MAX 65536

char *hostnet_read_own(const char *path, size_t max, size_t *len, struct err *e)
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

/* Make the file say what j->done says. */
static int save(const struct hostnet_journal *j, struct err *e)
{
	struct buf b = {0};
	int r;

	if (j->count == 0) {
		if (unlink(j->path) < 0 && errno != ENOENT)
			return err_set(e, errno, "remove %s", j->path);
		return 0;
	}
	for (size_t i = 0; i < j->count; i++)
		hostnet_record_add(&b, &j->done[i]);
	r = file_replace(j->path, b.data, b.len, 0600, e);
	buf_fini(&b);
	return r < 0 ? err_ctx(e, "journal") : 0;
}

static int load(struct hostnet_journal *j, struct err *e)
{
	size_t len, damaged;
	auto_free char *text = hostnet_read_own(j->path, JOURNAL_MAX, &len, e);

	if (text == NULL && e->num == ENOENT) {
		memset(e, 0, sizeof(*e));
		return 0;
	}
	if (text == NULL)
		return err_ctx(e, "journal");
	j->count = hostnet_records(text, len, j->done, ARRAY_LEN(j->done), &damaged);
	if (damaged > 0)
		log_warn("%s: %zu damaged records skipped", j->path, damaged);
	return 0;
}

int hostnet_journal_open(struct hostnet_journal *j, const struct hostnet_driver *d,
    const char *run_dir, const char *state_dir, struct err *e)
{
	size_t left;
	int recovered;

	memset(j, 0, sizeof(*j));
	j->driver = d;
	if (!str_format(j->path, sizeof(j->path), "%s/hostnet.journal", run_dir) ||
	    !str_copy(j->state, sizeof(j->state), state_dir))
		return err_set(e, ENAMETOOLONG, "journal in %s", run_dir);
	if (load(j, e) < 0)
		return -1;
	left = j->count;
	if (hostnet_journal_undo_all(j, e) < 0)
		return err_ctx(e, "undo what an earlier run left");
	recovered = d->recover(j->state, e);
	if (recovered < 0)
		return err_ctx(e, "undo what an earlier run left");
	return (int)left + recovered;
}

/* The note of op's kind and interface, or j->count. */
static size_t find(const struct hostnet_journal *j, const struct hostnet_op *op)
{
	size_t i;

	for (i = 0; i < j->count; i++)
		if (j->done[i].kind == op->kind &&
		    strcmp(j->done[i].interface, op->interface) == 0)
			break;
	return i;
}

static void forget(struct hostnet_journal *j, size_t i)
{
	j->count--;
	memmove(&j->done[i], &j->done[i + 1], (j->count - i) * sizeof(j->done[0]));
}

int hostnet_journal_apply(
    struct hostnet_journal *j, const struct hostnet_op *op, int *fd, struct err *e)
{
	bool replaceable = op->kind == HOSTNET_FILTER || op->kind == HOSTNET_RESOLVER;
	struct hostnet_op before;
	struct err ignored = {0};
	bool noted;
	size_t i;

	if (hostnet_allowed(op, op->interface, NULL, e) < 0)
		return -1;
	i = find(j, op);
	if (i < j->count && !replaceable && !hostnet_same(&j->done[i], op) &&
	    hostnet_journal_undo(j, op, e) < 0)
		return -1;
	i = find(j, op);
	if (i == ARRAY_LEN(j->done))
		return err_set(e, 0, "journal: no room for another operation");
	noted = i < j->count;
	before = j->done[i];
	j->done[i] = *op;
	j->count += !noted;
	if (save(j, e) == 0 && j->driver->apply(op, j->state, fd, e) == 0)
		return 0;
	if (noted)
		j->done[i] = before;
	else
		forget(j, i);
	if (save(j, &ignored) < 0)
		log_warn("%s", ignored.text);
	return -1;
}

int hostnet_journal_undo(struct hostnet_journal *j, const struct hostnet_op *op, struct err *e)
{
	size_t i = find(j, op);

	if (i == j->count)
		return 0;
	if (j->driver->undo(&j->done[i], j->state, e) < 0)
		return -1;
	forget(j, i);
	return save(j, e);
}

int hostnet_journal_undo_all(struct hostnet_journal *j, struct err *e)
{
	struct err later = {0};
	int r = 0;

	for (size_t i = j->count; i-- > 0;) {
		if (j->driver->undo(&j->done[i], j->state, r == 0 ? e : &later) == 0)
			forget(j, i);
		else if (r++ > 0)
			log_warn("%s", later.text);
	}
	if (save(j, r == 0 ? e : &later) < 0 || r > 0)
		return -1;
	return 0;
}
