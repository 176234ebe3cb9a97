/*
 * button: the power button that a hypervisor presses.
 */
#ifndef GUEST_BUTTON_H
#define GUEST_BUTTON_H

#include "base/base.h"

#define BUTTONS_MAX 4

struct buttons {
	void (*fn)(void *arg);
	void *arg;
	struct loop *loop;
	struct button {
		struct buttons *of;
		char device[32];
		struct loop_io io;
	} buttons[BUTTONS_MAX];
	size_t count;
};

/* Watch every input device that has a power key; cheap to call again. */
void buttons_look(struct buttons *b, struct loop *l);

#endif
