/*
 * host_linux: the questions put to a Linux host, and the limits set there.
 *
 * Answers go into plain structs; what follows from them is decided in accel.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/internal.h"

/* The first processor's entry fits; a big host's whole file is megabytes. */
#define CPUINFO_BYTES 8192

/* A node without its driver is of no use; one closed to us may open for others. */
static bool device_works(void)
{
	auto_fd fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	return fd >= 0 || errno == EACCES || errno == EPERM;
}

void host_accel_facts(struct accel_facts *f)
{
	char text[CPUINFO_BYTES];
	auto_fd fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;
	struct stat st;

	*f = (struct accel_facts){0};
	while (fd >= 0 && n > 0 && len < sizeof(text) - 1) {
		n = read(fd, text + len, sizeof(text) - 1 - len);
		len += (size_t)MAX(n, 0);
	}
	text[len] = '\0';
	f->hardware = accel_has_hardware(text);
	f->device = stat("/dev/kvm", &st) == 0 && S_ISCHR(st.st_mode) && device_works();
	if (f->device) {
		f->mode = st.st_mode;
		f->owner = st.st_uid;
		f->group = st.st_gid;
	}
}

void host_limit_child(pid_t pid, bool writes_files)
{
	/* A core would hold the guest's memory, and with it its passphrases. */
	static const struct rlimit none = {0, 0};

	if (prlimit(pid, RLIMIT_CORE, &none, NULL) < 0)
		log_debug("limit the hypervisor's core: %s", strerror(errno));
	/* Nothing of the guest is locked into memory. */
	if (prlimit(pid, RLIMIT_MEMLOCK, &none, NULL) < 0)
		log_debug("limit the hypervisor's locked memory: %s", strerror(errno));
	/* With read-only disks there is no file it should let grow. */
	if (!writes_files && prlimit(pid, RLIMIT_FSIZE, &none, NULL) < 0)
		log_debug("limit the hypervisor's files: %s", strerror(errno));
}
