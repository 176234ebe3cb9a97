/*
 * bound: datagram sockets in directories where others have theirs.
 *
 * A name that the guest chose becomes a file in /run, by root's hand: so the
 * name is one word, the directory one of two that the configuration named, and
 * what is there already stays, unless it is a socket that nobody owns.  Every
 * path is written to the list before it is made, so a run that was killed is
 * cleaned up by the next one; and before anything is removed it is looked at,
 * for others may have taken its place.
 *
 * wpa_cli and hostapd_cli take the first socket that they find for that of an
 * interface.  "global" is none, so it is put elsewhere: into the run directory.
 *
 * The mode is right from the first moment, by umask.  The group is given by
 * a descriptor of the file and not by its name, which whoever may write to the
 * directory could have made mean another file meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/bound.h"

#define LIST_MAX 65536
#define GLOBAL   "global"

/* ----------------------------------------------------------------------- list */

static void write_list(const struct bound *b)
{
	struct buf text = {0};
	struct err e = {0};

	for (unsigned i = 0; i < ARRAY_LEN(b->made); i++)
		if (b->made[i])
			buf_addf(&text, "directory %s\n", b->directories[i]);
	for (unsigned i = 0; i < RELAY_SOCKETS; i++)
		if (b->sockets[i].path[0] != '\0')
			buf_addf(&text, "socket %s\n", b->sockets[i].path);
	if (text.len == 0) {
		if (unlink(b->list) < 0 && errno != ENOENT)
			log_warn("remove %s: %s", b->list, strerror(errno));
	} else if (file_replace(b->list, text.data, text.len, 0600, &e) < 0) {
		log_warn("%s", e.text);
	}
	buf_fini(&text);
}

/* ----------------------------------------------------------------------- files */

enum owner { OWNER_NO_FILE, OWNER_NO_SOCKET, OWNER_NOBODY, OWNER_SOMEBODY };

/* Who has a path: a socket that nobody holds refuses whoever connects. */
static enum owner owner_of(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (lstat(path, &st) < 0)
		return OWNER_NO_FILE;
	if (!S_ISSOCK(st.st_mode) || !str_copy(sun.sun_path, sizeof(sun.sun_path), path))
		return OWNER_NO_SOCKET;
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 &&
	    errno == ECONNREFUSED)
		return OWNER_NOBODY;
	return OWNER_SOMEBODY;
}

static int make_room(const char *path, const char *key, struct err *e)
{
	switch (owner_of(path)) {
	case OWNER_NO_FILE:
		return 0;
	case OWNER_NOBODY:
		if (unlink(path) < 0)
			return err_set(e, errno, "remove the stale socket %s", path);
		return 0;
	case OWNER_NO_SOCKET:
		err_set(e, 0, "%s is in the way: it is no socket", path);
		break;
	case OWNER_SOMEBODY:
		err_set(e, 0, "%s is in use by another program", path);
		break;
	}
	return err_hint(e,
	    "end that program, or set: sockets { %s = \"/run/airlock/%s\"; } in airlock.conf",
	    key, key);
}

static int give_to_group(struct bound_socket *s, gid_t group, struct err *e)
{
	auto_fd fd = open(s->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "look at %s", s->path);
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return err_set(e, 0, "%s was replaced by somebody", s->path);
	if (fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) < 0)
		return err_set(e, errno, "give %s to its group", s->path);
	s->device = st.st_dev;
	s->inode = st.st_ino;
	return 0;
}

