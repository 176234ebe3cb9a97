/*
 * complaint: what the kernel said of a card that does not come up.
 *
 * Pure: lines of the kernel in, words for people out.
 */
#ifndef GUEST_COMPLAINT_H
#define GUEST_COMPLAINT_H

#include "guest/card.h"

#define COMPLAINTS_MAX 4

/* Of one device. */
struct complaint {
	char device[16]; /* "0000:00:05.0", or "mhi0" of a card's own bus */
	char driver[24]; /* who spoke */
	char first[80];  /* the file it asked for first, in vain; "" none */
	char last[80];   /* the one it asked for last */
	int error;       /* with which the driver gave up; 0: it did not */
};

/* Zeroed is empty. */
struct complaints {
	struct complaint list[COMPLAINTS_MAX];
	size_t count;
};

/* Take a line of the kernel; most say nothing of the kind. */
void complaints_line(struct complaints *c, const char *text);

/*
 * Why a card has no interface, in words that name it, its driver, the kernel and
 * the file that is missing.
 *
 * @kernel its version
 */
void complaints_words(const struct complaints *c, const struct card *card, const char *kernel,
    char *dst, size_t size);

#endif
