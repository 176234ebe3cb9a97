/*
 * log: one line at a time to one sink.
 *
 * A line is formatted into a buffer on the stack, stripped of what could
 * trick a terminal, and handed over.  Logging never fails, never allocates
 * and leaves errno alone, so it may stand in any error path.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"

static const char *const names[] = {"none", "error", "warn", "info", "debug"};

static log_sink *sink;
static void *sink_arg;
static const char *ident = "airlock";
static enum log_level max_level = LEVEL_INFO;

void log_open(log_sink *to, void *arg, const char *who, enum log_level max)
{
	sink = to;
	sink_arg = arg;
	ident = who;
	max_level = max;
}

void log_level_set(enum log_level max)
{
	max_level = max;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char raw[1024], text[1024], line[1200];
	int saved = errno;
	va_list ap;

	if (level > max_level || level == LEVEL_NONE)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	str_clean(text, sizeof(text), raw, strlen(raw));
	if (sink != NULL) {
		sink(sink_arg, level, text);
	} else {
		int n = snprintf(line, sizeof(line), "%s: %s: %s\n", ident, names[level], text);

		if (write(STDERR_FILENO, line, MIN((size_t)n, sizeof(line) - 1)) < 0)
			errno = saved; /* nobody is left to be told */
	}
	errno = saved;
}

const char *log_level_name(enum log_level level)
{
	return (size_t)level < ARRAY_LEN(names) ? names[level] : "?";
}

int log_level_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}
