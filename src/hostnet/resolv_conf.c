/*
 * resolv_conf: /etc/resolv.conf itself.
 *
 * It is absent, a file, or a link to somebody's file.  It is replaced by
 * rename(2), so that readers see the old or the new one.  Where it is a mount
 * of its own (containers), which cannot be renamed over, it is written in
 * place.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnet/resolv_conf.h"

#define RESOLV_NEW RESOLV_CONF ".airlock"

void resolv_sync(const char *path)
{
	auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

static int read_link(struct resolv_conf *c, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n = readlink(RESOLV_CONF, to, sizeof(to));

	if (n < 0)
		return err_set(e, errno, "read the link %s", RESOLV_CONF);
	c->kind = RESOLV_LINK;
	buf_add(&c->text, to, (size_t)n);
	return 0;
}

int resolv_look(struct resolv_conf *c, struct err *e)
{
	auto_free char *text = NULL;
	struct stat st;
	size_t len;

	buf_add(&c->text, "", 0);
	c->kind = RESOLV_ABSENT;
	if (lstat(RESOLV_CONF, &st) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "look at %s", RESOLV_CONF);
	if (S_ISLNK(st.st_mode))
		return read_link(c, e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, 0, "%s is neither a file nor a link", RESOLV_CONF);
	text = file_read(RESOLV_CONF, RESOLV_MAX, &len, e);
	if (text == NULL)
		return -1;
	c->kind = RESOLV_FILE;
	c->mode = st.st_mode & 07777;
	c->uid = st.st_uid;
	c->gid = st.st_gid;
	buf_add(&c->text, text, len);
	return 0;
}

bool resolv_same(const struct resolv_conf *a, const struct resolv_conf *b)
{
	return a->kind == b->kind && a->text.len == b->text.len &&
	       memcmp(a->text.data, b->text.data, a->text.len) == 0;
}

static int write_to(int fd, const struct resolv_conf *c, struct err *e)
{
	if (fd < 0)
		return err_set(e, errno, "open %s", RESOLV_CONF);
	if (fd_write_all(fd, c->text.data, c->text.len, e) < 0)
		return err_ctx(e, "%s", RESOLV_CONF);
	if (fchown(fd, c->uid, c->gid) < 0 || fchmod(fd, c->mode) < 0 || fsync(fd) < 0)
		return err_set(e, errno, "write %s", RESOLV_CONF);
	return 0;
}

static int write_in_place(const struct resolv_conf *c, struct err *e)
{
	auto_fd fd = open(RESOLV_CONF, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);

	return write_to(fd, c, e);
}

/* Make a new file or link beside it, then give that its name. */
static int put_new(const struct resolv_conf *c, struct err *e)
{
	auto_fd fd = -1;

	resolv_tidy();
	if (c->kind == RESOLV_LINK) {
		if (symlink(c->text.data, RESOLV_NEW) < 0)
			return err_set(e, errno, "make the link %s", RESOLV_NEW);
	} else {
		fd = open(
		    RESOLV_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (write_to(fd, c, e) < 0)
			return -1;
	}
	if (rename(RESOLV_NEW, RESOLV_CONF) < 0)
		return err_set(e, errno, "replace %s", RESOLV_CONF);
	return 0;
}

void resolv_tidy(void)
{
	unlink(RESOLV_NEW);
}

int resolv_put(const struct resolv_conf *c, struct err *e)
{
	int r;

	if (c->kind == RESOLV_ABSENT) {
		if (unlink(RESOLV_CONF) < 0 && errno != ENOENT)
			return err_set(e, errno, "remove %s", RESOLV_CONF);
		return 0;
	}
	r = put_new(c, e);
	if (r < 0)
		resolv_tidy();
	if (r < 0 && e->num == EBUSY && c->kind == RESOLV_FILE)
		r = write_in_place(c, e);
	if (r < 0 && (e->num == EROFS || e->num == EPERM)) {
		err_hint(e, "make %s writable, or host { resolver = false; } in airlock.conf",
		    RESOLV_CONF);
		err_is(e, ERR_HOST);
	}
	if (r == 0)
		resolv_sync("/etc");
	return r;
}
