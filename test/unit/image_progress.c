/*
 * The progress bar's line: it fits, whatever there is to say.
 */
#include "check.h"

#include "cli/progress.h"

static char line[200];

static const char *show(
    unsigned width, const char *what, uint64_t done, uint64_t total, uint64_t ms)
{
	progress_line(line, sizeof(line), width, what, done, total, 0, ms);
	return line;
}

static void says_everything(void)
{
	CHECK_STR(show(80, "fetching libssl3t64", 1200000, 2400000, 1000),
	    "fetching libssl3t64        [######------]  50%  1.2/2.4 MB  1.2 MB/s  1.0 s");
	CHECK_STR(show(80, "fetching the package index", 46200000, 107898972, 4000),
	    "fetching the package index [#####-------]  42%  46.2/107 MB  11.5 MB/s  5.3 s");
	CHECK_HAS(show(80, "x", 999, 1200000, 100), "  999 B/1.2 MB");
	CHECK_HAS(show(80, "x", 5, 5, 1000), "[############] 100%");
	CHECK_STR(show(50, "x", 5, 5, 1000), "x                          [############] 100%");
}

static void never_wraps(void)
{
	static const uint64_t sizes[] = {
	    0, 1, 999, 12345, 123456789, 123456789012, UINT64_MAX / 2};

	for (unsigned width = 0; width <= 80; width++)
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
			for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
				show(width, "unpacking linux-image-6.12.107+deb13-amd64",
				    sizes[i], sizes[k], 3000);
				if (strlen(line) > (width > 0 ? width - 1 : 0))
					CHECK_FAIL(
					    "width %u: %zu columns", width, strlen(line));
			}
}

static void cuts_long_names(void)
{
	CHECK_HAS(show(80, "unpacking linux-image-6.12.107+deb13-amd64", 1, 2, 0),
	    "unpacking linux-image-6... [");
}

static void guesses_nothing(void)
{
	CHECK(strchr(show(80, "x", 100, 200, 10), '/') == strrchr(line, '/'));
	CHECK(strchr(show(80, "x", 100, 0, 10), '[') == NULL);
	/* More than all is all. */
	CHECK_HAS(show(80, "x", 300, 200, 10), "100%");
}

int main(void)
{
	RUN(says_everything);
	RUN(never_wraps);
	RUN(cuts_long_names);
	RUN(guesses_nothing);
	return check_done();
}
