/*
 * since: a small grammar of moments.
 *
 * Digits and the separators between them are taken one after the other; what is
 * left over at the end, and a field out of its range, makes the whole text
 * nonsense.  Dates that are none, such as February 30th, are found by asking the
 * C library for the day that they would be.
 */
#include <string.h>
#include <time.h>

#include "cli/since.h"

#define DAY_S INT64_C(86400)

/* A number of exactly `digits` (0: one to nine) decimals up to max; moves *p on. */
static bool number(const char **p, size_t digits, int max, int *value)
{
	size_t n = strspn(*p, "0123456789");

	if (n == 0 || n > 9 || (digits != 0 && n != digits))
		return false;
	*value = 0;
	for (size_t i = 0; i < n; i++)
		*value = *value * 10 + ((*p)[i] - '0');
	*p += n;
	return *value <= max;
}

static bool take(const char **p, char c)
{
	return **p == c ? (++*p, true) : false;
}

/* "10min" */
static bool parse_ago(const char *text, int64_t *seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", DAY_S}};
	int count;

	if (!number(&text, 0, 999999999, &count))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(text, units[i].name) == 0) {
			*seconds = count * units[i].seconds;
			return true;
		}
	return false;
}

/* "14:05" and "14:05:30" */
static bool parse_clock(const char *p, struct tm *tm)
{
	tm->tm_sec = 0;
	if (!number(&p, 2, 23, &tm->tm_hour) || !take(&p, ':') ||
	    !number(&p, 2, 59, &tm->tm_min))
		return false;
	if (take(&p, ':') && !number(&p, 2, 59, &tm->tm_sec))
		return false;
	return *p == '\0';
}

/* "2026-11-21", with a clock or without */
static bool parse_date(const char *p, struct tm *tm)
{
	int year, month;

	*tm = (struct tm){.tm_isdst = -1};
	if (!number(&p, 4, 9999, &year) || !take(&p, '-') || !number(&p, 2, 12, &month) ||
	    !take(&p, '-') || !number(&p, 2, 31, &tm->tm_mday))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	if (year < 1970 || month == 0 || tm->tm_mday == 0)
		return false;
	if (*p == '\0')
		return true;
	return (take(&p, ' ') || take(&p, 'T')) && parse_clock(p, tm);
}

/* The moment of a date, or -1 when there is no such day. */
static time_t moment_of(const struct tm *tm)
{
	struct tm norm = *tm;
	time_t t = mktime(&norm);

	return norm.tm_mday == tm->tm_mday ? t : (time_t)-1;
}

int since_parse(const char *text, int64_t now_s, uint64_t *unix_ms, struct err *e)
{
	time_t now = (time_t)now_s, then = -1;
	int64_t ago;
	struct tm tm;

	if (parse_ago(text, &ago)) {
		then = (time_t)MAX(now_s - ago, INT64_C(0));
	} else if (parse_date(text, &tm)) {
		then = moment_of(&tm);
	} else if (localtime_r(&now, &tm) != NULL && parse_clock(text, &tm)) {
		tm.tm_isdst = -1;
		then = moment_of(&tm);
		if (then > now) { /* not yet today: yesterday */
			tm.tm_mday--;
			tm.tm_isdst = -1;
			then = mktime(&tm);
		}
	}
	if (then < 0) {
		err_set(e, 0,
		    "\"%s\" is no time; accepted: 10min (s, min, h, d), 14:05, 14:05:30, "
		    "2026-11-21, \"2026-11-21 14:05:30\"",
		    text);
		return err_is(e, ERR_USAGE);
	}
	*unix_ms = (uint64_t)then * 1000;
	return 0;
}
