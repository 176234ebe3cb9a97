/*
 * base: what every part of airlock stands on.
 *
 * Errors that are values, logging with one sink, descriptors that close
 * themselves, strings that cannot overflow, children, and a small poll(2)
 * loop.  It knows nothing of routers or machines, allocates only where a
 * comment says so, and links into airlock-init (PID 1 of the guest) as well
 * as into every program of the host.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#define ARRAY_LEN(a)      (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
/* sys/param.h of either system has its own. */
#undef MIN
#undef MAX
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* ------------------------------------------------------------------ err */

/* What kind of failure an error is; the values are the exit statuses. */
enum err_kind {
	ERR_FAILED = 1,      /* it was tried and did not work */
	ERR_USAGE = 2,       /* the command line is wrong */
	ERR_CONF = 3,        /* airlock.conf(5) is wrong */
	ERR_IMAGE = 4,       /* there is no usable image */
	ERR_HOST = 5,        /* this host lacks something */
	ERR_NOT_RUNNING = 6, /* nothing runs under that name */
};

/*
 * An error, owned by the caller, of fixed size, without allocation.
 * A zeroed struct is "no error": callers begin with `struct err e = {0};`.
 */
struct err {
	enum err_kind kind; /* 0 while there is no error */
	int num;            /* errno of the cause, or 0 */
	char text[640];     /* "what was wanted: ...: cause" */
	char hint[256];     /* what to type next, or "" */
};

/*
 * Fill *e with a formatted cause; when errnum is not 0 ": strerror(errnum)"
 * is appended.  The kind becomes ERR_FAILED, the hint is emptied.
 * Text that does not fit is cut.  Always returns -1, so that a function ends
 * with `return err_set(e, errno, "open %s", path);`.
 */
