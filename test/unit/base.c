/* base: errors, strings, escapes, files, the loop and children. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "check.h"

static void error_reads_from_wish_to_cause(void)
{
	struct err e = {0};

	CHECK_INT(err_set(&e, ENOENT, "open %s", "card"), -1);
	err_ctx(&e, "start");
	CHECK_STR(e.text, "start: open card: No such file or directory");
	CHECK_INT(e.kind, ERR_FAILED);
	err_is(&e, ERR_HOST);
	err_hint(&e, "apt install %s", "card");
	CHECK_INT(e.kind, ERR_HOST);
	CHECK_STR(e.hint, "apt install card");
}

static void error_that_is_too_long_is_cut(void)
{
	char longer[2000];
	struct err e = {0};

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	err_set(&e, EIO, "%s", longer);
	CHECK_INT(strlen(e.text), sizeof(e.text) - 1);
	err_ctx(&e, "%s", longer);
	CHECK_INT(strlen(e.text), sizeof(e.text) - 1);
}

static void escape_of_strangers(void)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} rows[] = {
	    {"plain", 5, "plain"},
	    {"caf\xc3\xa9", 5, "caf\xc3\xa9"},
	    {"a\x1b[31m", 6, "a\\x1b[31m"},
	    {"nul\0x", 5, "nul\\x00x"},
	    {"100%n", 5, "100%n"},
	    {"back\\slash", 10, "back\\\\slash"},
	    {"\xc3", 1, "\\xc3"},
	    {"\xc0\xaf", 2, "\\xc0\\xaf"},
	    {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"},
	    {"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"},
	    {"\xe2\x80\xae", 3, "\\xe2\\x80\\xae"},
	    {"\xc2\x85", 2, "\\xc2\\x85"},
	    {"\x7f", 1, "\\x7f"},
	};
	char out[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		str_escape(out, sizeof(out), rows[i].in, rows[i].len);
		CHECK_STR(out, rows[i].out);
	}
	str_clean(out, sizeof(out), "a\\b\n", 4);
	CHECK_STR(out, "a\\b\\x0a");
	str_escape(out, 6, "ab\x01", 3);
	CHECK_STR(out, "ab");
}

static void numbers_have_bounds(void)
{
	uint64_t v = 7;

	CHECK(str_u64("0", 0, 9, &v) && v == 0);
	CHECK(str_u64("18446744073709551615", 0, UINT64_MAX, &v) && v == UINT64_MAX);
	CHECK(!str_u64("18446744073709551616", 0, UINT64_MAX, &v));
	CHECK(!str_u64("", 0, 9, &v));
	CHECK(!str_u64("-1", 0, 9, &v));
	CHECK(!str_u64("1 ", 0, 9, &v));
	CHECK(!str_u64("10", 0, 9, &v));
}

static void hexadecimal_both_ways(void)
{
	uint8_t raw[4];
	char text[9];

	CHECK_INT(str_unhex(raw, 4, "00fFa1"), 3);
	str_hex(text, raw, 3);
	CHECK_STR(text, "00ffa1");
	CHECK_INT(str_unhex(raw, 4, "0"), -1);
	CHECK_INT(str_unhex(raw, 4, "0g"), -1);
	CHECK_INT(str_unhex(raw, 2, "000000"), -1);
}

static void nearest_word(void)
{
	static const char *const names[] = {"memory", "console", "accel", "cpus", NULL};

	CHECK_STR(str_nearest("memori", names), "memory");
	CHECK_STR(str_nearest("cpu", names), "cpus");
	CHECK_STR(str_nearest("cpsu", names), "cpus");
	CHECK(str_nearest("zebra", names) == NULL);
	CHECK(str_nearest("", names) == NULL);
}

static void sizes_and_durations(void)
{
	char t[32];

	CHECK_STR(str_bytes(t, sizeof(t), 999), "999 B");
	CHECK_STR(str_bytes(t, sizeof(t), 1500), "1.5 kB");
	CHECK_STR(str_bytes(t, sizeof(t), 57600000), "57.6 MB");
	CHECK_STR(str_duration(t, sizeof(t), 3400), "3.4 s");
	CHECK_STR(str_duration(t, sizeof(t), 125000), "2 min 5 s");
	CHECK_STR(str_duration(t, sizeof(t), 15120000), "4 h 12 min");
}

static void file_is_replaced_or_untouched(void)
{
	char dir[] = "/tmp/unit-base.XXXXXX", path[64];
	struct err e = {0};
	struct stat st;
	size_t len;

	CHECK(mkdtemp(dir) != NULL);
	str_format(path, sizeof(path), "%s/f", dir);
	CHECK_INT(file_replace(path, "one", 3, 0600, &e), 0);
	CHECK_INT(file_replace(path, "two2", 4, 0640, &e), 0);
	{
		auto_free char *text = file_read(path, 4, &len, &e);

		CHECK_STR(text, "two2");
		CHECK_INT(len, 4);
	}
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
	CHECK(file_read(path, 3, &len, &e) == NULL);
	CHECK_INT(e.num, EFBIG);
	CHECK_INT(file_replace("/nowhere/f", "x", 1, 0600, &e), -1);
	unlink(path);
	CHECK_INT(rmdir(dir), 0); /* no temporary file was left */
}

