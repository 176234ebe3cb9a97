/* bound: what the privileged process does, and does not, with names that an enemy chose. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "daemon/bound.h"

#define SUPPLICANT WIRE_DIR_SUPPLICANT
#define HOSTAPD    WIRE_DIR_HOSTAPD

static char dir[40], sup[60], ap[60], run[60];
static struct bound b;

static void configure(struct bound *to)
{
	*to = (struct bound){.directories = {sup, ap}, .global = run, .group = getgid()};
	str_format(to->list, sizeof(to->list), "%s/sockets", run);
}

static void begin(void)
{
	str_copy(dir, sizeof(dir), "/tmp/airlock-bound-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	str_format(sup, sizeof(sup), "%s/sup", dir);
	str_format(ap, sizeof(ap), "%s/ap", dir);
	str_format(run, sizeof(run), "%s/run", dir);
	mkdir(run, 0700);
	configure(&b);
}

static void end(void)
{
	char command[64];

	bound_close_all(&b);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK_INT(system(command), 0);
}

static const char *in(const char *where, const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", where, name);
	return path;
}

static bool there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int somebody(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	CHECK_INT(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void refused(unsigned directory, const char *name, const char *why)
{
	struct err e = {0};

	CHECK_INT(bound_open(&b, directory, name, &e), -1);
	CHECK_HAS(e.text, why);
}

static void mode_group_and_directory(void)
{
	struct err e = {0};
	struct stat st;
	mode_t mask = umask(0);
	int fd;

	begin();
	fd = bound_open(&b, SUPPLICANT, "wlan0", &e);
	CHECK(fd >= 0);
	CHECK_INT(stat(in(sup, "wlan0"), &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_INT(st.st_mode & 07777, 0660);
	CHECK_INT(stat(sup, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0755);
	CHECK(!there(ap));
	CHECK_INT(bound_close(&b, SUPPLICANT, "wlan0", &e), 0);
	CHECK(!there(in(sup, "wlan0")));
	CHECK(there(sup));
	bound_close_all(&b);
	CHECK(!there(sup));
	CHECK(!there(b.list));
	close(fd);
	umask(mask);
	end();
}

static void names_and_directories_of_an_enemy(void)
{
	char unended[RELAY_NAME];

	begin();
	refused(SUPPLICANT, "", "name");
	refused(SUPPLICANT, "../wlan0", "name");
	refused(SUPPLICANT, "a/b", "name");
	refused(SUPPLICANT, ".wlan0", "name");
	memset(unended, 'a', sizeof(unended));
	refused(SUPPLICANT, unended, "name");
	refused(0, "wlan0", "directory 0");
	refused(3, "wlan0", "directory 3");
	refused(UINT32_MAX, "wlan0", "directory");
	b.directories[1] = "";
	refused(HOSTAPD, "wlan0", "sockets.hostapd is \"\"");
	CHECK(!there(sup));
	end();
}

static void no_more_than_there_can_be(void)
{
	struct err e = {0};
	char name[16];
	int fds[RELAY_SOCKETS];

	begin();
	for (int i = 0; i < RELAY_SOCKETS; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		fds[i] = bound_open(&b, SUPPLICANT, name, &e);
		CHECK(fds[i] >= 0);
	}
	refused(SUPPLICANT, "one-more", "more than 16");
	refused(SUPPLICANT, "s3", "s3");
	for (int i = 0; i < RELAY_SOCKETS; i++)
		close(fds[i]);
	end();
}

static void a_path_that_does_not_fit(void)
{
	static char deep[120];

	begin();
	str_format(deep, sizeof(deep), "%s/%0*d", dir, 90, 0);
	b.directories[0] = deep;
	refused(SUPPLICANT, "wlan0", "longer than 107");
	end();
}

static void others_keep_what_is_theirs(void)
{
	struct err e = {0};
	int other, fd;

	begin();
	mkdir(sup, 0755);
	other = somebody(in(sup, "wlan0"));
	refused(SUPPLICANT, "wlan0", "in use by another program");
	CHECK(there(in(sup, "wlan0")));
	close(creat(in(sup, "file"), 0600));
	refused(SUPPLICANT, "file", "no socket");
	CHECK_INT(symlink("file", in(sup, "link")), 0);
	refused(SUPPLICANT, "link", "no socket");
	CHECK(there(in(sup, "file")) && there(in(sup, "link")));
	/* A stale one is in nobody's way. */
	close(other);
	fd = bound_open(&b, SUPPLICANT, "wlan0", &e);
	CHECK(fd >= 0);
	/* Somebody took its place: that stays. */
	unlink(in(sup, "wlan0"));
	other = somebody(in(sup, "wlan0"));
	CHECK_INT(bound_close(&b, SUPPLICANT, "wlan0", &e), 0);
	CHECK(there(in(sup, "wlan0")));
	close(fd);
	close(other);
	/* Nor is a directory that was there taken away. */
	bound_close_all(&b);
	CHECK(there(sup));
	end();
}

static void only_what_is_bound_is_removed(void)
{
	struct err e = {0};
	int other;

	begin();
	mkdir(sup, 0755);
	other = somebody(in(sup, "wlan9"));
	CHECK_INT(bound_close(&b, SUPPLICANT, "wlan9", &e), -1);
	CHECK(there(in(sup, "wlan9")));
	close(other);
	end();
}

static void global_is_put_where_it_does_not_hurt(void)
{
	struct err e = {0};
	int fd;

	begin();
	fd = bound_open(&b, SUPPLICANT, "global", &e);
	CHECK(fd >= 0);
	CHECK(there(in(run, "global")));
	CHECK(!there(in(sup, "global")));
	close(fd);
	end();
}

static void what_a_killed_run_left(void)
{
	struct err e = {0};
	struct bound next;
	int fd, other, stale;

	begin();
	fd = bound_open(&b, SUPPLICANT, "wlan0", &e);
	stale = bound_open(&b, SUPPLICANT, "global", &e);
	other = somebody(in(sup, "other"));
	CHECK(fd >= 0 && stale >= 0);
	close(fd);
	close(stale);
	/* Another program has taken over one of its names meanwhile. */
	fd = bound_open(&b, HOSTAPD, "wlan1", &e);
	CHECK(fd >= 0);
	configure(&next);
	CHECK_INT(bound_recover(&next), 2);
	CHECK(!there(in(sup, "wlan0")));
	CHECK(!there(in(run, "global")));
	CHECK(there(in(ap, "wlan1")));
	CHECK(there(in(sup, "other")));
	CHECK(!there(next.list));
	CHECK_INT(bound_recover(&next), 0);
	close(fd);
	close(other);
	end();
}

int main(void)
{
	RUN(mode_group_and_directory);
	RUN(names_and_directories_of_an_enemy);
	RUN(no_more_than_there_can_be);
	RUN(a_path_that_does_not_fit);
	RUN(others_keep_what_is_theirs);
	RUN(only_what_is_bound_is_removed);
	RUN(global_is_put_where_it_does_not_hurt);
	RUN(what_a_killed_run_left);
	return check_done();
}
