/*
 * bhyve_files: what a machine leaves on the host, and what of it is taken away.
 *
 * Its configuration and the sockets of its ports are files of the run directory; bhyve
 * removes no socket, and binds none where one is.  Its object is vmm's.  A keeper that was
 * killed has removed neither, so the next one begins with a sweep.  The terminal that
 * the guest's serial line is leaves nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "vm/bhyve.h"

#define DYING_MS 2000 /* for a bhyve of an earlier run */
#define DYING_US 20000

void keeper_config_path(char dst[512], const char *dir)
{
	str_format(dst, 512, "%s/bhyve.conf", dir);
}

void keeper_files_remove(const char *dir)
{
	char path[512];

	keeper_config_path(path, dir);
	unlink(path);
	for (size_t i = 0; i < VM_PORTS_MAX; i++) {
		str_format(path, sizeof(path), "%s/port%zu", dir, i);
		unlink(path);
	}
}

int keeper_config_write(const struct keeper *k, struct err *e)
{
	struct buf text = {0};
	char path[512];
	int rc;

	keeper_config_path(path, k->dir);
	rc = bhyve_config(
	    &k->now, bhyve_release_of(k->tools), k->dir, k->tools->firmware, &text, e);
	if (rc == 0)
		rc = file_replace(path, text.data, text.len, 0600, e);
	buf_fini(&text);
	return rc;
}

int keeper_sweep(
    const struct keeper_tools *tools, const char *name, const char *dir, struct err *e)
{
	uint64_t until = now_ms() + DYING_MS;
	pid_t other;

	if (!bhyve_exists(tools, name)) {
		keeper_files_remove(dir);
		return 0;
	}
	while ((other = bhyve_find(name)) != 0 && now_ms() < until)
		usleep(DYING_US);
	if (other != 0) {
		err_set(e, 0,
		    "a bhyve that airlock did not start runs a machine \"%s\" "
		    "(process %d)",
		    name, (int)other);
		err_hint(e, "bhyvectl --vm=%s --destroy", name);
		return err_is(e, ERR_HOST);
	}
	if (bhyve_destroy(tools, name, e) < 0)
		return -1;
	keeper_files_remove(dir);
	return 1;
}

int keeper_console_open(int *theirs, struct err *e)
{
	auto_fd master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios raw;
	const char *name;

	if (master < 0 || fcntl(master, F_SETFD, FD_CLOEXEC) < 0 || grantpt(master) < 0 ||
	    unlockpt(master) < 0 || (name = ptsname(master)) == NULL)
		return err_set(e, errno, "make a terminal");
	*theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*theirs < 0 || tcgetattr(*theirs, &raw) < 0)
		return err_set(e, errno, "open %s", name);
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL;
	if (tcsetattr(*theirs, TCSANOW, &raw) < 0)
		return err_set(e, errno, "set up %s", name);
	return fd_nonblock(master, e) < 0 ? -1 : fd_take(&master);
}
