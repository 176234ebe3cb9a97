/*
 * host_linux: the questions put to a Linux host, and the limits set there.
 *
 * Answers go into plain structs; what follows from them is decided in accel.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/internal.h"

/* The first processor's entry fits; a big host's whole file is megabytes. */
#define CPUINFO_BYTES 8192

void host_accel_facts(struct accel_facts *f)
{
	host_accel_facts_at("", f);
}

void host_accel_facts_at(const char *root, struct accel_facts *f)
{
	char text[CPUINFO_BYTES], cpuinfo[PATH_MAX], device[PATH_MAX];
	auto_fd fd = -1, kvm = -1;
	size_t len = 0;
	ssize_t n = 1;
	struct stat st;

	*f = (struct accel_facts){0};
	if (!str_format(cpuinfo, sizeof(cpuinfo), "%s/proc/cpuinfo", root) ||
	    !str_format(device, sizeof(device), "%s/dev/kvm", root))
		return;
	fd = open(cpuinfo, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && n > 0 && len < sizeof(text) - 1) {
		n = read(fd, text + len, sizeof(text) - 1 - len);
		len += (size_t)MAX(n, 0);
	}
	text[len] = '\0';
	f->hardware = accel_has_hardware(text);
	kvm = open(device, O_RDWR | O_CLOEXEC);
	f->opens = kvm >= 0;
	/* A node without its driver is of no use; one closed to us may open for others. */
	f->device = f->opens || errno == EACCES || errno == EPERM;
	if (f->device && stat(device, &st) == 0) {
		f->mode = st.st_mode;
		f->owner = st.st_uid;
		f->group = st.st_gid;
	}
}

/* A core may hold the guest's memory, and with it passphrases. */
static rlim_t core_bytes(const struct vm_spec *spec)
{
	return 0;
}

/* Where a card's DMA goes all memory is locked, without a card none. */
static rlim_t locked_bytes(const struct vm_spec *spec)
{
	const rlim_t mib = 1 << 20;

	return spec->pci_count > 0 ? (spec->memory_mib + VM_LOCKED_MIB) * mib : 0;
}

/* With read-only disks there is no file that should grow. */
static rlim_t file_bytes(const struct vm_spec *spec)
{
	for (size_t i = 0; i < spec->disk_count; i++)
		if (!spec->disks[i].read_only)
			return RLIM_INFINITY;
	return 0;
}

static const struct {
	int resource;
	rlim_t (*most)(const struct vm_spec *spec); /* RLIM_INFINITY: as it is */
} limits[HOST_LIMITS] = {
    {RLIMIT_CORE, core_bytes},
    {RLIMIT_MEMLOCK, locked_bytes},
    {RLIMIT_FSIZE, file_bytes},
};

void host_limits_set(struct host_limits *saved, const struct vm_spec *spec)
{
	for (size_t i = 0; i < HOST_LIMITS; i++) {
		rlim_t most = limits[i].most(spec);
		struct rlimit limit;

		saved->changed[i] = most != RLIM_INFINITY &&
				    getrlimit(limits[i].resource, &saved->limit[i]) == 0;
		if (!saved->changed[i])
			continue;
		limit.rlim_max = saved->limit[i].rlim_max;
		limit.rlim_cur = MIN(most, limit.rlim_max);
		if (setrlimit(limits[i].resource, &limit) < 0)
			log_debug("set limit %d: %s", limits[i].resource, strerror(errno));
	}
}

void host_limits_restore(const struct host_limits *saved)
{
	for (size_t i = 0; i < HOST_LIMITS; i++)
		if (saved->changed[i] && setrlimit(limits[i].resource, &saved->limit[i]) < 0)
			log_debug("restore limit %d: %s", limits[i].resource, strerror(errno));
}

int host_limits_check(const struct vm_spec *spec, struct err *e)
{
	rlim_t most = locked_bytes(spec);
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_max >= most)
		return 0;
	err_set(e, 0,
	    "a guest with a card and %u MiB locks %ju MiB of memory, and %ju MiB are allowed",
	    spec->memory_mib, (uintmax_t)most >> 20, (uintmax_t)limit.rlim_max >> 20);
	err_hint(e, "airlock stop && airlock start");
	return err_is(e, ERR_HOST);
}
