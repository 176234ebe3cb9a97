/* since: moments as people say them. */
#include <time.h>

#include "check.h"
#include "cli/since.h"

#define NOW INT64_C(1795269600) /* 2026-11-21 14:00:00 UTC */

static int64_t since(const char *text)
{
	struct err e = {0};
	uint64_t ms = 0;

	if (since_parse(text, NOW, &ms, &e) == 0)
		return (int64_t)(ms / 1000) - NOW;
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_HAS(e.text, "accepted: 10min");
	return 1;
}

static void spans_are_before_now(void)
{
	CHECK_INT(since("0s"), 0);
	CHECK_INT(since("30s"), -30);
	CHECK_INT(since("10min"), -600);
	CHECK_INT(since("2h"), -7200);
	CHECK_INT(since("3d"), -3 * 86400);
	CHECK_INT(since("999999999d"), -NOW);
}

static void clocks_are_the_last_ones(void)
{
	CHECK_INT(since("14:00"), 0);
	CHECK_INT(since("13:59"), -60);
	CHECK_INT(since("13:59:30"), -30);
	CHECK_INT(since("14:00:01"), 1 - 86400);
	CHECK_INT(since("23:55"), 9 * 3600 + 55 * 60 - 86400);
}

static void dates_have_a_clock_or_midnight(void)
{
	CHECK_INT(since("2026-11-21"), -14 * 3600);
	CHECK_INT(since("2026-11-20"), -38 * 3600);
	CHECK_INT(since("2026-11-21 13:00:30"), -3570);
	CHECK_INT(since("2026-11-21T13:00"), -3600);
	CHECK_INT(since("2024-02-29"), INT64_C(1709164800) - NOW);
	CHECK_INT(since("1970-01-01"), -NOW);
}

static void local_time_is_meant(void)
{
	setenv("TZ", "XYZ-3", 1); /* three hours ahead: it is 17:00 there */
	tzset();
	CHECK_INT(since("17:00"), 0);
	CHECK_INT(since("2026-11-21"), -17 * 3600);
	CHECK_INT(since("14:00"), -3 * 3600);
	setenv("TZ", "UTC0", 1);
	tzset();
}

static void nonsense_is_said(void)
{
	static const char *const texts[] = {"", " ", "10", "10m", "10 min", "-5min", "1.5h",
	    "24:00", "14:60", "14:5", "4:05", "14:05:", "14:05:60", "14:05:30 ", "2026-13-01",
	    "2026-00-01", "2026-02-30", "2025-02-29", "2026-11-00", "2026-11-21 ",
	    "2026-11-21 14", "2026-11-21x14:05", "1969-12-31", "26-11-21", "yesterday", "now",
	    "9999999999s", "14:05\n", "\xff"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (since(texts[i]) != 1)
			CHECK_FAIL("\"%s\" was taken", texts[i]);
}

int main(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	RUN(spans_are_before_now);
	RUN(clocks_are_the_last_ones);
	RUN(dates_have_a_clock_or_midnight);
	RUN(local_time_is_meant);
	RUN(nonsense_is_said);
	return check_done();
}
