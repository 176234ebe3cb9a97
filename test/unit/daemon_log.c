/* log: the guest's times on our clock, and lines on their way to the journal. */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "daemon/guestclock.h"
#include "daemon/logto.h"

static void guests_times_are_mapped_to_ours(void)
{
	struct guestclock c;

	guestclock_start(&c, 100000);

	/* The first line has a delay that nobody knows. */
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 1000, 105000), 105000);
	/* One that came faster tells more. */
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 2000, 105500), 105500);
	/* A late one is put where it was said. */
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 2100, 106500), 105600);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 2900, 106501), 106400);
}

/* The kernel of a guest that was started at 100000 is heard when its init runs. */
static void the_boot_stands_where_it_was(void)
{
	struct guestclock c;

	guestclock_start(&c, 100000);
	guestclock_learn(&c, 12000, 112500);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 12100, 112600), 112600);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_KERNEL, 0, 112700), 100500);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_KERNEL, 900, 112700), 101400);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 12150, 112700), 112650);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_KERNEL, 13000, 113510), 113500);
}

static void guests_times_never_run_backwards(void)
{
	struct guestclock c;

	guestclock_start(&c, 100000);

	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 5000, 105000), 105000);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 4000, 105100), 105000);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 4900, 105200), 105000);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 5100, 105300), 105100);
}

static void a_guest_cannot_forge_times(void)
{
	static const uint64_t claims[] = {0, 1, UINT64_MAX, INT64_MAX, 1u << 31, 0, 7};
	struct guestclock c;
	uint64_t last[] = {100000, 100000};

	guestclock_start(&c, 100000);
	for (uint64_t now = 100000; now < 200000; now += 777) {
		unsigned line = now % 2;
		uint64_t claim = claims[now % ARRAY_LEN(claims)];
		uint64_t at = guestclock_map(&c, (enum guestclock_line)line, claim, now);

		if (now % 5 == 0)
			guestclock_learn(&c, claims[now % 3], now);
		CHECK(at >= last[line] && at <= now);
		last[line] = at;
	}
}

/* It was stopped for a while: its clock is behind for good. */
static void a_clock_that_fell_behind_is_taken_anew(void)
{
	struct guestclock c;

	guestclock_start(&c, 0);

	guestclock_map(&c, GUESTCLOCK_SERVICE, 1000, 101000);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 2000, 162000), 162000);
	CHECK_INT(guestclock_map(&c, GUESTCLOCK_SERVICE, 2500, 162500), 162500);
}

/* ---------------------------------------------------------------- journal */

static char path[100];

static int listen_journal(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	str_copy(at.sun_path, sizeof(at.sun_path), path);
	unlink(path);
	CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static const char *take(int fd)
{
	static char entry[4096];
	ssize_t n = recv(fd, entry, sizeof(entry) - 1, MSG_DONTWAIT);

	entry[MAX(n, (ssize_t)0)] = '\0';
	return entry;
}

static void a_line_is_an_entry(void)
{
	struct logto l = {.to = CONF_LOG_JOURNAL, .journal = path};
	int fd = listen_journal();

	logto_send(&l, LEVEL_WARN, "guest/kernel", "it is hot");
	CHECK_STR(take(fd), "PRIORITY=4\nSYSLOG_IDENTIFIER=airlock\nAIRLOCK_MACHINE=airlock\n"
			    "AIRLOCK_SOURCE=guest/kernel\nMESSAGE=it is hot\n");
	logto_send(&l, LEVEL_ERROR, "airlock", "");
	CHECK_STR(take(fd), "PRIORITY=3\nSYSLOG_IDENTIFIER=airlock\nAIRLOCK_MACHINE=airlock\n"
			    "AIRLOCK_SOURCE=airlock\nMESSAGE=\n");
	logto_fini(&l);
	close(fd);
	unlink(path);
}

/* Else a line could bring fields of its own, such as another PRIORITY. */
static void a_newline_stays_in_its_field(void)
{
	static const char entry[] =
	    "PRIORITY=6\nSYSLOG_IDENTIFIER=airlock\nAIRLOCK_MACHINE=airlock\nAIRLOCK_SOURCE=x\n"
	    "MESSAGE\n\014\0\0\0\0\0\0\0a\nPRIORITY=0\n";
	struct buf out = {0};

	logto_entry(&out, CONF_MACHINE, LEVEL_INFO, "x", "a\nPRIORITY=0");
	CHECK_INT(out.len, sizeof(entry) - 1);
	CHECK(memcmp(out.data, entry, out.len) == 0);
	buf_fini(&out);
}

static void a_restarted_journal_gets_the_next_line(void)
{
	struct logto l = {.to = CONF_LOG_JOURNAL, .journal = path};
	int fd = listen_journal();

	logto_send(&l, LEVEL_INFO, "airlock", "one");
	CHECK_HAS(take(fd), "MESSAGE=one\n");
	close(fd);
	fd = listen_journal();
	logto_send(&l, LEVEL_INFO, "airlock", "two");
	CHECK_HAS(take(fd), "MESSAGE=two\n");
	logto_fini(&l);
	close(fd);
	unlink(path);
}

static void a_full_journal_is_not_waited_for(void)
{
	struct logto l = {.to = CONF_LOG_JOURNAL, .journal = path};
	int fd = listen_journal();

	for (int i = 0; i < 5000; i++)
		logto_send(&l, LEVEL_INFO, "airlock", "again");
	CHECK_HAS(take(fd), "MESSAGE=again\n");
	logto_fini(&l);
	close(fd);
	unlink(path);
}

static void none_is_none(void)
{
	struct logto l = {.to = CONF_LOG_NONE, .journal = path};
	int fd = listen_journal();

	logto_send(&l, LEVEL_ERROR, "airlock", "x");
	CHECK_STR(take(fd), "");
	close(fd);
	unlink(path);
}

int main(void)
{
	str_format(path, sizeof(path), "/tmp/airlock-journal-%d", (int)getpid());
	RUN(guests_times_are_mapped_to_ours);
	RUN(the_boot_stands_where_it_was);
	RUN(guests_times_never_run_backwards);
	RUN(a_guest_cannot_forge_times);
	RUN(a_clock_that_fell_behind_is_taken_anew);
	RUN(a_line_is_an_entry);
	RUN(a_newline_stays_in_its_field);
	RUN(a_restarted_journal_gets_the_next_line);
	RUN(a_full_journal_is_not_waited_for);
	RUN(none_is_none);
	return check_done();
}
