/*
 * Transfers and the cache: what comes, what does not, and what is believed.
 */
#include <errno.h>

#include "check.h"

#include "image/cache.h"
#include "image/fetch.h"
#include "image/hash.h"
#include "image_http.h"

#define SIZE 300000u

static char dir[] = "/tmp/airlock-fetch-XXXXXX";
static char content[SIZE], sha256[HASH_TEXT], url[128], blob[256], part[300];
static struct http server;
static struct cache cache;
static struct cache_item item = {.url = url, .what = "thing", .sha256 = sha256, .size = SIZE};
static struct err e;

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Every case begins with an empty cache and a server that behaves. */
static void reset(void)
{
	unlink(blob);
	unlink(part);
	*server.rules = (struct http_rules){0};
	cache.offline = false;
	e = (struct err){0};
}

static bool get(void)
{
	char got[HASH_TEXT] = "";
	auto_fd fd = cache_get(&cache, &item, &e);

	return fd >= 0 && hash_fd(got, fd, "thing", NULL, &e) == 0 && strcmp(got, sha256) == 0;
}

static void write_part(const void *data, size_t len)
{
	CHECK_INT(file_replace(part, data, len, 0644, &e), 0);
}

static void fetches_once(void)
{
	reset();
	CHECK(get());
	CHECK(exists(blob) && !exists(part));
	CHECK_INT(server.rules->requests, 1);
	CHECK(get());
	CHECK_INT(server.rules->requests, 1);
}

static void goes_on_where_it_was_cut(void)
{
	reset();
	server.rules->cut_at = SIZE / 2;
	server.rules->cuts = 1;
	CHECK(get());
	CHECK_INT(server.rules->requests, 2);
	CHECK_INT(server.rules->ranges, 1);
}

static void keeps_the_part_for_the_next_time(void)
{
	struct stat st;

	reset();
	server.rules->cut_at = 1000;
	server.rules->cuts = 100;
	CHECK(!get());
	CHECK_HAS(e.text, "fetch thing: ");
	CHECK_HAS(e.hint, "of 300000 bytes are kept");
	CHECK(stat(part, &st) == 0 && st.st_size == 4000);
	server.rules->cuts = 0;
	e = (struct err){0};
	CHECK(get());
	CHECK_INT(server.rules->ranges, 4);
}

static void begins_anew_without_ranges(void)
{
	reset();
	server.rules->no_ranges = true;
	write_part(content, 1000);
	CHECK(get());
	CHECK_INT(server.rules->ranges, 1);
}

static void replaces_a_wrong_part(void)
{
	static const char junk[1000];

	reset();
	write_part(junk, sizeof(junk));
	CHECK(get());
}

static void drops_a_part_that_is_too_long(void)
{
	static char junk[SIZE + 1];

	reset();
	write_part(junk, sizeof(junk));
	CHECK(get());
}

static void takes_a_part_that_is_whole(void)
{
	reset();
	write_part(content, SIZE);
	CHECK(get());
	CHECK_INT(server.rules->requests, 0);
}

static void notices_a_damaged_blob(void)
{
	reset();
	CHECK(get());
	content[7]++;
	CHECK_INT(file_replace(blob, content, SIZE, 0644, &e), 0);
	content[7]--;
	CHECK(get());
	CHECK_INT(server.rules->requests, 2);
}

static void says_damaged_when_offline(void)
{
	reset();
	CHECK_INT(file_replace(blob, "x", 1, 0644, &e), 0);
	cache.offline = true;
	CHECK(!get());
	CHECK_HAS(e.text, "thing is damaged in the cache");
	e = (struct err){0};
	CHECK(!get());
	CHECK_HAS(e.text, "thing is not in the cache");
	CHECK_HAS(e.hint, "without --offline");
	CHECK_INT(server.rules->requests, 0);
}

static void refuses_other_content(void)
{
	char was = sha256[0];

	reset();
	sha256[0] = was == '0' ? '1' : '0';
	CHECK(!get());
	CHECK_HAS(e.text, "is not what the archive's index says");
	CHECK(!exists(part));
	sha256[0] = was;
}

