/*
 * setup: a host made ready for the router, and made as it was again.
 *
 * Look -> plan -> record -> acts.  The plan is everything that would change, with the
 * whole new content of files; each step is in the record before it is done, so that
 * `setup --undo` undoes what was done and no more, also after a crash at any moment.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "cli/cardlist.h"
#include "cli/probe.h"
#include "conf/conf.h"

#define SETUP_STEPS_MAX  32
#define SETUP_RECORD_MAX 512 /* steps of all setups that were not undone */

enum setup_kind {
	SETUP_FILE,    /* a file made or replaced */
	SETUP_COMMAND, /* a program run, or to be run by the undo, or both */
	SETUP_NOTE,    /* nothing is done; something is said */
};

struct setup_step {
	enum setup_kind kind;
	char why[300]; /* for people; of a note all there is */

	/* FILE */
	char path[CONF_PATH]; /* without the root */
	bool existed;
	bool secret; /* what is in it is not shown */
	struct buf before, after;
	unsigned mode;          /* of the new file */
	unsigned was, uid, gid; /* mode and owner of the old one */
	char made[CONF_PATH];   /* the topmost directory made for it, or "" */

	/* COMMAND: words with single blanks between them, or "" */
	char run[200], undo[200];
	bool try; /* that it fails matters little: a reload */
};

struct setup {
	const struct probe *probe;
	const struct conf *conf;
	const char *conf_path;
	const struct cardlist *cards;
	const struct pci_device *card;
	struct setup_step step[SETUP_STEPS_MAX];
	size_t count;
	bool import;    /* take over the wireless networks that NetworkManager knows */
	bool online;    /* the card carries traffic now: nobody is told to let go of it */
	int stop_after; /* for tests: so many acts are done, then as if killed; -1 all */
};

/*
 * Plan what makes this host ready for `card`: networks, keeping other software away,
 * airlock.conf, the service.  Nothing is changed.  A host that is ready has no steps but
 * notes.  `s` must be zeroed but for its pointers and stop_after; setup_fini() frees it.
 * 0, or -1 with *e.
 */
int setup_plan(struct setup *s, struct err *e);
void setup_fini(struct setup *s);

/*
 * How many wireless networks NetworkManager knows that `supplicant` does not; *names
 * lists them for people.
 */
size_t setup_importable(const struct setup *s, struct buf *names);

/* How many steps change something. */
size_t setup_changes(const struct setup *s);

/* The plan in words. */
void setup_describe(const struct setup *s, struct buf *out);

/*
 * Carry the plan out.  What failed or was interrupted is in the record, to be undone or
 * done again.  0, or -1 with *e.
 */
int setup_do(struct setup *s, struct err *e);

/*
 * Undo all that the record says, last first.  A file that was changed since is kept.
 *
 * @said a line for each thing done or kept
 * Returns how many steps were undone (0: there was nothing to undo), or -1 with *e.
 */
int setup_undo(const struct probe *p, const struct conf *conf, int stop_after, struct buf *said,
    struct err *e);

/* ------------------------------------------------- for the files of setup */

/* One more step, zeroed; never NULL.  The last one is overwritten when all are used. */
struct setup_step *setup_add(struct setup *s, enum setup_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * A step that gives a file this content, unless it has it already.  0, or -1 with *e
 * when the old content cannot be read.
 */
int setup_add_file(struct setup *s, const char *path, unsigned mode, const char *data,
    size_t len, const char *why, struct err *e);

/* setup_away.c: steps that keep others away from the card.  0, or -1 with *e. */
int setup_away(struct setup *s, struct err *e);

/* setup_networks.c: the file of networks.  0, or -1 with *e. */
int setup_networks(struct setup *s, struct err *e);

/* setup_record.c */
struct setup_record {
	char path[4096], dir[4096]; /* with the root */
	bool made;                  /* the directory was made for it */
	struct setup_step *step;
	size_t count;
};

/*
 * Open the record of a state directory; one that is not there is empty.
 * 0, or -1 with *e; setup_record_fini() frees it.
 */
int setup_record_open(
    struct setup_record *r, const struct probe *p, const char *state_dir, struct err *e);
void setup_record_fini(struct setup_record *r);
/* Make the file say what *r says; without steps it goes.  0, or -1 with *e. */
int setup_record_save(struct setup_record *r, struct err *e);
/* The text of a record taken apart, and made.  0, or -1 with *e. */
int setup_record_read(struct setup_record *r, const char *text, size_t len, struct err *e);
char *setup_record_text(const struct setup_record *r);

void setup_step_fini(struct setup_step *s);

#endif
