/* cards: which drivers and firmware the cards asked for need. */
#ifndef IMAGE_CARDS_H
#define IMAGE_CARDS_H

#include "base/base.h"
#include "image/firmware.h"
#include "image/image.h"
#include "image/modules.h"
#include "image/names.h"

/* What one driver, for some cards or for all of its, got. */
struct card_driver {
	char name[64];        /* "" when the kernel has none for the card */
	char card[160];       /* for messages: the card that it was taken for, or "" */
	bool required;        /* it does nothing without firmware */
	bool asked;           /* somebody asked for this card */
	struct names match;   /* by which aliases it finds its devices; sorted */
	struct names names;   /* of firmware, as the modules name it */
	struct names missing; /* those that Debian does not have; sorted */
	const struct contents_file **files;
	size_t count;
};

struct cards {
	struct card_driver *list; /* sorted by name and match */
	size_t count;
	bool all;
	struct selection modules; /* of all drivers, with what they need */
	const struct firmware *firmware;
};

/*
 * Find the drivers of the cards asked for, or of all.
 *
 * @have modules that the image has anyway: their firmware is no card's
 * 0, or -1 with *e naming the first card that was asked for and has no driver.
 */
int cards_select(struct cards *c, const struct image_options *o, const struct recipe_cards *r,
    struct modules *m, const struct selection *have, struct err *e);

/*
 * Find and take the firmware of the drivers selected.  0, or -1 with *e, also
 * when a card that was asked for gets none and its driver needs some.
 */
int cards_firmware(struct cards *c, struct firmware *f, struct tree *t, const char *kernel,
    const char *suite, struct err *e);

/* Log what is missing, a line for each driver. */
void cards_warn(const struct cards *c, const char *kernel, const char *suite);

void cards_fini(struct cards *c);

/* The hint for a kernel or firmware that is too old.  Always returns -1. */
int cards_hint(const char *suite, struct err *e);

#endif