static void refuses_too_much(void)
{
	reset();
	server.rules->extra = 1;
	CHECK(!get());
	CHECK_HAS(e.text, "longer than it should be");
	CHECK(!exists(part));
}

static void tells_missing_from_away(void)
{
	bool away;

	reset();
	server.rules->status = 404;
	CHECK(!get());
	CHECK_INT(e.num, ENOENT);
	CHECK_HAS(e.text, "404");
	CHECK_INT(cache_refresh(&cache, url, "list", "lists/x", 1000, &away, &e), -1);
	CHECK(!away);
	server.rules->status = 503;
	CHECK_INT(cache_refresh(&cache, url, "list", "lists/x", 1000, &away, &e), -1);
	CHECK(away);
	str_copy(url, sizeof(url), "http://127.0.0.1:1/thing");
	CHECK_INT(cache_refresh(&cache, url, "list", "lists/x", 1000, &away, &e), -1);
	CHECK(away);
	str_format(url, sizeof(url), "http://127.0.0.1:%u/thing", server.port);
}

static void reads_files(void)
{
	char http[128];

	reset();
	str_copy(http, sizeof(http), url);
	str_format(url, sizeof(url), "file://%s/www/thing", dir);
	write_part(content, 1000);
	CHECK(get());
	reset();
	str_format(url, sizeof(url), "file://%s/www/nothing", dir);
	CHECK(!get());
	CHECK_INT(e.num, ENOENT);
	str_copy(url, sizeof(url), "gopher://127.0.0.1/");
	CHECK(!get());
	str_copy(url, sizeof(url), http);
}

static bool stop(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	CHECK_INT(total, SIZE);
	return done < 1000;
}

static void stops_when_told(void)
{
	reset();
	cache.progress = stop;
	CHECK(!get());
	CHECK_HAS(e.text, "interrupted");
	CHECK(exists(part));
	cache.progress = NULL;
	e = (struct err){0};
	CHECK(get());
}

static void is_for_one_at_a_time(void)
{
	struct cache second;
	char path[128];

	reset();
	str_format(path, sizeof(path), "%s/cache", dir);
	CHECK_INT(cache_open(&second, path, &e), -1);
	CHECK_HAS(e.text, "another build is using it");
}

static bool prepare(void)
{
	char path[128];

	if (!http_isolate() || mkdtemp(dir) == NULL)
		return false;
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (char)(i * i >> 8);
	hash_data(sha256, content, SIZE);
	str_format(path, sizeof(path), "%s/www", dir);
	dir_make(path, 0755, &e);
	str_format(path, sizeof(path), "%s/www/thing", dir);
	if (file_replace(path, content, SIZE, 0644, &e) < 0)
		return false;
	str_format(path, sizeof(path), "%s/www", dir);
	if (!http_start(&server, path))
		return false;
	str_format(url, sizeof(url), "http://127.0.0.1:%u/thing", server.port);
	str_format(path, sizeof(path), "%s/cache", dir);
	str_format(blob, sizeof(blob), "%s/blobs/%s", path, sha256);
	str_format(part, sizeof(part), "%s.part", blob);
	return cache_open(&cache, path, &e) == 0;
}

int main(void)
{
	const char *clean[] = {"rm", "-rf", dir, NULL};

	log_open(NULL, NULL, "test", LEVEL_NONE);
	if (!prepare()) {
		printf("ok - image_fetch # SKIP no network namespace of our own: %s\n", e.text);
		return 0;
	}
	RUN(fetches_once);
	RUN(goes_on_where_it_was_cut);
	RUN(keeps_the_part_for_the_next_time);
	RUN(begins_anew_without_ranges);
	RUN(replaces_a_wrong_part);
	RUN(drops_a_part_that_is_too_long);
	RUN(takes_a_part_that_is_whole);
	RUN(notices_a_damaged_blob);
	RUN(says_damaged_when_offline);
	RUN(refuses_other_content);
	RUN(refuses_too_much);
	RUN(tells_missing_from_away);
	RUN(reads_files);
	RUN(stops_when_told);
	RUN(is_for_one_at_a_time);
	cache_close(&cache);
	http_stop(&server);
	child_run(clean, NULL, NULL, &e);
	return check_done();
}
