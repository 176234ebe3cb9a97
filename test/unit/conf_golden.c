/*
 * Configuration files and what conf says of each: every *.conf of
 * test/golden/conf against its *.expected, which says "ok" for a good one.
 * With the argument "update" the *.expected are written anew, to be read by eye.
 *
 * And the sample and the manual against the table: the sample must be good as
 * it is, must mean the defaults once each `#key = value;` is taken in, and must
 * name every key, as must the manual.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"

static int bad;

static void result(const char *name, const char *why)
{
	if (why == NULL)
		printf("ok - %s\n", name);
	else
		printf("not ok - %s: %s\n", name, why);
	bad |= why != NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static void run_file(const char *path, bool update)
{
	char expected[4096], got[1024];
	struct err e = {0};
	struct conf c;
	size_t len;
	auto_free char *text = file_read(path, 1 << 20, &len, &e);
	auto_free char *want = NULL;

	if (text == NULL) {
		result(path, e.text);
		return;
	}
	if (conf_parse(&c, CONF_MACHINE, text, len, base_name(path), &e) == 0)
		str_copy(got, sizeof(got), "ok\n");
	else
		str_format(got, sizeof(got), "%s\n", e.text);
	str_format(expected, sizeof(expected), "%.*s.expected", (int)(strlen(path) - 5), path);
	if (update) {
		result(base_name(path),
		    file_replace(expected, got, strlen(got), 0644, &e) < 0 ? e.text : NULL);
		return;
	}
	want = file_read(expected, sizeof(got), NULL, &e);
	got[strcspn(got, "\n")] = '\0';
	if (want == NULL)
		result(base_name(path), e.text);
	else
		result(base_name(path), strncmp(want, got, strlen(got)) == 0 &&
						strcmp(want + strlen(got), "\n") == 0
					    ? NULL
					    : got);
}

static void run_directory(const char *directory, bool update)
{
	char pattern[4096];
	glob_t g = {0};

	str_format(pattern, sizeof(pattern), "%s/*.conf", directory);
	if (glob(pattern, 0, NULL, &g) != 0)
		result(pattern, "no such files");
	for (size_t i = 0; i < g.gl_pathc; i++)
		run_file(g.gl_pathv[i], update);
	globfree(&g);
}

/* Is this line a default, `#key = value;` after blanks? */
static char *default_of(char *line)
{
	char *p = line + strspn(line, " \t");
	size_t word;

	if (*p != '#')
		return NULL;
	word = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
	return word > 0 && strncmp(p + 1 + word, " = ", 3) == 0 ? p : NULL;
}

/* Where the sample says what `make install` uses, say what this build uses. */
static void add_line(struct buf *b, const char *line)
{
	static const struct {
		const char *usual, *here;
	} dirs[] = {
	    {"/usr/local/share", AIRLOCK_DATADIR},
	    {"/usr/local/libexec", AIRLOCK_LIBEXECDIR},
	};

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		const char *at = strstr(line, dirs[i].usual);

		if (at == NULL)
			continue;
		buf_add(b, line, (size_t)(at - line));
		buf_addf(b, "%s%s\n", dirs[i].here, at + strlen(dirs[i].usual));
		return;
	}
	buf_addf(b, "%s\n", line);
}

static void compare(const char *path, const struct conf *c)
{
	struct conf d;

	conf_defaults(&d, CONF_MACHINE);
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (memcmp((const char *)c + k->offset, (const char *)&d + k->offset,
			k->size) != 0)
			result(path, k->name);
	}
	result(
	    "sample means the defaults", memcmp(c, &d, sizeof(d)) == 0 ? NULL : "it does not");
}

static void run_sample(const char *path)
{
	struct err e = {0};
	struct conf c;
	struct buf all = {0};
	size_t len;
	unsigned defaults = 0;
	auto_free char *text = file_read(path, 1 << 20, &len, &e);

	if (text == NULL) {
		result(path, e.text);
		return;
	}
	result("sample is valid",
	    conf_parse(&c, CONF_MACHINE, text, len, path, &e) < 0 ? e.text : NULL);
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *hash = default_of(line);

		if (hash != NULL)
			*hash = ' ';
		defaults += hash != NULL;
		add_line(&all, line);
	}
	result("sample has every key once", defaults == KEY_COUNT ? NULL : "it has not");
	if (conf_parse(&c, CONF_MACHINE, all.data, all.len, path, &e) < 0)
		result("sample with every line taken in", e.text);
	else
		compare(path, &c);
	buf_fini(&all);
}

/* The manual has ".It Cm key" for each key, after ".It Cm section" for its section. */
static void run_manual(const char *path)
{
	struct err e = {0};
	size_t len;
	auto_free char *text = file_read(path, 1 << 20, &len, &e);

	for (size_t i = 0; text != NULL && i < KEY_COUNT; i++) {
		const struct conf_key *k = &conf_keys[i];
		char tag[128];

		str_format(tag, sizeof(tag), "\n.It Cm %s%s%s ", k->section,
		    k->section[0] != '\0' ? "." : "", k->name);
		if (strstr(text, tag) == NULL)
			result("manual has every key", tag + 1);
	}
	result("manual was read", text == NULL ? e.text : NULL);
}

int main(int argc, char **argv)
{
	run_directory(CONF_GOLDEN, argc > 1 && strcmp(argv[1], "update") == 0);
	run_sample(CONF_SAMPLE);
	run_manual(CONF_MANUAL);
	return bad;
}
