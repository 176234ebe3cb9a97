/* cards: which cards an image is built for. */
#ifndef CLI_CARDS_H
#define CLI_CARDS_H

#include "base/base.h"
#include "conf/conf.h"
#include "image/image.h"

#define CARDS_MAX 16

struct cards {
	struct image_request requests[CARDS_MAX];
	char modaliases[CARDS_MAX][128], names[CARDS_MAX][192];
	size_t count;
};

/*
 * Those that somebody named: "8086:2723,10ec:8168", or modaliases.
 * 0, or -1 with *e (ERR_USAGE).
 */
int cards_named(struct cards *c, const char *list, struct err *e);

/*
 * Those that a configuration's radio may mean on this host: the card of an
 * address, or every wireless card for "auto"; none when the radio is simulated.
 * A card that is one of several, or of another machine's configuration
 * (`other`), is optional.  root: "" or a tree like the host's.
 * 0, or -1 with *e.
 */
int cards_of_conf(
    struct cards *c, const struct conf *conf, bool other, const char *root, struct err *e);

/*
 * The same of all other configurations of this host, the one without a name at
 * `main_path` and those in dir: machines share the image.  Those that cannot be
 * read are logged and passed over.
 */
void cards_of_others(struct cards *c, const struct conf *conf, const char *main_path,
    const char *dir, const char *root);

#endif
