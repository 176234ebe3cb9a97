/* own: what of a tree comes from the recipe and from no package. */
#ifndef IMAGE_OWN_H
#define IMAGE_OWN_H

#include "base/base.h"
#include "image/recipe.h"
#include "image/tree.h"

/* Add a recipe's directories, links, lines and devices.  0, or -1 with *e. */
int own_add(struct tree *t, const struct recipe_tree *r, struct err *e);

#endif
