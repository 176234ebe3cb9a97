/* mask: what a report that others will read must not have. */
#ifndef CLI_MASK_H
#define CLI_MASK_H

#include "base/base.h"

/*
 * Append one line of airlock or of a supplicant without what tells where somebody
 * is: what stands in quotes (names of networks), the second half of MAC addresses,
 * keys in hexadecimal, and what follows words such as psk.
 */
void mask_text(struct buf *out, const char *text);

/* Append without the second half of MAC addresses only. */
void mask_addresses(struct buf *out, const char *text);

#endif