static void descriptor_crosses_a_socket(void)
{
	struct err e = {0};
	char byte;
	int s[2], fd;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	CHECK_INT(unix_send(s[0], "x", 1, s[0], &e), 0);
	CHECK_INT(unix_recv(s[1], &byte, 1, &fd, &e), 1);
	CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	fd_close(&fd);
	CHECK_INT(unix_send(s[0], "y", 1, -1, &e), 0);
	CHECK_INT(unix_recv(s[1], &byte, 1, &fd, &e), 1);
	CHECK_INT(fd, -1);
	close(s[0]);
	CHECK_INT(unix_recv(s[1], &byte, 1, &fd, &e), 0);
	close(s[1]);
}

struct trace {
	struct loop *loop;
	struct buf text;
	struct loop_io *victim;
};

static void note_a(void *arg)
{
	buf_addf(&((struct trace *)arg)->text, "a");
}

static void note_b(void *arg)
{
	buf_addf(&((struct trace *)arg)->text, "b");
}

static void stop_loop(void *arg)
{
	loop_stop(((struct trace *)arg)->loop, 7);
}

static void timers_fire_in_order(void)
{
	struct err e = {0};
	struct trace t = {.loop = loop_new(&e)};
	struct loop_timer a = {.fn = note_a, .arg = &t}, b = {.fn = note_b, .arg = &t};
	struct loop_timer end = {.fn = stop_loop, .arg = &t}, never = {.fn = note_a, .arg = &t};

	loop_timer_set(t.loop, &end, 30);
	loop_timer_set(t.loop, &a, 20);
	loop_timer_set(t.loop, &b, 10);
	loop_timer_set(t.loop, &never, 5);
	loop_timer_del(t.loop, &never);
	CHECK_INT(loop_run(t.loop, &e), 7);
	CHECK_STR(t.text.data, "ba");
	buf_fini(&t.text);
	loop_free(t.loop);
}

static void remove_other(void *arg, short revents)
{
	struct trace *t = arg;

	buf_addf(&t->text, "r");
	loop_io_del(t->loop, t->victim);
	loop_stop(t->loop, 0);
}

static void watcher_removed_in_its_round_is_not_called(void)
{
	struct err e = {0};
	struct trace t = {.loop = loop_new(&e)};
	struct loop_io one, two;
	int p[2];

	CHECK_INT(pipe(p), 0);
	CHECK_INT(write(p[1], "x", 1), 1);
	two = (struct loop_io){.fd = p[0], .events = POLLIN, .fn = remove_other, .arg = &t};
	one = (struct loop_io){.fd = p[0], .events = POLLIN, .fn = remove_other, .arg = &t};
	loop_io_add(t.loop, &two);
	loop_io_add(t.loop, &one);
	t.victim = &two; /* added first, so polled last */
	CHECK_INT(loop_run(t.loop, &e), 0);
	CHECK_STR(t.text.data, "r");
	buf_fini(&t.text);
	loop_free(t.loop);
	close(p[0]);
	close(p[1]);
}

