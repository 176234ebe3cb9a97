/*
 * wake: notice that the host slept or that its clock was set.
 *
 * A timer on CLOCK_REALTIME that never expires, with TFD_TIMER_CANCEL_ON_SET:
 * the kernel makes it readable, and read(2) fail with ECANCELED, whenever the
 * wall clock changes discontinuously, a resume from sleep included
 * (timerfd_create(2)).  So both are noticed without any polling.  Which of the two
 * it was, two clocks tell: CLOCK_BOOTTIME goes on while the host sleeps,
 * CLOCK_MONOTONIC stands still, and nobody can set either (clock_gettime(2)).
 */
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/machine.h"
#include "daemon/wake.h"

#define READ_TRIES 10
#define READ_APART 10 /* ms that two readings may be apart */

static int arm(int fd)
{
	/* Absolute, far away: the cancellation is what we wait for. */
	struct itimerspec never = {.it_value.tv_sec = INT64_C(1) << 40};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

int clock_watch(struct err *e)
{
	auto_fd fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || arm(fd) < 0)
		return err_set(e, errno, "watch the clock");
	return fd_take(&fd);
}

bool clock_jumped(int fd)
{
	uint64_t expirations;
	bool jumped = read(fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;

	arm(fd);
	return jumped;
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t wake_asleep_ms(void)
{
	int64_t before = clock_ms(CLOCK_MONOTONIC), boot, after;

	/* Whoever is kept from the processor between two readings reads again. */
	for (int i = 0; i < READ_TRIES; i++) {
		boot = clock_ms(CLOCK_BOOTTIME);
		after = clock_ms(CLOCK_MONOTONIC);
		if (after - before <= READ_APART)
			break;
		before = after;
	}
	return boot - after;
}
