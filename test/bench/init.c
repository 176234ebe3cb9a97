/*
 * init: the least that can be PID 1.  It says so on the console and powers
 * off; how long the kernel takes until then is what the router's start is
 * measured against.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	int fd;

	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	fd = open("/dev/console", O_WRONLY);
	if (fd >= 0 && write(fd, "INIT\n", 5) != 5)
		return 1;
	reboot(RB_POWER_OFF);
	return 1;
}