static void child_ended(void *arg, int status)
{
	struct trace *t = arg;

	buf_addf(&t->text, "%d", WEXITSTATUS(status));
	loop_stop(t->loop, 0);
}

static void child_is_watched(void)
{
	static const char *const argv[] = {"sh", "-c", "exit 5", NULL};
	struct child_spec spec = {.argv = argv, .in = -1, .out = -1, .err = -1};
	struct err e = {0};
	struct trace t = {.loop = loop_new(&e)};
	struct loop_child c = {.fn = child_ended, .arg = &t};

	c.pid = child_spawn(&spec, &e);
	CHECK(c.pid > 0);
	usleep(50000); /* it has ended before it is watched */
	loop_child_add(t.loop, &c);
	CHECK_INT(loop_run(t.loop, &e), 0);
	CHECK_STR(t.text.data, "5");
	buf_fini(&t.text);
	loop_free(t.loop);
}

static void missing_program_is_known_at_once(void)
{
	static const char *const argv[] = {"/nowhere/program", NULL};
	struct child_spec spec = {.argv = argv, .in = -1, .out = -1, .err = -1};
	struct err e = {0};

	CHECK_INT(child_spawn(&spec, &e), -1);
	CHECK_INT(e.num, ENOENT);
	CHECK_HAS(e.text, "start /nowhere/program");
}

static void child_gets_only_what_it_is_given(void)
{
	static const char *const argv[] = {
	    "sh", "-c", "ls /proc/self/fd | wc -l; env | wc -l", NULL};
	struct buf out = {0};
	struct err e = {0};
	int leak = open("/dev/null", O_RDONLY); /* on purpose not close-on-exec */

	CHECK_INT(child_run(argv, NULL, &out, &e), 0);
	/* 0, 1, 2 and the directory of ls; PATH, LANG and PWD of sh. */
	CHECK_STR(out.data, "4\n3\n");
	buf_fini(&out);
	close(leak);
}

static void child_is_fed_and_drained(void)
{
	static const char *const cat[] = {"cat", NULL};
	static const char *const bad[] = {
	    "sh", "-c", "echo first >&2; echo last >&2; exit 3", NULL};
	static char text[300001];
	struct buf out = {0};
	struct err e = {0};

	memset(text, 'z', sizeof(text) - 1);
	CHECK_INT(child_run(cat, text, &out, &e), 0);
	CHECK_INT(out.len, sizeof(text) - 1);
	CHECK_INT(child_run(bad, NULL, NULL, &e), 3);
	CHECK_STR(e.text, "sh: last");
	buf_fini(&out);
}

