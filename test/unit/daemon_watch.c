/* watch: every way of making a file another one is told, and nothing else is. */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "check.h"
#include "daemon/watch.h"

static char top[64];

static const char *in_top(const char *name)
{
	static char path[4][300];
	static unsigned at;

	at = (at + 1) % 4;
	str_format(path[at], sizeof(path[at]), "%s/%s", top, name);
	return path[at];
}

static void write_file(const char *name, const char *text, int flags)
{
	int fd = open(in_top(name), O_WRONLY | O_CREAT | flags, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) >= 0);
	close(fd);
}

static void begin(void)
{
	str_copy(top, sizeof(top), "/tmp/airlock-watch-XXXXXX");
	CHECK(mkdtemp(top) != NULL);
}

static void end(void)
{
	const char *const argv[] = {"rm", "-rf", top, NULL};
	struct err e = {0};

	CHECK_INT(child_run(argv, NULL, NULL, &e), 0);
}

static int watch(const char *name)
{
	struct err e = {0};
	int fd = watch_open(in_top(name), &e);

	CHECK_STR(e.text, "");
	return fd;
}

/* Was something told?  Ends the watch. */
static bool told(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	bool yes = poll(&p, 1, 0) == 1;

	close(fd);
	return yes;
}

static void edits_are_told(void)
{
	int fd;

	begin();
	write_file("conf", "a", O_TRUNC);
	fd = watch("conf");
	write_file("conf", "b", O_TRUNC);
	CHECK(told(fd));
	fd = watch("conf");
	write_file("conf", "c", O_APPEND);
	CHECK(told(fd));
	fd = watch("conf");
	write_file("new", "d", O_TRUNC);
	CHECK_INT(rename(in_top("new"), in_top("conf")), 0);
	CHECK(told(fd));
	fd = watch("conf");
	CHECK_INT(unlink(in_top("conf")), 0);
	CHECK(told(fd));
	fd = watch("conf"); /* it is not there now */
	write_file("conf", "e", O_TRUNC);
	CHECK(told(fd));
	end();
}

static void a_writer_who_keeps_it_open_is_told(void)
{
	int fd, out;

	begin();
	out = open(in_top("conf"), O_WRONLY | O_CREAT, 0600);
	fd = watch("conf");
	CHECK_INT(write(out, "x", 1), 1);
	CHECK(told(fd));
	close(out);
	end();
}

static void an_edit_by_another_name_is_told(void)
{
	int fd;

	begin();
	CHECK_INT(mkdir(in_top("other"), 0700), 0);
	write_file("conf", "a", O_TRUNC);
	CHECK_INT(link(in_top("conf"), in_top("other/name")), 0);
	fd = watch("conf");
	write_file("other/name", "b", O_TRUNC);
	CHECK(told(fd));
	end();
}

static void what_lies_behind_links_is_told(void)
{
	int fd;

	begin();
	CHECK_INT(mkdir(in_top("v1"), 0700), 0);
	CHECK_INT(mkdir(in_top("v2"), 0700), 0);
	CHECK_INT(mkdir(in_top("etc"), 0700), 0);
	write_file("v1/conf", "a", O_TRUNC);
	write_file("v2/conf", "b", O_TRUNC);
	CHECK_INT(symlink("v1", in_top("now")), 0);
	CHECK_INT(symlink("../now/conf", in_top("etc/conf")), 0);
	fd = watch("etc/conf");
	write_file("v2/conf", "c", O_TRUNC); /* not yet ours */
	CHECK(!told(fd));
	fd = watch("etc/conf");
	write_file("v1/conf", "c", O_TRUNC); /* the target, in place */
	CHECK(told(fd));
	fd = watch("etc/conf");
	write_file("v1/conf.new", "d", O_TRUNC); /* the target, replaced */
	CHECK_INT(rename(in_top("v1/conf.new"), in_top("v1/conf")), 0);
	CHECK(told(fd));
	fd = watch("etc/conf");
	CHECK_INT(symlink("v2", in_top("next")), 0); /* a link on the way */
	CHECK_INT(rename(in_top("next"), in_top("now")), 0);
	CHECK(told(fd));
	fd = watch("etc/conf");
	CHECK_INT(unlink(in_top("etc/conf")), 0); /* the link itself */
	CHECK(told(fd));
	end();
}

static void a_directory_that_comes_later_is_told(void)
{
	int fd;

	begin();
	fd = watch("a/b/conf");
	CHECK_INT(mkdir(in_top("a"), 0700), 0);
	CHECK(told(fd));
	fd = watch("a/b/conf");
	CHECK_INT(mkdir(in_top("a/b"), 0700), 0);
	CHECK(told(fd));
	fd = watch("a/b/conf");
	write_file("a/b/conf", "x", O_TRUNC);
	CHECK(told(fd));
	fd = watch("a/b/conf");
	CHECK_INT(rename(in_top("a/b"), in_top("a/c")), 0);
	CHECK(told(fd));
	fd = watch("a/b/conf");
	CHECK_INT(rename(in_top("a/c"), in_top("a/b")), 0);
	CHECK(told(fd));
	end();
}

static void silence_stays_silent(void)
{
	char byte;
	int fd, in;

	begin();
	write_file("conf", "a", O_TRUNC);
	CHECK_INT(mkdir(in_top("elsewhere"), 0700), 0);
	fd = watch("conf");
	in = open(in_top("conf"), O_RDONLY);
	CHECK_INT(read(in, &byte, 1), 1); /* reading is what we do ourselves */
	close(in);
	write_file("elsewhere/file", "x", O_TRUNC);
	CHECK(!told(fd));
	end();
}

static void what_cannot_be_watched_says_so(void)
{
	struct err e = {0};

	begin();
	CHECK_INT(symlink("loop", in_top("loop")), 0);
	CHECK_INT(watch_open(in_top("loop"), &e), -1);
	CHECK_HAS(e.text, "Too many levels");
	CHECK_INT(watch_open("relative", &e), -1);
	CHECK_HAS(e.text, "relative");
	end();
}

int main(void)
{
	RUN(edits_are_told);
	RUN(a_writer_who_keeps_it_open_is_told);
	RUN(an_edit_by_another_name_is_told);
	RUN(what_lies_behind_links_is_told);
	RUN(a_directory_that_comes_later_is_told);
	RUN(silence_stays_silent);
	RUN(what_cannot_be_watched_says_so);
	return check_done();
}
