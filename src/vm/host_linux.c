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

void host_accel_facts(struct accel_facts *f)
{
	char text[CPUINFO_BYTES];
	auto_fd fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC), kvm = -1;
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
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	f->opens = kvm >= 0;
	/* A node without its driver is of no use; one closed to us may open for others. */
	f->device = f->opens || errno == EACCES || errno == EPERM;
	if (f->device && stat("/dev/kvm", &st) == 0) {
		f->mode = st.st_mode;
		f->owner = st.st_uid;
		f->group = st.st_gid;
	}
}

static const struct {
	int resource;
	bool read_only; /* only when the machine writes no files */
} limits[HOST_LIMITS] = {
    /* A core may hold the guest's memory, and with it passphrases. */
    {RLIMIT_CORE, false},
    /* Nothing of the guest is locked into memory. */
    {RLIMIT_MEMLOCK, false},
    /* With read-only disks there is no file that should grow. */
    {RLIMIT_FSIZE, true},
};

void host_limits_lower(struct host_limits *saved, bool writes_files)
{
	for (size_t i = 0; i < HOST_LIMITS; i++) {
		struct rlimit lower;

		saved->lowered[i] = !(limits[i].read_only && writes_files) &&
				    getrlimit(limits[i].resource, &saved->limit[i]) == 0;
		if (!saved->lowered[i])
			continue;
		lower = (struct rlimit){0, saved->limit[i].rlim_max};
		if (setrlimit(limits[i].resource, &lower) < 0)
			log_debug("lower limit %d: %s", limits[i].resource, strerror(errno));
	}
}

void host_limits_restore(const struct host_limits *saved)
{
	for (size_t i = 0; i < HOST_LIMITS; i++)
		if (saved->lowered[i] && setrlimit(limits[i].resource, &saved->limit[i]) < 0)
			log_debug("restore limit %d: %s", limits[i].resource, strerror(errno));
}
