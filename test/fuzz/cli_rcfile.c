/*
 * Any text as loader.conf and as rc.conf: a variable that is set there is that, all others
 * are what they were, and when it is taken away again so is the text.
 */
#include <string.h>

#include "cli/rcfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

/* All variables but that one, a line each. */
static bool list(void *arg, const struct rcfile_setting *s)
{
	require(!s->plain || strlen(s->value) < sizeof(s->value));
	if (strcmp(s->name, "pptdevs") != 0)
		buf_addf(arg, "%s=%d%s\n", s->name, s->plain, s->value);
	return true;
}

static void check(enum rcfile_style style, const char *text, size_t size)
{
	struct buf out = {0}, back = {0}, before = {0}, after = {0};
	struct rcfile_setting s = {0};
	struct err e = {0};
	bool had = rcfile_find(style, text, size, "pptdevs", &s);

	require(!had || (s.at + s.len <= size && s.line + s.line_len <= size &&
			    s.line <= s.at && s.at + s.len <= s.line + s.line_len));
	if (rcfile_set(style, text, size, "pptdevs", "\"3/0/0\"", &out, &e) < 0) {
		require(out.data == NULL && e.text[0] != '\0');
		return;
	}
	require(rcfile_find(style, out.data, out.len, "pptdevs", &s) && s.plain &&
		strcmp(s.value, "3/0/0") == 0);
	require(rcfile_each(style, text, size, list, &before, &e) == 0);
	require(rcfile_each(style, out.data, out.len, list, &after, &e) == 0);
	require(before.len == after.len &&
		(before.len == 0 || memcmp(before.data, after.data, before.len) == 0));
	if (!had) {
		require(s.alone);
		require(rcfile_unset(style, out.data, out.len, "pptdevs", &back, &e) == 0);
		require(back.len == size + (size > 0 && text[size - 1] != '\n'));
		require(size == 0 || memcmp(back.data, text, size) == 0);
	}
	buf_fini(&out);
	buf_fini(&back);
	buf_fini(&before);
	buf_fini(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(RCFILE_LOADER, (const char *)data, size);
	check(RCFILE_SHELL, (const char *)data, size);
	return 0;
}
