/* spec: what a guest is, as the configuration wants it. */
#ifndef DAEMON_SPEC_H
#define DAEMON_SPEC_H

#include "conf/conf.h"
#include "daemon/card.h"
#include "daemon/priv.h"
#include "vm/vm.h"

/* What the guest is made of; strings are the caller's. */
struct spec_parts {
	const struct conf *conf;
	const char *files[PRIV_FILES]; /* names by which the hypervisor finds them, or NULL */
	int tap, air;                  /* descriptors, where the hypervisor takes such */
	const char *tap_device, *air_device; /* below /dev, where it opens them; else NULL */
	const struct card_info *card;        /* by its addresses; NULL: none, or later */
};

/* Of the guest's interface towards the host. */
extern const uint8_t spec_lan_mac[6];

/* Put it together.  Pure; neither user nor keeper are set.  0, or -1 with *e. */
int spec_make(const struct spec_parts *parts, struct vm_spec *s, struct err *e);

#endif