/* Remove one of ours, if it is still that. */
static int remove_socket(struct bound_socket *s, struct err *e)
{
	struct stat st;
	int rc = 0;

	if (lstat(s->path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == s->device &&
	    st.st_ino == s->inode && unlink(s->path) < 0)
		rc = err_set(e, errno, "remove %s", s->path);
	s->path[0] = '\0';
	return rc;
}

/* ---------------------------------------------------------------------- checks */

/* The path of a socket in dst, and by which key its directory is configured. */
static int path_of(const struct bound *b, unsigned directory, const char *name, char dst[108],
    const char **key, struct err *e)
{
	static const char *const keys[] = {"supplicant", "hostapd"};
	bool global = directory == WIRE_DIR_SUPPLICANT && strcmp(name, GLOBAL) == 0;

	if (directory != WIRE_DIR_SUPPLICANT && directory != WIRE_DIR_HOSTAPD)
		return err_set(e, EINVAL, "directory %u of control sockets", directory);
	*key = keys[directory - 1];
	if (b->directories[directory - 1][0] == '\0')
		return err_set(e, 0, "sockets.%s is \"\"", *key);
	if (!str_format(
		dst, 108, "%s/%s", global ? b->global : b->directories[directory - 1], name))
		return err_set(e, 0, "the path of socket %s is longer than 107 bytes", name);
	return 0;
}

static struct bound_socket *find(struct bound *b, const char *path)
{
	for (unsigned i = 0; i < RELAY_SOCKETS; i++)
		if (strcmp(b->sockets[i].path, path) == 0)
			return &b->sockets[i];
	return NULL;
}

/* ------------------------------------------------------------------------ acts */

static int make_directory(struct bound *b, unsigned index, struct err *e)
{
	const char *path = b->directories[index];

	if (access(path, F_OK) == 0)
		return 0;
	b->made[index] = true;
	write_list(b);
	if (mkdir(path, 0755) == 0)
		return 0;
	b->made[index] = false;
	return err_set(e, errno, "make directory %s", path);
}

static int bind_at(const char *path, struct err *e)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int rc;

	if (fd < 0)
		return err_set(e, errno, "make a socket");
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	mask = umask(0117);
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	return rc < 0 ? err_set(e, errno, "bind %s", path) : fd_take(&fd);
}

int bound_open(struct bound *b, unsigned directory, const char *name, struct err *e)
{
	struct bound_socket *s;
	const char *key = "";
	auto_fd fd = -1;
	char path[108];

	if (!relay_name_ok(name))
		return err_set(e, EINVAL, "the name of a control socket");
	if (path_of(b, directory, name, path, &key, e) < 0)
		return -1;
	if (find(b, path) != NULL)
		return err_set(e, EEXIST, "bind %s", path);
	s = find(b, "");
	if (s == NULL)
		return err_set(e, 0, "more than %d control sockets", RELAY_SOCKETS);
	if (make_directory(b, directory - 1, e) < 0 || make_room(path, key, e) < 0)
		return -1;
	str_copy(s->path, sizeof(s->path), path);
	write_list(b);
	fd = bind_at(path, e);
	if (fd >= 0 && give_to_group(s, b->group, e) == 0)
		return fd_take(&fd);
	if (fd >= 0)
		unlink(path);
	s->path[0] = '\0';
	write_list(b);
	return -1;
}

int bound_close(struct bound *b, unsigned directory, const char *name, struct err *e)
{
	struct bound_socket *s = NULL;
	const char *key;
	char path[108];
	int rc;

	if (!relay_name_ok(name))
		return err_set(e, EINVAL, "the name of a control socket");
	if (path_of(b, directory, name, path, &key, e) < 0)
		return -1;
	s = find(b, path);
	if (s == NULL)
		return err_set(e, ENOENT, "remove %s", path);
	rc = remove_socket(s, e);
	write_list(b);
	return rc;
}

void bound_close_all(struct bound *b)
{
	struct err e = {0};

	for (unsigned i = 0; i < RELAY_SOCKETS; i++)
		if (b->sockets[i].path[0] != '\0' && remove_socket(&b->sockets[i], &e) < 0)
			log_warn("%s", e.text);
	for (unsigned i = 0; i < ARRAY_LEN(b->made); i++) {
		/* Somebody else's socket may be in it by now. */
		if (b->made[i] && rmdir(b->directories[i]) < 0 && errno != ENOTEMPTY &&
		    errno != ENOENT)
			log_warn("remove %s: %s", b->directories[i], strerror(errno));
		b->made[i] = false;
	}
	write_list(b);
}

int bound_recover(struct bound *b)
{
	struct err ignored = {0};
	size_t len;
	auto_free char *text = file_read(b->list, LIST_MAX, &len, &ignored);
	char *rest = text, *line;
	int removed = 0;

	/* Sockets first: the list names directories first. */
	while ((line = strsep(&rest, "\n")) != NULL)
		if (strncmp(line, "socket ", 7) == 0 && owner_of(line + 7) == OWNER_NOBODY)
			removed += unlink(line + 7) == 0;
	for (line = text; text != NULL && line < text + len; line += strlen(line) + 1)
		if (strncmp(line, "directory ", 10) == 0 && rmdir(line + 10) < 0)
			log_debug("remove %s: %s", line + 10, strerror(errno));
	write_list(b);
	return removed;
}
