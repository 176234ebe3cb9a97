/*
 * check: what a unit test needs and no more.
 *
 * A test file has static functions that use CHECK…, and a main that RUNs
 * each and returns check_done().  One line a case on standard output,
 * "ok - name" or "not ok - name", the reasons on standard error.
 */
#ifndef TEST_UNIT_CHECK_H
#define TEST_UNIT_CHECK_H

#include <stdio.h>
#include <string.h>

static unsigned check_failures, check_case_failures, check_cases;

#define CHECK_FAIL(...)                                         \
	do {                                                    \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
		fprintf(stderr, __VA_ARGS__);                   \
		fputc('\n', stderr);                            \
		check_case_failures++;                          \
	} while (0)

#define CHECK(cond)                                        \
	do {                                               \
		if (!(cond))                               \
			CHECK_FAIL("not true: %s", #cond); \
	} while (0)

#define CHECK_INT(got, want)                                                   \
	do {                                                                   \
		long long got_ = (long long)(got), want_ = (long long)(want);  \
		if (got_ != want_)                                             \
			CHECK_FAIL("%s is %lld, not %lld", #got, got_, want_); \
	} while (0)

#define CHECK_STR(got, want)                                                                  \
	do {                                                                                  \
		const char *got_ = (got), *want_ = (want);                                    \
		if (got_ == NULL || strcmp(got_, want_) != 0)                                 \
			CHECK_FAIL(                                                           \
			    "%s is \"%s\", not \"%s\"", #got, got_ ? got_ : "(null)", want_); \
	} while (0)

#define CHECK_HAS(got, part)                                             \
	do {                                                             \
		const char *got_ = (got), *part_ = (part);               \
		if (got_ == NULL || strstr(got_, part_) == NULL)         \
			CHECK_FAIL("%s is \"%s\", without \"%s\"", #got, \
			    got_ ? got_ : "(null)", part_);              \
	} while (0)

#define RUN(fn)                                                                \
	do {                                                                   \
		check_case_failures = 0;                                       \
		fn();                                                          \
		check_cases++;                                                 \
		check_failures += check_case_failures != 0;                    \
		printf("%sok - %s\n", check_case_failures ? "not " : "", #fn); \
		fflush(stdout);                                                \
	} while (0)

static inline int check_done(void)
{
	return check_cases == 0 || check_failures != 0;
}

#endif
