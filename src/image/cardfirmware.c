/*
 * cardfirmware: the firmware of the drivers that were selected, and what is
 * said of what Debian does not have.
 *
 * Drivers name files of all their cards, and some that nobody may distribute.
 * So a missing file is a warning; only when a card that was asked for would get
 * none at all, and its driver does nothing without, the build ends.
 */
#include <string.h>

#include "image/cards.h"

static void on_file(void *arg, const struct contents_file *file)
{
	struct card_driver *d = arg;

	for (size_t i = 0; i < d->count; i++)
		if (d->files[i] == file)
			return;
	d->files = reallocarray(d->files, d->count + 1, sizeof(struct contents_file *));
	if (d->files == NULL)
		abort();
	d->files[d->count++] = file;
}

static int by_name(const void *a, const void *b)
{
	const struct contents_file *const *l = a, *const *r = b;

	return strcmp((*l)->name, (*r)->name);
}

/* What a list promised and a package did not have is missing as well. */
static void settle(struct card_driver *d, const struct firmware *f)
{
	size_t left = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct firmware_file *got = firmware_got(f, d->files[i]);

		if (got != NULL && got->package != NULL)
			d->files[left++] = d->files[i];
		else
			names_add(&d->missing, d->files[i]->name);
	}
	d->count = left;
	names_sort(&d->missing);
	if (d->count > 0)
		qsort(d->files, d->count, sizeof(struct contents_file *), by_name);
}

int cards_firmware(struct cards *c, struct firmware *f, struct tree *t, const char *kernel,
    const char *suite, struct err *e)
{
	c->firmware = f;
	for (size_t i = 0; i < c->count; i++)
		for (size_t n = 0; n < c->list[i].names.count; n++)
			if (firmware_learn(f, c->list[i].names.items[n], e) < 0)
				return -1;
	firmware_learned(f);
	for (size_t i = 0; i < c->count; i++) {
		struct card_driver *d = &c->list[i];

		for (size_t n = 0; n < d->names.count; n++)
			if (!firmware_want(f, d->names.items[n], on_file, d))
				names_add(&d->missing, d->names.items[n]);
	}
	if (firmware_install(f, t, e) < 0)
		return -1;
	for (size_t i = 0; i < c->count; i++) {
		struct card_driver *d = &c->list[i];

		settle(d, f);
		if (!d->asked || !d->required || d->count > 0 || d->missing.count == 0)
			continue;
		err_set(e, 0,
		    "card %s: Debian %s has no firmware for its driver %s of kernel %s: %s is "
		    "missing",
		    d->card, suite, d->name, kernel, d->missing.items[0]);
		return cards_hint(suite, e);
	}
	return 0;
}

void cards_warn(const struct cards *c, const char *kernel, const char *suite)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct card_driver *d = &c->list[i];
		struct buf text = {0};

		if (d->name[0] == '\0')
			log_warn("card %s: kernel %s has no driver for it", d->card, kernel);
		if (d->missing.count == 0)
			continue;
		for (size_t k = 0; k < d->missing.count && text.len < 300; k++)
			buf_addf(&text, "%s%s", k > 0 ? ", " : "", d->missing.items[k]);
		log_warn(
		    "%s%sdriver %s names firmware that Debian %s does not have (%zu of %zu "
		    "files): %s%s",
		    d->card, d->card[0] != '\0' ? ": " : "", d->name, suite, d->missing.count,
		    d->missing.count + d->count, text.data, text.len >= 300 ? ", ..." : "");
		buf_fini(&text);
	}
}
