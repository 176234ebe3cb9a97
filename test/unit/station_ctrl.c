/*
 * station_ctrl: the client of a control socket, against one that is played by a
 * child: answers, events between them, silence, the end.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "station/station.h"

static char path[64];
static pid_t child;

/* Whoever asked may be gone. */
static void say(int fd, const struct sockaddr_un *to, socklen_t len, const char *text)
{
	(void)sendto(fd, text, strlen(text), 0, (const struct sockaddr *)to, len);
}

/* A supplicant of few words. */
static void play(int fd)
{
	char text[256], big[4096];

	alarm(60);
	for (;;) {
		struct sockaddr_un from;
		socklen_t len = sizeof(from);
		ssize_t n =
		    recvfrom(fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&from, &len);

		if (n < 0)
			_exit(1);
		text[n] = '\0';
		if (strcmp(text, "ATTACH") == 0) {
			say(fd, &from, len, "OK\n");
		} else if (strcmp(text, "PING") == 0) {
			say(fd, &from, len, "<3>CTRL-EVENT-SCAN-STARTED ");
			say(fd, &from, len, "<3>CTRL-EVENT-BSS-ADDED 0 02:00");
			say(fd, &from, len, "PONG\n");
			say(fd, &from, len, "<3>CTRL-EVENT-SCAN-RESULTS ");
		} else if (strcmp(text, "FLOOD") == 0) {
			for (int i = 0; i < 100; i++)
				say(fd, &from, len,
				    i < 99 ? "<3>CTRL-EVENT-SCAN-STARTED "
					   : "<3>CTRL-EVENT-CONNECTED x");
			say(fd, &from, len, "OK\n");
		} else if (strcmp(text, "BIG") == 0) {
			memset(big, 'x', sizeof(big));
			sendto(fd, big, sizeof(big), 0, (struct sockaddr *)&from, len);
		} else if (strcmp(text, "TWICE") == 0) {
			say(fd, &from, len, "OK\n");
			say(fd, &from, len, "late\n");
		} else if (strcmp(text, "END") == 0) {
			_exit(0);
		}
	}
}

static void begin(void)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	str_format(path, sizeof(path), "/tmp/station-ctrl.%d", (int)getpid());
	str_copy(own.sun_path, sizeof(own.sun_path), path);
	unlink(path);
	CHECK(bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0);
	child = fork();
	if (child == 0)
		play(fd);
	close(fd);
}

static void end(void)
{
	child_wait(child);
	unlink(path);
}

static void answers_and_events_are_told_apart(void)
{
	char reply[STATION_REPLY];
	struct station_ctrl c;
	struct station_event ev;
	struct err e = {0};
	int rc;

	begin();
	CHECK_INT(station_open(&c, path, &e), 0);
	CHECK_INT(station_attach(&c, &e), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(station_ask(&c, "PING", reply, sizeof(reply), &e), 0);
		CHECK_STR(reply, "PONG\n");
		CHECK_INT(station_next(&c, &ev, &e), 1);
		CHECK_INT(ev.kind, STATION_SCANNING);
		while ((rc = station_next(&c, &ev, &e)) == 0)
			usleep(1000);
		CHECK_INT(rc, 1);
		CHECK_INT(ev.kind, STATION_SCANNED);
		CHECK_INT(station_next(&c, &ev, &e), 0);
	}
	CHECK_INT(station_ask(&c, "BIG", reply, sizeof(reply), &e), 0);
	CHECK_INT(strlen(reply), 4096);
	/* An answer that nobody waits for any more is not that of the next question. */
	CHECK_INT(station_ask(&c, "TWICE", reply, sizeof(reply), &e), 0);
	usleep(50000);
	CHECK_INT(station_ask(&c, "PING", reply, sizeof(reply), &e), 0);
	CHECK_STR(reply, "PONG\n");
	station_close(&c);
	station_close(&c);
	CHECK_INT(station_open(&c, path, &e), 0);
	CHECK_INT(station_ask(&c, "FLOOD", reply, sizeof(reply), &e), 0);
	for (rc = 0; station_next(&c, &ev, &e) == 1; rc++)
		;
	/* Of a flood the latest. */
	CHECK_INT(rc, STATION_EVENTS_MAX);
	CHECK_INT(ev.kind, STATION_CONNECTED);
	CHECK_STR(e.text, "");
	send(c.fd, "END", 3, 0);
	station_close(&c);
	end();
}

static void silence_is_an_error_that_repeats_no_question(void)
{
	char reply[STATION_REPLY];
	struct station_ctrl c;
	struct err e = {0};
	uint64_t began = now_ms();

	begin();
	CHECK_INT(station_open(&c, path, &e), 0);
	CHECK_INT(station_ask(&c, "secret silence", reply, sizeof(reply), &e), -1);
	CHECK(now_ms() - began >= STATION_ANSWER_MS);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK_STR(e.text, "the supplicant does not answer within 5 s");
	CHECK(strstr(e.text, "secret") == NULL);
	/* The next question has a socket of its own. */
	e = (struct err){0};
	CHECK_INT(station_ask(&c, "PING", reply, sizeof(reply), &e), 0);
	CHECK_STR(reply, "PONG\n");
	send(c.fd, "END", 3, 0);
	station_close(&c);
	end();
}

static void nobody_and_not_allowed_are_told_apart(void)
{
	char reply[STATION_REPLY], none[80];
	struct station_ctrl c;
	struct station_event ev;
	struct err e = {0};

	begin();
	CHECK_INT(station_open(&c, path, &e), 0);
	send(c.fd, "END", 3, 0);
	child_wait(child);
	CHECK_INT(station_ask(&c, "PING", reply, sizeof(reply), &e), -1);
	CHECK_HAS(e.text, "speak with the supplicant at /tmp/station-ctrl.");
	/* Its socket file is still there; nobody is behind it. */
	e = (struct err){0};
	CHECK_INT(station_ask(&c, "PING", reply, sizeof(reply), &e), -1);
	CHECK_INT(e.num, ECONNREFUSED);
	CHECK_INT(station_next(&c, &ev, &e), 0);
	station_close(&c);
	unlink(path);
	str_format(none, sizeof(none), "%s.none", path);
	e = (struct err){0};
	CHECK_INT(station_open(&c, none, &e), -1);
	CHECK_INT(e.num, ENOENT);
	memset(reply, 'x', 200);
	reply[200] = '\0';
	e = (struct err){0};
	CHECK_INT(station_open(&c, reply, &e), -1);
	CHECK_INT(e.num, ENAMETOOLONG);
}

int main(void)
{
	RUN(answers_and_events_are_told_apart);
	RUN(silence_is_an_error_that_repeats_no_question);
	RUN(nobody_and_not_allowed_are_told_apart);
	return check_done();
}
