/*
 * tail: the last words of a program on its standard error.
 *
 * The newest 4 KiB are kept.  When they are asked for, the last 20 lines come
 * out escaped and joined into one line, so that they can stand at the end of
 * an error; what is cut is cut at the front, because a program that dies says
 * why at the end.
 */
#include <string.h>

#include "vm/internal.h"

#define SEPARATOR  " | "
#define LINE_BYTES 512 /* of one line, escaped */

void tail_add(struct tail *t, const void *data, size_t len)
{
	const char *from = data;
	size_t over;

	if (len > sizeof(t->data)) {
		from += len - sizeof(t->data);
		len = sizeof(t->data);
	}
	over = t->len + len > sizeof(t->data) ? t->len + len - sizeof(t->data) : 0;
	memmove(t->data, t->data + over, t->len - over);
	t->len -= over;
	memcpy(t->data + t->len, from, len);
	t->len += len;
}

/* Where the last TAIL_LINES lines begin; newlines at the end do not count. */
static size_t first_shown(const struct tail *t, size_t end)
{
	unsigned lines = 0;

	for (size_t at = end; at > 0; at--)
		if (t->data[at - 1] == '\n' && ++lines == TAIL_LINES)
			return at;
	return 0;
}

static size_t end_of_text(const struct tail *t)
{
	size_t end = t->len;

	while (end > 0 && strchr("\r\n ", t->data[end - 1]) != NULL)
		end--;
	return end;
}

char *tail_text(const struct tail *t, char *dst, size_t size)
{
	size_t end = end_of_text(t), at = first_shown(t, end);
	struct buf all = {0};
	const char *from;

	while (at < end) {
		const char *line = t->data + at, *stop = memchr(line, '\n', end - at);
		size_t len = stop != NULL ? (size_t)(stop - line) : end - at;
		char shown[LINE_BYTES];

		at += len + 1;
		while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
			len--;
		str_escape(shown, sizeof(shown), line, len);
		if (shown[0] != '\0')
			buf_addf(&all, "%s%s", all.len > 0 ? SEPARATOR : "", shown);
	}
	from = all.data != NULL ? all.data : "";
	while (strlen(from) >= size) {
		const char *next = strstr(from, SEPARATOR);

		if (next == NULL)
			break;
		from = next + strlen(SEPARATOR);
	}
	str_copy(dst, size, from);
	buf_fini(&all);
	return dst;
}
