/*
 * source: the chain of trust, in order.
 *
 * InRelease is fetched to the cache under a name of its own and becomes the
 * cached list only after gpgv and the suite's name have been checked; so the
 * copy that serves without a network was once good, and it is verified again
 * whenever it is used.  The index is found in it by hash, the packages in the
 * index by hash.  A signature that does not hold is never passed over in
 * favour of the cached list: somebody may be trying.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "image/source.h"
#include "image/unpack.h"

#define INRELEASE_MAX ((uint64_t)8 << 20)
#define LISTED_MAX    ((size_t)512 << 20)

/* A suite is part of a path and of a URL. */
static bool suite_valid(const char *suite)
{
	if (suite[0] == '\0' || suite[0] == '/' || strstr(suite, "..") != NULL)
		return false;
	for (const char *p = suite; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-_./", *p) == NULL)
			return false;
	return true;
}

/* Verify and parse the list at a path; *s has it only when all is well. */
static int take_list(struct source *s, const char *path, struct err *e)
{
	struct buf text = {0};
	struct release release;

	if (release_verify(path, s->options->keyring, s->cache->dir, &text, e) < 0)
		goto fail;
	if (release_parse(&release, text.data != NULL ? text.data : "", text.len, e) < 0)
		goto fail;
	if (!release_is(&release, s->suite)) {
		err_set(e, 0, "it is signed, but about suite %s (%s)", release.suite,
		    release.codename);
		goto fail;
	}
	buf_fini(&s->text);
	s->text = text;
	s->release = release;
	return 0;
fail:
	buf_fini(&text);
	return -1;
}

static void warn_age(const struct source *s, const char *old_date)
{
	int64_t until = release_time(s->release.valid_until);
	int64_t date = release_time(s->release.date);

	if (until >= 0 && until < (int64_t)time(NULL))
		log_warn("%s: the archive's list was valid until %s", s->suite,
		    s->release.valid_until);
	if (date >= 0 && date < release_time(old_date))
		log_warn("%s: the mirror's list of %s is older than the last one, of %s",
		    s->suite, s->release.date, old_date);
}

/* Fetch, verify, and only then replace the cached list. */
static int refresh_list(struct source *s, const char *url, const char *name, const char *path,
    bool *away, struct err *e)
{
	char fresh_name[128], fresh[700], old_date[64] = "";
	struct err ignored = {0};

	if (access(path, R_OK) == 0 && take_list(s, path, &ignored) == 0)
		str_copy(old_date, sizeof(old_date), s->release.date);
	str_format(fresh_name, sizeof(fresh_name), "%s.new", name);
	str_format(fresh, sizeof(fresh), "%s/%s", s->cache->dir, fresh_name);
	if (cache_refresh(
		s->cache, url, "the archive's list", fresh_name, INRELEASE_MAX, away, e) < 0) {
		if (e->num == ENOENT)
			err_hint(e, "is there a suite %s on that mirror?", s->suite);
		return -1;
	}
	if (take_list(s, fresh, e) < 0) {
		unlink(fresh);
		return err_ctx(e, "%s", url);
	}
	warn_age(s, old_date);
	if (rename(fresh, path) < 0)
		return err_set(e, errno, "cache: %s", path);
	return 0;
}

static int read_list(struct source *s, struct err *e)
{
	char url[800], name[100], path[700], hash[HASH_TEXT];
	bool away = false;

	str_format(url, sizeof(url), "%s/dists/%s/InRelease", s->mirror, s->suite);
	hash_data(hash, url, strlen(url));
	str_format(name, sizeof(name), "lists/%.24s", hash);
	str_format(path, sizeof(path), "%s/%s", s->cache->dir, name);
	if (!s->options->offline) {
		if (refresh_list(s, url, name, path, &away, e) == 0)
			return 0;
		if (!away || access(path, R_OK) < 0)
			return -1;
		log_warn("%s", e->text);
		*e = (struct err){0};
	} else if (access(path, R_OK) < 0) {
		err_set(e, 0, "the list of %s at %s is not in the cache", s->suite, s->mirror);
		return err_hint(e, "run it once without --offline");
	}
	if (take_list(s, path, e) < 0)
		return err_ctx(e, "the cached list of %s", s->suite);
	log_info("using the archive's list of %s from the cache", s->release.date);
	warn_age(s, "");
	return 0;
}

/*
 * A file that the signed list names, in the first form that it has of those we
 * read, by its hash where the archive serves it so.
 *
 * @dir  below dists/<suite>: "main/binary-amd64"
 * @name "Packages"
 * 0, or -1 with *e; e->num is ENOENT when there is none of that name.
 */
static int read_listed(struct source *s, const char *dir, const char *name, const char *what,
    struct buf *out, struct err *e)
{
	static const char *const forms[] = {".xz", ".gz", ".zst"};
	char path[256], sha256[HASH_TEXT], url[1200];
	struct cache_item item = {.url = url, .what = what, .sha256 = sha256};
	auto_fd fd = -1;

	for (size_t i = 0; i < ARRAY_LEN(forms) && item.size == 0; i++) {
		str_format(path, sizeof(path), "%s/%s%s", dir, name, forms[i]);
		if (!release_lookup(&s->release, path, sha256, &item.size))
			item.size = 0;
	}
	if (item.size == 0) {
		err_set(e, 0, "the archive has no %s/%s of %s", dir, name, s->suite);
		e->num = ENOENT;
		return -1;
	}
	if (s->release.by_hash) {
		str_format(url, sizeof(url), "%s/dists/%s/%s/by-hash/SHA256/%s", s->mirror,
		    s->suite, dir, sha256);
		fd = cache_get(s->cache, &item, e);
	}
	if (fd < 0 && (!s->release.by_hash || e->num == ENOENT)) {
		*e = (struct err){0};
		str_format(url, sizeof(url), "%s/dists/%s/%s", s->mirror, s->suite, path);
		fd = cache_get(s->cache, &item, e);
	}
	if (fd < 0) {
		e->num = 0;
		return -1;
	}
	return unpack_fd(fd, what, LISTED_MAX, out, e);
}

static int read_component(
    struct source *s, const char *component, const char *architecture, struct err *e)
{
	struct buf text = {0};
	char dir[200];

	str_format(dir, sizeof(dir), "%s/binary-%s", component, architecture);
	if (read_listed(s, dir, "Packages", "the package index", &text, e) < 0) {
		buf_fini(&text);
		return -1;
	}
	return index_add(&s->index, &text, e);
}

static bool among(const struct recipe_list *l, const char *text)
{
	for (size_t i = 0; l != NULL && i < l->count; i++)
		if (strcmp(l->items[i], text) == 0)
			return true;
	return false;
}

static int open_index(struct source *s, const char *architecture,
    const struct recipe_list *components, const struct recipe_list *more, struct err *e)
{
	if (read_list(s, e) < 0)
		return -1;
	for (size_t i = 0; i < components->count; i++)
		if (read_component(s, components->items[i], architecture, e) < 0)
			return -1;
	for (size_t i = 0; more != NULL && i < more->count; i++)
		if (!among(components, more->items[i]) &&
		    read_component(s, more->items[i], architecture, e) < 0)
			return -1;
	index_sort(&s->index);
	return 0;
}

int source_open(struct source *s, struct cache *cache, const struct image_options *o,
    const char *suite, const char *architecture, const struct recipe_list *components,
    const struct recipe_list *more, struct err *e)
{
	size_t n;

	*s = (struct source){.options = o, .cache = cache};
	if (!suite_valid(suite) || !str_copy(s->suite, sizeof(s->suite), suite))
		return err_set(e, 0, "\"%s\" is no name of a suite", suite);
	if (o->mirror == NULL || o->mirror[0] == '\0')
		image_default_mirror(s->mirror, sizeof(s->mirror));
	else if (!str_copy(s->mirror, sizeof(s->mirror), o->mirror))
		return err_set(e, 0, "the mirror's address is too long");
	for (n = strlen(s->mirror); n > 0 && s->mirror[n - 1] == '/'; n--)
		s->mirror[n - 1] = '\0';
	if (open_index(s, architecture, components, more, e) < 0) {
		source_close(s);
		return -1;
	}
	return 0;
}

void source_close(struct source *s)
{
	index_fini(&s->index);
	buf_fini(&s->text);
}

int source_fetch(struct source *s, const struct index_entry *p, struct err *e)
{
	char url[1700];
	struct cache_item item = {
	    .url = url, .what = p->name, .sha256 = p->sha256, .size = p->size};

	str_format(url, sizeof(url), "%s/%s", s->mirror, p->filename);
	return cache_get(s->cache, &item, e);
}

int source_contents(struct source *s, const char *component, const char *architecture,
    struct buf *out, struct err *e)
{
	const char *const names[] = {architecture, "all"};
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char name[64];

		*e = (struct err){0};
		str_format(name, sizeof(name), "Contents-%s", names[i]);
		if (read_listed(s, component, name, "the list of files", out, e) == 0)
			any = true;
		else if (e->num != ENOENT)
			return -1;
	}
	if (!any)
		return err_set(e, 0, "the archive has no list of the files in %s of %s",
		    component, s->suite);
	*e = (struct err){0};
	return 0;
}
