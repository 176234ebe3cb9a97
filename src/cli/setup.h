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
#include "cli/rcfile.h"
#include "conf/conf.h"

#define SETUP_STEPS_MAX  32
#define SETUP_RECORD_MAX 512 /* steps of all setups that were not undone */

enum setup_kind {
	SETUP_FILE,    /* a file made or replaced */
	SETUP_SETTING, /* a variable of loader.conf(5) or rc.conf(5), in its file */
	SETUP_COMMAND, /* a program run, or to be run by the undo, or both */
	SETUP_NOTE,    /* nothing is done; something is said */
};

struct setup_step {
	enum setup_kind kind;
	char why[300]; /* for people; of a note all there is */

	/* FILE, SETTING */
	char path[CONF_PATH]; /* without the root */
	bool existed;
	bool secret; /* what is in it is not shown */
	struct buf before, after;
	unsigned mode;          /* of the new file */
	unsigned was, uid, gid; /* mode and owner of the old one */
	char made[CONF_PATH];   /* the topmost directory made for it, or "" */

	/* SETTING: values as written, with quotes */
	enum rcfile_style style;
	char name[RCFILE_NAME];
	bool was_set;
	char raw_was[200], raw[200];

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
 * What is there at a path, or will be after the steps so far: *was as a step of a file
 * would begin with, `before` never NULL.  0 and *was to be taken over or given to
 * setup_step_fini(), or -1 with *e.
 */
int setup_look(const struct setup *s, const char *path, struct setup_step *was, struct err *e);

/*
 * A step that gives a file this content, unless it has it already.  0, or -1 with *e
 * when the old content cannot be read.
 */
int setup_add_file(struct setup *s, const char *path, unsigned mode, const char *data,
    size_t len, const char *why, struct err *e);

/*
 * setup_setting.c: a step that sets a variable of a file to a value, unless it has it
 * already.  It is undone by itself when other things of the file were changed since.
 * 0, or -1 with *e when the file cannot be read or edited.
 */
int setup_add_setting(struct setup *s, enum rcfile_style style, const char *path,
    const char *name, const char *value, const char *why, struct err *e);

/*
 * The text of a file that a setting was taken out of again, or put back in, appended to
 * *out, and in words what was done or why nothing was.  False: it is to be left alone.
 */
bool setup_setting_undo(const struct setup_step *step, const char *text, size_t len,
    struct buf *out, struct buf *said);

/* setup_bsd.c: the card reserved and kept, the service, on FreeBSD.  0, or -1 with *e. */
int setup_bsd(struct setup *s, struct err *e);

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
