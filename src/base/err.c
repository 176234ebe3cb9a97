/*
 * err: errors as values.
 *
 * The cause is set where it happens; every caller on the way up puts what it
 * was doing in front, so that the finished text reads from what the user
 * wanted down to why it failed.  Nothing is allocated: PID 1 uses it too.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"

int err_set(struct err *e, int errnum, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (e == NULL)
		return -1;
	e->kind = ERR_FAILED;
	e->num = errnum;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (errnum != 0 && n >= 0 && (size_t)n < sizeof(e->text))
		snprintf(e->text + n, sizeof(e->text) - (size_t)n, ": %s", strerror(errnum));
	return -1;
}

int err_ctx(struct err *e, const char *fmt, ...)
{
	char cause[sizeof(e->text)];
	va_list ap;
	int n;

	if (e == NULL)
		return -1;
	memcpy(cause, e->text, sizeof(cause));
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(e->text))
		str_format(e->text + n, sizeof(e->text) - (size_t)n, ": %s", cause);
	return -1;
}

int err_is(struct err *e, enum err_kind kind)
{
	if (e != NULL)
		e->kind = kind;
	return -1;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return -1;
}
