/*
 * release: the top of the archive's chain of trust.
 *
 * InRelease is a Release file inside an OpenPGP clear-signed message.  Its raw
 * bytes are looked at by gpgv alone, which writes the signed text to a file of
 * its own; that text, never what surrounded it, is parsed here: fields
 * "Name: value" and, under "SHA256:", one line per index with hash, size and
 * path (https://wiki.debian.org/DebianRepository/Format).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "image/host.h"
#include "image/release.h"

#define TEXT_MAX ((size_t)8 << 20)

/* ------------------------------------------------------------- the text */

static void put_field(struct release *r, const char *name, const char *value)
{
	const struct {
		const char *name;
		char *dst;
	} fields[] = {{"Suite", r->suite}, {"Codename", r->codename}, {"Date", r->date},
	    {"Valid-Until", r->valid_until}};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(name, fields[i].name) == 0)
			str_copy(fields[i].dst, sizeof(r->suite), value);
	if (strcmp(name, "Acquire-By-Hash") == 0)
		r->by_hash = strcmp(value, "yes") == 0;
}

static void take_line(struct release *r, const char *line, size_t len)
{
	char text[160], *value;

	if (len >= sizeof(text) || line[0] == ' ')
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	value = strchr(text, ':');
	if (value == NULL)
		return;
	*value++ = '\0';
	while (*value == ' ')
		value++;
	put_field(r, text, value);
}

static const char *next_line(const char *line, const char *end)
{
	const char *nl = memchr(line, '\n', (size_t)(end - line));

	return nl == NULL ? end : nl + 1;
}

int release_parse(struct release *r, const char *text, size_t len, struct err *e)
{
	const char *end = text + len;

	*r = (struct release){0};
	for (const char *p = text, *next; p < end; p = next) {
		size_t n;

		next = next_line(p, end);
		n = (size_t)(next - p);
		while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r' || p[n - 1] == ' '))
			n--;
		if (n == 0)
			continue;
		if (n == 7 && memcmp(p, "SHA256:", 7) == 0)
			r->hashes = next;
		else if (r->hashes != NULL && r->end == NULL && p[0] != ' ')
			r->end = p;
		take_line(r, p, n);
	}
	if (r->hashes == NULL)
		return err_set(e, 0, "Release: it lists no SHA256 hashes");
	if (r->end == NULL)
		r->end = end;
	if (r->suite[0] == '\0' && r->codename[0] == '\0')
		return err_set(e, 0, "Release: it names no suite");
	return 0;
}

bool release_is(const struct release *r, const char *suite)
{
	return suite[0] != '\0' &&
	       (strcmp(suite, r->suite) == 0 || strcmp(suite, r->codename) == 0);
}

bool release_lookup(
    const struct release *r, const char *path, char sha256[HASH_TEXT], uint64_t *size)
{
	for (const char *p = r->hashes, *next; p < r->end; p = next) {
		char line[512], hash[80], name[400];
		unsigned long long bytes;
		size_t n;

		next = next_line(p, r->end);
		n = (size_t)(next - p);
		if (n >= sizeof(line))
			continue;
		memcpy(line, p, n);
		line[n] = '\0';
		if (sscanf(line, " %79s %19llu %399s", hash, &bytes, name) != 3 ||
		    strcmp(name, path) != 0 || !hash_valid(hash))
			continue;
		memcpy(sha256, hash, HASH_TEXT);
		*size = bytes;
		return true;
	}
	return false;
}

int64_t release_time(const char *date)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = {0};
	const char *at;
	char month[4];

	/* By hand: strptime(3) would read names in the user's language. */
	if (sscanf(date, "%*3s, %2d %3s %4d %2d:%2d:%2d", &tm.tm_mday, month, &tm.tm_year,
		&tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return -1;
	at = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (at == NULL || (at - months) % 3 != 0)
		return -1;
	tm.tm_mon = (int)(at - months) / 3;
	tm.tm_year -= 1900;
	return timegm(&tm);
}

/* --------------------------------------------------------- the signature */

/* What gpgv's status lines can say, and what is wanted of each. */
static const struct verdict {
	const char *keyword;
	unsigned min, max;
	const char *complaint;
} verdicts[] = {
    {"PLAINTEXT", 1, 1, "it is not one signed text"},
    {"BADSIG", 0, 0, "the signature is bad: the text was altered"},
    {"ERROR", 0, 0, "it is damaged"},
    {"NODATA", 0, 0, "it is no signed text"},
    {"GOODSIG", 1, UINT_MAX, "no signature by a key of the keyring"},
};

static unsigned count_status(const char *status, const char *keyword)
{
	unsigned count = 0;
	char want[64];

	str_format(want, sizeof(want), "[GNUPG:] %s", keyword);
	for (const char *p = status; p != NULL && *p != '\0';) {
		size_t n = strlen(want);

		if (strncmp(p, want, n) == 0 && (p[n] == ' ' || p[n] == '\n' || p[n] == '\0'))
			count++;
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
	}
	return count;
}

int release_judge(const char *status, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		unsigned count = count_status(status, verdicts[i].keyword);

		if (count < verdicts[i].min || count > verdicts[i].max)
			return err_set(e, 0, "%s", verdicts[i].complaint);
	}
	/* An unknown key is no verdict (reason 9), every other failure is one. */
	if (count_status(status, "ERRSIG") != count_status(status, "NO_PUBKEY"))
		return err_set(e, 0, "a signature could not be checked");
	return 0;
}

static int run_gpgv(const char *path, const char *keyring, const char *output, struct err *e)
{
	const char *argv[] = {
	    "gpgv", "--status-fd", "1", "--keyring", keyring, "--output", output, path, NULL};
	struct buf status = {0};
	struct err ignored = {0};
	int r = child_run(argv, NULL, &status, &ignored);

	if (r < 0) {
		*e = ignored;
		if (e->num == ENOENT)
			err_hint(e, "%s", host_install_gpgv);
		err_is(e, ERR_HOST);
	} else if (release_judge(status.data != NULL ? status.data : "", e) < 0) {
		err_is(e, ERR_IMAGE);
		r = -1;
	} else {
		/* Its exit status also counts keys that it does not know. */
		r = 0;
	}
	buf_fini(&status);
	return r;
}

int release_verify(
    const char *path, const char *keyring, const char *dir, struct buf *text, struct err *e)
{
	char output[PATH_MAX], ring[PATH_MAX];
	auto_free char *signed_text = NULL;
	size_t len;

	/* gpgv looks for a name without a slash in its own directory. */
	if (realpath(keyring, ring) == NULL || access(ring, R_OK) < 0) {
		err_set(e, errno, "keyring %s", keyring);
		err_hint(e, "%s", host_install_keyring);
		return err_is(e, ERR_HOST);
	}
	if (!str_format(output, sizeof(output), "%s/.release-%ld", dir, (long)getpid()))
		return err_set(e, ENAMETOOLONG, "%s", dir);
	unlink(output);
	if (run_gpgv(path, ring, output, e) == 0)
		signed_text = file_read(output, TEXT_MAX, &len, e);
	unlink(output);
	if (signed_text == NULL)
		return -1;
	buf_add(text, signed_text, len);
	return 0;
}
