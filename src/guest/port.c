/*
 * port: virtio-console ports by name.
 *
 * The kernel gives each port a device vport<N>p<M> and, once the hypervisor
 * has said it, a name in sysfs.  A port can be opened by one process at a time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest/channel.h"

#define PORTS "/sys/class/virtio-ports"

static bool is_named(int dir, const char *port, const char *name)
{
	struct err ignored = {0};
	auto_free char *text = NULL;
	char path[280];
	size_t len;

	str_format(path, sizeof(path), "%s/name", port);
	text = file_read_at(dir, path, 4096, &len, &ignored);
	if (text == NULL)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

int port_open(const char *name, struct err *e)
{
	DIR *dir = opendir(PORTS);
	struct dirent *d;
	char path[280] = "";
	int fd;

	while (dir != NULL && path[0] == '\0' && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && is_named(dirfd(dir), d->d_name, name))
			str_format(path, sizeof(path), "/dev/%s", d->d_name);
	if (dir != NULL)
		closedir(dir);
	if (path[0] == '\0')
		return err_set(e, ENOENT, "port %s", name);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_set(e, errno, "port %s: open %s", name, path);
	return fd;
}
