/*
 * journal: note, do, undo, over base/journal.c.
 *
 * An operation that failed may have done half of what it should; so it is undone like
 * one that succeeded, and its note goes when that worked.  A kill between any two lines
 * of this file leaves a journal that names at least what was done.
 */
#include <errno.h>
#include <string.h>

#include "pci/internal.h"

static int undo_one(void *arg, const void *op, struct err *e)
{
	const struct pci_journal *j = arg;

	return j->driver->undo(j->root, op, e);
}

int pci_journal_open(struct pci_journal *j, const struct pci_driver *d, const char *root,
    const char *run_dir, struct err *e)
{
	size_t left;

	memset(j, 0, sizeof(*j));
	j->driver = d;
	if (!str_copy(j->root, sizeof(j->root), root))
		return err_set(e, ENAMETOOLONG, "journal of %s", root);
	if (journal_load(&j->file, &pci_records_type, j->done, run_dir, e) < 0)
		return -1;
	left = j->file.count;
	if (pci_give(j, e) < 0)
		return err_ctx(e, "give back what an earlier run left");
	return (int)left;
}

/* Undo down to `keep` operations, last first; stops at the first that cannot be. */
static int undo_to(struct pci_journal *j, size_t keep, struct err *e)
{
	while (j->file.count > keep) {
		size_t last = j->file.count - 1;

		if (j->driver->undo(j->root, &j->done[last], e) < 0 ||
		    journal_forget(&j->file, last, e) < 0)
			return -1;
	}
	return 0;
}

/* Is it noted already, as when a node is granted once more before a launch? */
static bool is_noted(const struct pci_journal *j, const struct pci_op *op)
{
	for (size_t i = 0; i < j->file.count; i++)
		if (memcmp(&j->done[i], op, sizeof(*op)) == 0)
			return true;
	return false;
}

int pci_journal_apply(struct pci_journal *j, const struct pci_op *op, struct err *e)
{
	struct err ignored = {0};
	size_t count = j->file.count;

	if (pci_allowed(op, e) < 0)
		return -1;
	if (!is_noted(j, op) && journal_note(&j->file, count, op, e) < 0)
		return -1;
	if (j->driver->apply(j->root, op, e) == 0)
		return 0;
	if (undo_to(j, count, &ignored) < 0)
		log_warn("%s", ignored.text);
	return -1;
}

int pci_take(struct pci_journal *j, const struct pci_plan *plan, struct err *e)
{
	struct err ignored = {0};
	size_t count = j->file.count;

	for (size_t i = 0; i < plan->count; i++) {
		if (pci_journal_apply(j, &plan->ops[i], e) == 0)
			continue;
		if (undo_to(j, count, &ignored) < 0)
			log_warn("%s", ignored.text);
		return -1;
	}
	return 0;
}

int pci_give(struct pci_journal *j, struct err *e)
{
	return journal_undo_all(&j->file, undo_one, j, e);
}
