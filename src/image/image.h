/*
 * image: the router's image, made from Debian's archive.
 *
 * Verifies InRelease by gpgv and the keyring, the index by InRelease, every
 * .deb by the index; takes only what the recipes list and what that needs;
 * writes a generation into the store.  Same inputs, same bytes.
 * Needs no root and no Debian tool besides gpgv.
 *
 *     <store>/generations/<id>/vmlinux          uncompressed ELF, PVH entry
 *                             /initrd           cpio: airlock-init, modules before the root
 *                             /root.squashfs    the router
 *                             /sim.squashfs     only what the simulated radio needs
 *                             /boot.fat         a disk for UEFI: EFI/BOOT/BOOTX64.EFI, which
 *                                               is kernel, initrd and command line in one
 *                             /manifest.json    packages, modules, files, sizes, hashes
 *     <store>/current -> generations/<id>
 *     <store>/previous -> generations/<id>      what `current` was before
 *
 * <id> is the first 12 hexadecimal digits of the SHA-256 of manifest.json.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/base.h"

/*
 * The kernel's command line: the hypervisor's for direct boot, inside the boot disk for
 * UEFI.  It names no device and no path: what the guest needs it finds by itself.
 */
#define IMAGE_COMMAND_LINE                                              \
	"console=ttyS0 quiet panic=1 cryptomgr.notests no_timer_check " \
	"rcupdate.rcu_expedited=1 "                                     \
	"i8042.noaux i8042.nopnp i8042.dumbkbd random.trust_cpu=1 ipv6.disable_ipv6=1"

/* A step of the build that takes time, for a progress bar. */
struct image_progress {
	const char *what;     /* "fetching libssl3t64", "writing root.squashfs" */
	uint64_t done, total; /* bytes of all fetching, or of this step; total 0: unknown */
	unsigned item, items; /* "package 3 of 17"; items 0: not counted */
};
/* Returns false to stop the build, which then fails and cleans up. */
typedef bool image_progress_fn(void *arg, const struct image_progress *p);

/* A card that an image shall drive. */
struct image_request {
	const char *modalias; /* as sysfs has it, or made by image_modalias */
	const char *name;     /* for messages: "0000:03:00.0 Intel Wi-Fi 6 AX200" */
	bool optional;        /* nobody asked for this one: no driver is a warning */
};

/*
 * "8086:2723" -> "pci:v00008086d00002723sv*sd*bc02sc*i*": a network card of
 * which no more is known; a modalias of a PCI card stays as it is.
 * False when the text is neither.
 */
bool image_modalias(char *dst, size_t size, const char *text);

/* What to build from; every string belongs to the caller. */
struct image_options {
	const char
	    *mirror; /* "http://deb.debian.org/debian", file:// too; NULL: as the host's apt */
	const char *suite;   /* "trixie" */
	const char *keyring; /* a gpgv keyring file */
	const char *cache;   /* directory of downloads; made when missing */
	const char *store;   /* directory of generations; made when missing */
	const char *recipes; /* directory with router.conf, sim.conf, cards.conf */
	const char *init;    /* the static airlock-init */
	const char *sim;     /* the static airlock-sim */
	const char *sources; /* the list of what both are compiled from where there are none */
	bool compile;        /* ... or in any case */
	const struct image_request *cards; /* whose drivers and firmware are taken */
	size_t card_count;
	bool all_cards;              /* those of every PCI network card, too */
	bool offline;                /* use the cache alone */
	image_progress_fn *progress; /* NULL: silent */
	void *arg;
};

/* Paths of one generation, as the hypervisor wants them. */
struct image_paths {
	char id[16];
	char kernel[512], initrd[512], root[512], sim[512], manifest[512];
	char boot[512]; /* "" when it was made without a boot disk */
};

/* One generation, for a listing. */
struct image_entry {
	char id[16];
	char kernel_version[64];
	uint64_t bytes;     /* of all its files */
	int64_t built_unix; /* when this host wrote it */
	bool current, previous;
};

/*
 * Build, and make the result current.  An interrupted download is resumed;
 * a failed build leaves the store as it was and no temporary files.
 * When the result equals an existing generation, that one becomes current.
 * 0 with *out filled, or -1 with *e (ERR_IMAGE, or ERR_HOST when gpgv or the
 * keyring is missing).
 */
int image_build(const struct image_options *o, struct image_paths *out, struct err *e);

/*
 * Find a generation's files; checks that all are there, not their hashes.
 * id NULL: the current one.  0, or -1 with *e (ERR_IMAGE, with the command
 * that builds one as hint).
 */
int image_find(const char *store, const char *id, struct image_paths *out, struct err *e);

/* Check every file of a generation against its manifest. */
int image_verify(const char *store, const char *id, struct err *e);

/* Make a generation current; id "previous" goes back to the last one. */
int image_use(const char *store, const char *id, struct err *e);

/* What one generation is made of, from its manifest. */
struct image_summary {
	char id[16];
	char suite[64], release[64]; /* "trixie", the date of the archive's list */
	char kernel_version[128];
	unsigned packages, modules;
	unsigned drivers;        /* taken for cards */
	char driver[64];         /* the first of them, or "" */
	unsigned firmware;       /* files of different content */
	uint64_t firmware_bytes; /* of these, as they are in their packages */
	uint64_t kernel_bytes, initrd_bytes, root_bytes, sim_bytes;
	uint64_t boot_bytes; /* 0: there is no boot disk */
};

/* Read a generation's manifest; id as for image_find.  0, or -1 with *e. */
int image_describe(const char *store, const char *id, struct image_summary *out, struct err *e);

/* What one generation has for one card. */
struct image_card {
	char id[16];       /* of the generation */
	char kernel[128];  /* its version */
	char driver[64];   /* "iwlwifi", several with ", "; "" when it has none */
	unsigned firmware; /* files that the image has for this driver */
	unsigned missing;  /* files that the driver names and Debian does not have */
	char first[128];   /* the first of those: "iwlwifi-cc-a0-77.ucode" */
};

/*
 * Does a generation drive a card?  id as for image_find, modalias as sysfs has
 * it or of image_modalias.  0 with *out filled when it does: *out->missing may
 * still be more than 0, drivers name files of other cards as well.
 * -1 with *e (ERR_IMAGE) and as much of *out as is known, when there is no
 * such image, it was not made for this card, its kernel has no driver, or the
 * driver finds none of its firmware: the text names card, driver, kernel and
 * file, the hint is the command that mends it.
 */
int image_card(const char *store, const char *id, const char *modalias, struct image_card *out,
    struct err *e);

/*
 * Was a generation made by the airlock whose airlock-init is `init`, or, when it was
 * compiled for the image, is of these sources?  One of another version may not understand
 * this one's daemon.
 * 0 with *own, or -1 with *e when that cannot be told.
 */
int image_is_own(const char *store, const char *id, const char *init, const char *sources,
    bool *own, struct err *e);

/* Newest first.  Returns the number of entries, *list is the caller's to free; or -1. */
ssize_t image_list(const char *store, struct image_entry **list, struct err *e);

/* The mirror that the host's apt uses, or Debian's default. */
void image_default_mirror(char *dst, size_t size);

#endif
