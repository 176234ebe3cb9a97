/*
 * button: ACPI's power button as an input device.
 *
 * A host that cannot be heard on the channel presses it (QMP system_powerdown,
 * bhyve's SIGTERM); the kernel's modules `button` and `evdev` make a device of
 * it, and a press is an orderly power-off.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest/button.h"

static void on_input(void *arg, short revents)
{
	struct button *b = arg;
	struct input_event ev;
	ssize_t n;

	while ((n = read(b->io.fd, &ev, sizeof(ev))) == (ssize_t)sizeof(ev))
		if (ev.type == EV_KEY && ev.code == KEY_POWER && ev.value == 1)
			b->of->fn(b->of->arg);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* The device is gone; its slot stays taken. */
	loop_io_del(b->of->loop, &b->io);
	fd_close(&b->io.fd);
}

static bool has_power_key(int fd)
{
	uint8_t keys[KEY_MAX / 8 + 1] = {0};

	return ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(keys)), keys) >= 0 &&
	       (keys[KEY_POWER / 8] & 1u << KEY_POWER % 8) != 0;
}

static void look_at(struct buttons *b, const char *name)
{
	struct button *button = &b->buttons[b->count];
	char path[300];
	auto_fd fd = -1;

	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->buttons[i].device, name) == 0)
			return;
	str_format(path, sizeof(path), "/dev/input/%s", name);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || !has_power_key(fd) ||
	    !str_copy(button->device, sizeof(button->device), name))
		return;
	button->of = b;
	button->io = (struct loop_io){
	    .fd = fd_take(&fd), .events = POLLIN, .fn = on_input, .arg = button};
	loop_io_add(b->loop, &button->io);
	b->count++;
}

void buttons_look(struct buttons *b, struct loop *l)
{
	DIR *dir = opendir("/dev/input");
	struct dirent *d;

	b->loop = l;
	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (strncmp(d->d_name, "event", 5) == 0 && b->count < BUTTONS_MAX)
			look_at(b, d->d_name);
	if (dir != NULL)
		closedir(dir);
}
