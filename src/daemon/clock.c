/*
 * clock: notice that the wall clock was set, or that the host slept.
 *
 * A timer on CLOCK_REALTIME that does not expire, with TFD_TIMER_CANCEL_ON_SET: the
 * kernel makes it readable, and read(2) fail with ECANCELED, whenever the wall clock
 * changes discontinuously, a resume from sleep included.  Linux has that, and FreeBSD
 * since 14.0 (timerfd_create(2) of either).  So both are noticed without any polling;
 * which of the two it was is asked elsewhere.
 */
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/machine.h"

/* A generation from now: FreeBSD counts at most 2^31 seconds from its boot. */
#define FAR_S (1 << 30)

static int arm(int fd)
{
	struct itimerspec far = {.it_value.tv_sec = time(NULL) + FAR_S};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
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