int err_set(struct err *e, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put "context: " before the text of a filled error.  Always returns -1. */
int err_ctx(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Say what kind of failure it is.  Always returns -1. */
int err_is(struct err *e, enum err_kind kind);

/* Say what would mend it, as a command or a sentence.  Always returns -1. */
int err_hint(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ------------------------------------------------------------------ log */

enum log_level { LEVEL_NONE, LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

/* Where log lines go: one line, no newline, control characters escaped. */
typedef void log_sink(void *arg, enum log_level level, const char *text);

/*
 * Choose where lines go and how much is said.
 *
 * @sink  NULL for standard error, "ident: level: text"
 * @arg   handed to the sink
 * @ident program's name for standard error; must outlive the process
 * @max   the most talkative level that still passes
 */
void log_open(log_sink *sink, void *arg, const char *ident, enum log_level max);

/* Change how much is said. */
void log_level_set(enum log_level max);

/* Write one line of a level.  Never fails, never allocates; keeps errno. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LEVEL_DEBUG, __VA_ARGS__)

/* "error", "warn", ...; "none" for LEVEL_NONE. */
const char *log_level_name(enum log_level level);

/* The level of a name, or -1. */
int log_level_parse(const char *name);

/* ------------------------------------------------------------------- fd */

/* Variables that are closed or freed when their scope ends. */
#define auto_fd   __attribute__((cleanup(fd_cleanup))) int
#define auto_free __attribute__((cleanup(free_cleanup)))

/* Close *fd when it is not negative; errno is kept. */
void fd_cleanup(int *fd);
/* free(*(void **)p). */
void free_cleanup(void *p);
/* Take the ownership of *fd out of an auto_fd; *fd becomes -1. */
int fd_take(int *fd);
/* Close *fd when it is not negative and set it to -1; errno is kept. */
void fd_close(int *fd);

/* Set O_NONBLOCK.  0, or -1 with *e. */
int fd_nonblock(int fd, struct err *e);

/*
 * Write all of buf to a blocking descriptor, going on after EINTR and short
 * writes.  0, or -1 with *e.
 */
int fd_write_all(int fd, const void *buf, size_t len, struct err *e);

/*
 * Read a whole file into memory that the caller frees, with a NUL after it.
 *
 * @dirfd AT_FDCWD or a directory
 * @max   the most bytes accepted; a longer file is an error
 * @len   its length, without the NUL
 * Returns the memory, or NULL with *e.
 */
char *file_read_at(int dirfd, const char *path, size_t max, size_t *len, struct err *e);
char *file_read(const char *path, size_t max, size_t *len, struct err *e);
/* The same from an open descriptor; `what` names it in errors. */
char *fd_read_all(int fd, const char *what, size_t max, size_t *len, struct err *e);

/*
 * Replace a file so that at every moment either the old or the new one is
 * there, whole: a temporary file beside it, fsync, rename.
 * 0, or -1 with *e and the old file untouched.
 */
int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *e);

/* Write a string to an existing file such as a sysctl.  0, or -1 with *e. */
int file_put(const char *path, const char *text, struct err *e);

/* mkdir -p.  0, or -1 with *e. */
int dir_make(const char *path, mode_t mode, struct err *e);

/*
 * Listen on / connect to a UNIX stream socket.  The path must fit sun_path.
 * A stale socket file is removed before listening.
 * Returns a close-on-exec descriptor, or -1 with *e.
 */
int unix_listen(const char *path, mode_t mode, struct err *e);
int unix_connect(const char *path, struct err *e);

/*
 * A pair of SOCK_SEQPACKET sockets, close-on-exec, with room for records of 64 KiB.
 * 0, or -1 with *e and both -1.
 */
int unix_pair(int pair[2], struct err *e);

/*
 * Send bytes with at most one descriptor (fd -1: none) over a UNIX socket,
 * and receive them.  unix_recv returns the bytes read, 0 at the end,
 * or -1 with *e; *fd is the descriptor received, close-on-exec, or -1.
 */
int unix_send(int sock, const void *buf, size_t len, int fd, struct err *e);
ssize_t unix_recv(int sock, void *buf, size_t size, int *fd, struct err *e);

/* ------------------------------------------------------------------ str */

/* A growing byte buffer; zeroed is empty.  Out of memory aborts. */
struct buf {
	char *data; /* NUL-terminated when not NULL */
	size_t len, cap;
};
void buf_fini(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Drop n bytes from the front. */
void buf_drop(struct buf *b, size_t n);

/* Copy with truncation; dst is always terminated.  False when it was cut. */
bool str_copy(char *dst, size_t size, const char *src);
/* snprintf that says whether all of it fitted. */
bool str_format(char *dst, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Escape bytes of a stranger (an SSID, a log line of the guest) so that a
 * terminal, a log and JSON can show them: valid UTF-8 that is printable
 * stays, the rest becomes \xHH, a backslash becomes \\.
 * dst of size 4 * len + 1 holds everything; less cuts between characters.
 */
void str_escape(char *dst, size_t size, const void *src, size_t len);

/*
 * The same for text that was composed by us of trusted and foreign parts, such
 * as a log line: backslashes stay as they are.
 */
void str_clean(char *dst, size_t size, const void *src, size_t len);

/*
 * The last defence of passphrases in text that is logged: from the value that
 * follows a word such as psk, passphrase, password or wep_key to the end of the
 * text everything becomes "***", in place.  A value follows after '=' or, with
 * anything in between, in quotes.  The name of a method (WPA-PSK) is no such word.
 */
void str_hide_secrets(char *text);

/* Lower-case hexadecimal; dst holds 2 * len + 1. */
void str_hex(char *dst, const void *src, size_t len);
/* Returns the number of bytes, or -1 when it is no hexadecimal or too long. */
ssize_t str_unhex(void *dst, size_t size, const char *hex);

/* Whole decimal number in [min, max] or false. */
bool str_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/*
 * The candidate nearest to a misspelt word, by edit distance at most a third
 * of its length (at least 1), or NULL.  `names` ends with NULL.
 */
const char *str_nearest(const char *word, const char *const *names);

/* "3 s", "2 min 5 s", "4 h 12 min"; returns dst. */
char *str_duration(char *dst, size_t size, uint64_t ms);
/* "512 B", "3.4 MB" (powers of ten); returns dst. */
char *str_bytes(char *dst, size_t size, uint64_t bytes);

/* ----------------------------------------------------------------- loop */

/*
 * A single-threaded loop over poll(2) and monotonic timers.  All watchers
 * belong to the caller and are linked in place: no allocation by watcher.
 * A callback may add or remove any watcher, itself included.
 */
struct loop;

struct loop_io {
	int fd;
	short events; /* POLLIN, POLLOUT; may be changed at any time */
	void (*fn)(void *arg, short revents);
	void *arg;
	struct loop_io *next; /* the loop's */
};

struct loop_timer {
	void (*fn)(void *arg);
	void *arg;
	uint64_t due_ms;         /* the loop's */
	struct loop_timer *next; /* the loop's */
	bool armed;              /* the loop's */
};

struct loop_child {
	pid_t pid;
	/* status as of waitpid(2); the watcher is removed before the call. */
	void (*fn)(void *arg, int status);
	void *arg;
	struct loop_child *next; /* the loop's */
};

struct loop_signal {
	int signo;
	void (*fn)(void *arg, int signo);
	void *arg;
	struct loop_signal *next; /* the loop's */
};

/*
 * A loop is one per process: it owns SIGCHLD and the signals watched.
 * Returns it, or NULL with *e.
 */
struct loop *loop_new(struct err *e);
void loop_free(struct loop *l);

void loop_io_add(struct loop *l, struct loop_io *io);
void loop_io_del(struct loop *l, struct loop_io *io);
/* (Re)arm: due `ms` milliseconds from now, once. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ms);
void loop_timer_del(struct loop *l, struct loop_timer *t);
void loop_child_add(struct loop *l, struct loop_child *c);
void loop_child_del(struct loop *l, struct loop_child *c);
void loop_signal_add(struct loop *l, struct loop_signal *s);

/* Reap children nobody watches too: what PID 1 must do. */
void loop_reap_all(struct loop *l);

/* Run until loop_stop; returns its argument, or -1 with *e. */
int loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l, int result);

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t now_ms(void);

/* ----------------------------------------------------------------- self */

/* What a process asks of its system about itself: self_linux.c, self_freebsd.c. */

/* The path of the program that runs.  0, or -1 with *e. */
int self_path(char *dst, size_t size, struct err *e);

/*
 * Be killed when `parent` ends, and at once when it has; after every change of user.
 * May be called between fork and exec.  0, or -1 with errno (0: the parent is gone).
 */
int self_die_with(pid_t parent);

/* Become the program argv[0], looked for in our PATH, with that environment.  Returns on
 * failure. */
void self_exec(char *const *argv, char *const *env);

/* Close the descriptors from `first` to `last`, both included; INT_MAX is all there are. */
void self_close_range(int first, int last);

/* ---------------------------------------------------------------- child */

/* How a program is to be started. */
struct child_spec {
	const char *const *argv; /* argv[0] is the path or name; NULL ends it */
	const char *const *envp; /* NULL: only PATH and LANG=C.UTF-8 */
	int in, out, err;        /* -1: /dev/null; else dup'ed */
	const int *keep_fds;     /* descriptors that keep their number, or NULL */
	size_t keep_count;
	uid_t uid; /* 0: unchanged, else setresuid/setresgid/no groups */
	gid_t gid;
	int nice;         /* 0: unchanged */
	bool die_with_us; /* SIGKILL when the thread that spawned it dies */
};

/*
 * Start a program.  Every descriptor not named is closed in it, signals are
 * at their defaults, it leads a session of its own.
 * Returns its pid, or -1 with *e, also when exec itself failed.
 */
pid_t child_spawn(const struct child_spec *spec, struct err *e);

/*
 * Wait for a child of ours to end; its exit status, 128 + signal when it was
 * killed, or -1 when there is no such child.
 */
int child_wait(pid_t pid);

/* Has it ended?  If so it is reaped. */
bool child_has_ended(pid_t pid);

/*
 * Run a program to its end.
 *
 * @in    bytes for its standard input, or NULL
 * @out   what it wrote to its standard output, at most 1 MiB, or NULL
 * Returns its exit status (128 + signal when killed), or -1 with *e when it
 * could not be started.  The last line of its stderr is put into *e for
 * every status but 0 (e may be NULL).
 */
int child_run(const char *const *argv, const char *in, struct buf *out, struct err *e);

#endif
