/*
 * Any bytes as the record of setup: refused with words, or steps that make sense, whose
 * text is the same record again.
 */
#include <string.h>

#include "cli/setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool cond)
{
	if (!cond)
		abort();
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setup_record r = {.path = "f"}, again = {.path = "f"};
	struct err e = {0};
	char *text;

	if (setup_record_read(&r, (const char *)data, size, &e) < 0) {
		require(r.step == NULL && r.count == 0 && strncmp(e.text, "f:", 2) == 0);
		return 0;
	}
	text = setup_record_text(&r);
	require(text != NULL);
	require(setup_record_read(&again, text, strlen(text), &e) == 0);
	require(r.count == again.count && r.made == again.made);
	for (size_t i = 0; i < r.count; i++) {
		const struct setup_step *a = &r.step[i], *b = &again.step[i];

		require(a->kind == b->kind && a->kind != SETUP_NOTE);
		require(a->kind != SETUP_FILE || (a->path[0] == '/' && a->mode <= 07777));
		require(same(&a->before, &b->before) && same(&a->after, &b->after));
		require(strcmp(a->path, b->path) == 0 && strcmp(a->undo, b->undo) == 0);
		require(strcmp(a->made, b->made) == 0 && strcmp(a->run, b->run) == 0);
	}
	free(text);
	setup_record_fini(&r);
	setup_record_fini(&again);
	return 0;
}
