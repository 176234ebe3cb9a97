/* watch_text: characters and their columns. */
#ifndef CLI_WATCH_TEXT_H
#define CLI_WATCH_TEXT_H

#include "base/base.h"

/* The bytes of the UTF-8 character at p (not at the end of the text), 1 to 4, and *c it. */
size_t text_next(const char *p, uint32_t *c);

/* The columns of a character: 0 to 2. */
unsigned text_columns_of(uint32_t c);

#endif
