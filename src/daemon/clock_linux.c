/*
 * clock: notice that the host slept or that its clock was set.
 *
 * A timer on CLOCK_REALTIME that never expires, with TFD_TIMER_CANCEL_ON_SET:
 * the kernel makes it readable, and read(2) fail with ECANCELED, whenever the
 * wall clock changes discontinuously, a resume from sleep included
 * (timerfd_create(2)).  So the guest's clock follows without any polling.
 */
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/machine.h"

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
