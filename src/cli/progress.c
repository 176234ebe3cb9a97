/*
 * progress: a progress bar.
 *
 *     fetching libssl3t64        [######------]  46%  1.1/2.4 MB  0.9 MB/s  2 s
 *
 * The line never reaches the last column, so no terminal wraps it.  A step
 * shorter than a tenth of a second is not worth a line on a terminal.  Where
 * the output is no terminal, each step is one line when it begins, and nothing
 * moves: that goes into logs.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/progress.h"

#define COLUMNS_MAX  80
#define WHAT_COLUMNS 26
#define BAR_COLUMNS  12
#define DRAW_MS      100
#define RATE_MS      500 /* before that a rate is a guess */

void progress_begin(struct progress *p)
{
	struct winsize size;

	*p = (struct progress){.tty = isatty(STDERR_FILENO) == 1, .width = COLUMNS_MAX};
	if (p->tty && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		p->width = MIN(size.ws_col, COLUMNS_MAX);
}

/* Append a part when the line stays within the width; after the first that does not, none. */
static void add_part(char *dst, size_t size, unsigned width, const char *part, bool *full)
{
	size_t len = strlen(dst);

	if (*full || len + strlen(part) + 1 > width || len + strlen(part) + 1 > size)
		*full = true;
	else
		memcpy(dst + len, part, strlen(part) + 1);
}

static void add_bar(char *part, size_t size, uint64_t done, uint64_t total)
{
	unsigned filled = (unsigned)((double)done / (double)total * BAR_COLUMNS);
	char bar[BAR_COLUMNS + 1];

	memset(bar, '-', BAR_COLUMNS);
	memset(bar, '#', filled);
	bar[BAR_COLUMNS] = '\0';
	str_format(
	    part, size, " [%s] %3u%%", bar, (unsigned)((double)done / (double)total * 100));
}

/* "1.1/2.4 MB": the unit once when both have the same. */
static void add_bytes(char *part, size_t size, uint64_t done, uint64_t total)
{
	char l[32], r[32], *unit;

	str_bytes(l, sizeof(l), done);
	str_bytes(r, sizeof(r), total);
	unit = strchr(l, ' ');
	if (unit != NULL && strchr(r, ' ') != NULL && strcmp(unit, strchr(r, ' ')) == 0)
		*unit = '\0';
	if (total > 0)
		str_format(part, size, "  %s/%s", l, r);
	else
		str_format(part, size, "  %s", l);
}

void progress_line(char *dst, size_t size, unsigned width, const char *what, uint64_t done,
    uint64_t total, uint64_t began_at, uint64_t elapsed_ms)
{
	uint64_t rate = 0;
	bool full = false;
	char part[64];

	done = total > 0 ? MIN(done, total) : done;
	if (elapsed_ms >= RATE_MS && done > began_at)
		rate = (done - began_at) * 1000 / elapsed_ms;
	dst[0] = '\0';
	if (width < 12)
		return;
	str_format(dst, MIN(size, (size_t)MIN(width, WHAT_COLUMNS + 1u)), "%-*.*s",
	    WHAT_COLUMNS, WHAT_COLUMNS, what);
	if (strlen(what) > WHAT_COLUMNS && width > WHAT_COLUMNS)
		memcpy(dst + WHAT_COLUMNS - 3, "...", 3);
	if (total > 0) {
		add_bar(part, sizeof(part), done, total);
		add_part(dst, size, width, part, &full);
	}
	if (done > 0 || total > 0) {
		add_bytes(part, sizeof(part), done, total);
		add_part(dst, size, width, part, &full);
	}
	if (rate > 0) {
		str_copy(part, sizeof(part), "  ");
		str_bytes(part + 2, sizeof(part) - 2, rate);
		str_copy(part + strlen(part), 4, "/s");
		add_part(dst, size, width, part, &full);
	}
	if (rate > 0 && total > done) {
		str_copy(part, sizeof(part), "  ");
		str_duration(part + 2, sizeof(part) - 2, (total - done) * 1000 / rate);
		add_part(dst, size, width, part, &full);
	}
}

static void draw(struct progress *p, uint64_t done, uint64_t total, uint64_t now)
{
	char line[COLUMNS_MAX + 1];

	progress_line(
	    line, sizeof(line), p->width, p->step, done, total, p->began_at, now - p->began_ms);
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	p->drawn = true;
	p->drawn_ms = now;
}

void progress_show(struct progress *p, const char *what, uint64_t done, uint64_t total)
{
	uint64_t now = now_ms();

	if (strcmp(p->step, what) != 0) {
		str_copy(p->step, sizeof(p->step), what);
		p->began_ms = p->drawn_ms = now;
		p->began_at = done;
		if (!p->tty)
			fprintf(stderr, "%s\n", what);
	}
	if (p->tty && now - p->drawn_ms >= DRAW_MS)
		draw(p, done, total, now);
}

void progress_clear(struct progress *p)
{
	if (p->drawn)
		fprintf(stderr, "\r\033[K");
	fflush(stderr);
	p->drawn = false;
}