static void secrets_are_hidden(void)
{
	static const struct {
		const char *text, *hidden;
	} cases[] = {
	    {"psk=\"hunter2 \"x\" y\" rest", "psk=***"},
	    {"Line 5: failed to parse psk '\"abcdefgh\"'.", "Line 5: failed to parse psk ***"},
	    {"Line 3: Invalid passphrase length 7 (expected: 8..63) 'hunter2'.",
		"Line 3: Invalid passphrase length 7 (expected: 8..63) ***"},
	    {"SET_NETWORK 0 psk \"abcdefgh\"", "SET_NETWORK 0 psk ***"},
	    {"sae_password=geheimes Wort", "sae_password=***"},
	    {"wpa_psk = 0123456789", "wpa_psk = ***"},
	    {"wep_key0=\"abcde\"", "wep_key0=***"},
	    {"PASSWORD: x", "PASSWORD: *"},
	    {"psk=", "psk="},
	    {"key_mgmt=WPA-PSK ssid=\"home\"", "key_mgmt=WPA-PSK ssid=\"home\""},
	    {"4-Way Handshake failed - pre-shared key may be incorrect",
		"4-Way Handshake failed - pre-shared key may be incorrect"},
	    {"upskill='it'", "upskill='it'"},
	    {"wrong passphrase for \"home\"", "wrong passphrase for \"home\""},
	    {"", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[100];

		str_copy(text, sizeof(text), cases[i].text);
		str_hide_secrets(text);
		CHECK_STR(text, cases[i].hidden);
	}
}

static void records_stay_apart(void)
{
	struct err e = {0};
	static char big[60000], got[60001];
	int pair[2], fd = -1, null = open("/dev/null", O_RDONLY);

	CHECK_INT(unix_pair(pair, &e), 0);
	CHECK_INT(unix_send(pair[0], "one", 3, -1, &e), 0);
	CHECK_INT(unix_send(pair[0], "three", 5, null, &e), 0);
	memset(big, 'x', sizeof(big));
	CHECK_INT(unix_send(pair[0], big, sizeof(big), -1, &e), 0);
	CHECK_INT(unix_recv(pair[1], got, sizeof(got), &fd, &e), 3);
	CHECK_INT(fd, -1);
	CHECK_INT(unix_recv(pair[1], got, sizeof(got), &fd, &e), 5);
	CHECK(fd >= 0);
	close(fd);
	CHECK_INT(unix_recv(pair[1], got, sizeof(got), &fd, &e), sizeof(big));
	CHECK(memcmp(got, big, sizeof(big)) == 0);
	close(pair[0]);
	CHECK_INT(unix_recv(pair[1], got, sizeof(got), &fd, &e), 0);
	close(pair[1]);
	close(null);
}

static void a_process_knows_its_program(void)
{
	struct err e = {0};
	char path[4096], small[4];

	CHECK_INT(self_path(path, sizeof(path), &e), 0);
	CHECK(path[0] == '/' && strstr(path, "/unit-base") != NULL);
	CHECK_INT(self_path(small, sizeof(small), &e), -1);
	CHECK_HAS(e.text, "find this program");
}

/* A child of a child, whose parent is killed, ends; one of another parent never begins. */
static void who_is_tied_ends_with_the_parent(void)
{
	int fds[2], status;
	char byte;
	pid_t pid;

	CHECK_INT(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		pid_t self = getpid();

		if (fork() == 0) {
			CHECK_INT(self_die_with(self), 0);
			CHECK_INT(write(fds[1], "x", 1), 1);
			pause();
			_exit(0);
		}
		pause();
		_exit(0);
	}
	close(fds[1]);
	CHECK_INT(read(fds[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	/* The last one that could write is gone. */
	CHECK_INT(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	pid = fork();
	if (pid == 0)
		_exit(self_die_with(1) < 0 && errno == 0 ? 0 : 1);
	CHECK_INT(child_wait(pid), 0);
}

static void ranges_of_descriptors_are_closed(void)
{
	int fd[4];

	for (int i = 0; i < 4; i++)
		fd[i] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100 + i);
	self_close_range(fd[1], fd[2]);
	CHECK(fcntl(fd[0], F_GETFD) >= 0 && fcntl(fd[3], F_GETFD) >= 0);
	CHECK(fcntl(fd[1], F_GETFD) < 0 && fcntl(fd[2], F_GETFD) < 0);
	close(fd[0]);
	close(fd[3]);
}

int main(void)
{
	RUN(records_stay_apart);
	RUN(a_process_knows_its_program);
	RUN(who_is_tied_ends_with_the_parent);
	RUN(ranges_of_descriptors_are_closed);
	RUN(error_reads_from_wish_to_cause);
	RUN(error_that_is_too_long_is_cut);
	RUN(escape_of_strangers);
	RUN(numbers_have_bounds);
	RUN(hexadecimal_both_ways);
	RUN(nearest_word);
	RUN(sizes_and_durations);
	RUN(file_is_replaced_or_untouched);
	RUN(descriptor_crosses_a_socket);
	RUN(timers_fire_in_order);
	RUN(watcher_removed_in_its_round_is_not_called);
	RUN(child_is_watched);
	RUN(missing_program_is_known_at_once);
	RUN(child_gets_only_what_it_is_given);
	RUN(child_is_fed_and_drained);
	RUN(secrets_are_hidden);
	return check_done();
}
