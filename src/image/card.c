/*
 * card: does this image drive that card?  Answered from the manifest alone.
 *
 * The manifest says for each driver that was taken for a card by which
 * patterns it finds its devices, what firmware it got, and what it named in
 * vain.  Patterns are narrowed where the firmware was, so a match means that
 * the image was made for this very device.  An entry without a driver is a
 * card of the building machine that its kernel could not drive.
 *
 * The daemon asks, as root: nothing here may need the parts that fetch and unpack.
 */
#include <jansson.h>
#include <string.h>

#include "image/alias.h"
#include "image/cards.h"
#include "image/image.h"
#include "image/manifest.h"

#define MANIFEST_MAX ((size_t)8 << 20)

/* What all entries that match say together. */
struct answer {
	struct image_card *card;
	bool known; /* an entry speaks of this card */
	bool needy; /* a driver that does nothing without firmware has none */
	bool all;   /* the image has every driver of its kernel */
	char suite[64];
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

static bool speaks_of(const json_t *entry, const char *modalias)
{
	const json_t *patterns = json_object_get(entry, "match");

	for (size_t i = 0; i < json_array_size(patterns); i++) {
		const char *pattern = json_string_value(json_array_get(patterns, i));

		if (pattern != NULL && alias_match(pattern, modalias))
			return true;
	}
	return false;
}

static void take_entry(struct answer *a, const json_t *entry)
{
	const json_t *missing = json_object_get(entry, "missing");
	size_t firmware = json_array_size(json_object_get(entry, "firmware"));
	const char *driver = text_of(entry, "driver"), *first;
	struct image_card *c = a->card;
	size_t len = strlen(c->driver);

	a->known = true;
	if (driver[0] == '\0')
		return;
	str_format(
	    c->driver + len, sizeof(c->driver) - len, "%s%s", len > 0 ? ", " : "", driver);
	first = json_string_value(json_array_get(missing, 0));
	if (first != NULL && c->missing == 0)
		str_copy(c->first, sizeof(c->first), first);
	c->firmware += (unsigned)firmware;
	c->missing += (unsigned)json_array_size(missing);
	a->needy = a->needy || (firmware == 0 && json_array_size(missing) > 0 &&
				   json_is_true(json_object_get(entry, "required")));
}

static int read_answer(
    struct answer *a, const char *text, size_t len, const char *modalias, struct err *e)
{
	json_error_t error;
	json_t *top = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	const json_t *cards = json_object_get(top, "cards");

	if (top == NULL)
		return err_set(e, 0, "manifest: line %d: %s", error.line, error.text);
	str_copy(a->card->kernel, sizeof(a->card->kernel), text_of(top, "kernel"));
	str_copy(a->suite, sizeof(a->suite),
	    text_of(
		top, json_object_get(top, "kernel_suite") != NULL ? "kernel_suite" : "suite"));
	a->all = json_is_true(json_object_get(top, "all_cards"));
	for (size_t i = 0; i < json_array_size(cards); i++)
		if (speaks_of(json_array_get(cards, i), modalias))
			take_entry(a, json_array_get(cards, i));
	json_decref(top);
	return 0;
}

int cards_hint(const char *suite, struct err *e)
{
	const char *dash = strrchr(suite, '-');

	if (dash != NULL && strcmp(dash, "-backports") == 0)
		return err_hint(e, "sudo airlock image build, when Debian has a newer kernel");
	return err_hint(e,
	    "set image.suite = \"%s-backports\" in airlock.conf, then: sudo airlock image "
	    "build",
	    suite);
}

static int judge(const struct answer *a, const char *modalias, struct err *e)
{
	const struct image_card *c = a->card;
	char card[128];

	alias_id(card, sizeof(card), modalias);
	if (!a->known && !a->all) {
		err_set(e, 0, "image %s (kernel %s) was made without card %s: no driver", c->id,
		    c->kernel, card);
		return err_hint(e, "sudo airlock image build");
	}
	if (c->driver[0] == '\0') {
		err_set(e, 0, "card %s: kernel %s of image %s has no driver for it", card,
		    c->kernel, c->id);
		return cards_hint(a->suite, e);
	}
	if (a->needy) {
		err_set(e, 0,
		    "card %s: its driver %s of kernel %s has no firmware in image %s: %s is "
		    "missing",
		    card, c->driver, c->kernel, c->id, c->first);
		return cards_hint(a->suite, e);
	}
	return 0;
}

int manifest_card(
    const char *text, size_t len, const char *modalias, struct image_card *out, struct err *e)
{
	struct answer a = {.card = out};

	return read_answer(&a, text, len, modalias, e) < 0 ? -1 : judge(&a, modalias, e);
}

int image_card(const char *store, const char *id, const char *modalias, struct image_card *out,
    struct err *e)
{
	struct image_paths paths;
	auto_free char *text = NULL;
	size_t len;
	int r;

	*out = (struct image_card){0};
	if (image_find(store, id, &paths, e) < 0)
		return -1;
	str_copy(out->id, sizeof(out->id), paths.id);
	text = file_read(paths.manifest, MANIFEST_MAX, &len, e);
	r = text != NULL ? manifest_card(text, len, modalias, out, e) : -1;
	if (r < 0 && e->hint[0] == '\0') {
		err_ctx(e, "image %s", paths.id);
		err_hint(e, "sudo airlock image build");
	}
	return r < 0 ? err_is(e, ERR_IMAGE) : 0;
}
