/* release: the verified text of an archive's InRelease file. */
#ifndef IMAGE_RELEASE_H
#define IMAGE_RELEASE_H

#include "base/base.h"
#include "image/hash.h"

/* What a Release file says; the text stays the caller's. */
struct release {
	char suite[64], codename[64];
	char date[64];        /* as written: "Sat, 12 Sep 2026 07:55:41 UTC" */
	char valid_until[64]; /* the same form, or "" */
	bool by_hash;         /* indices are also served under by-hash/ */
	const char *hashes;   /* the lines after "SHA256:", in the text */
	const char *end;
};

/*
 * Parse a Release file.  Call it with text that gpgv has verified, and with
 * nothing else.  0, or -1 with *e.
 */
int release_parse(struct release *r, const char *text, size_t len, struct err *e);

/* Whether the file is about that suite, by either of its names. */
bool release_is(const struct release *r, const char *suite);

/*
 * Find the hash and size in bytes of an index, "main/binary-amd64/Packages.xz".
 * False when it is not listed.
 */
bool release_lookup(
    const struct release *r, const char *path, char sha256[HASH_TEXT], uint64_t *size);

/* Seconds since 1970 of a date as written, or -1. */
int64_t release_time(const char *date);

/*
 * Judge what gpgv said on its --status-fd: at least one good signature by a
 * key of the keyring, no bad one, and one text only.  A further signature by a
 * key that the keyring does not have is accepted, as apt accepts it: archives
 * sign with the keys of several releases.  0, or -1 with *e.
 */
int release_judge(const char *status, struct err *e);

/*
 * Verify a clear-signed file with gpgv.
 *
 * @path    the file
 * @keyring of gpgv's format
 * @dir     a directory for a temporary file
 * @text    the signed text, and only that, is appended
 * 0, or -1 with *e: ERR_HOST when gpgv or the keyring is missing, ERR_IMAGE
 * when the signature does not hold.
 */
int release_verify(
    const char *path, const char *keyring, const char *dir, struct buf *text, struct err *e);

#endif
