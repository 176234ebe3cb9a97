/*
 * pci_kernel: what the kernel does behind sysfs, in a tree of files.
 *
 * `unbind` of each driver and `drivers_probe` are pipes that a thread reads: it takes
 * and makes the links and nodes that the kernel would, and modprobe is a script beside
 * them.  So the driver for Linux runs as it is, and neither root nor a card is needed.
 */
#ifndef TEST_UNIT_PCI_KERNEL_H
#define TEST_UNIT_PCI_KERNEL_H

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "pci/pci.h"
#include "pci_tree.h"

#define KERNEL_MAX 16

struct kernel {
	char root[64];
	pthread_t thread;
	pthread_mutex_t busy; /* held while it does something */
	int stop[2];
	size_t pipes;
	struct pollfd in[KERNEL_MAX];
	char drivers[KERNEL_MAX][PCI_DRIVER]; /* in[i] is its unbind; "" drivers_probe, stop */
	size_t count;
	char own[KERNEL_MAX][2][PCI_DRIVER]; /* address and the driver that knows it */
	volatile bool held;                  /* vfio-pci keeps what it has */
	unsigned new_ids;
};

static inline void kernel_path(
    const struct kernel *k, char path[400], const char *address, const char *name)
{
	str_format(path, 400, "%s/sys/bus/pci/devices/%s/%s", k->root, address, name);
}

static inline bool kernel_read(const char *path, char *dst, size_t size)
{
	struct err e = {0};
	auto_free char *text = file_read(path, 4096, NULL, &e);

	dst[0] = '\0';
	if (text != NULL) {
		text[strcspn(text, "\n")] = '\0';
		str_copy(dst, size, text);
	}
	return text != NULL;
}

static inline bool kernel_driver(const struct kernel *k, const char *address, char driver[400])
{
	char path[400], target[400];
	ssize_t n;

	kernel_path(k, path, address, "driver");
	n = readlink(path, target, sizeof(target) - 1);
	driver[0] = '\0';
	if (n <= 0)
		return false;
	target[n] = '\0';
	str_copy(driver, 400, strrchr(target, '/') + 1);
	return true;
}

/* The node of a device's group, which is there while vfio-pci has the device. */
static inline void kernel_node(const struct kernel *k, const char *address, bool make)
{
	char path[400], target[400], text[32];
	ssize_t n;

	kernel_path(k, path, address, "iommu_group");
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	str_format(text, sizeof(text), "dev/vfio/%.8s", strrchr(target, '/') + 1);
	if (make)
		tree_put(k->root, text, "", 0);
	str_format(path, sizeof(path), "%s/%s", k->root, text);
	if (!make)
		unlink(path);
}

static inline void kernel_unbind(struct kernel *k, const char *driver, const char *address)
{
	char path[400], now[400];

	if (!kernel_driver(k, address, now) || strcmp(now, driver) != 0 ||
	    (k->held && strcmp(driver, "vfio-pci") == 0))
		return;
	kernel_path(k, path, address, "driver");
	unlink(path);
	if (strcmp(driver, "vfio-pci") == 0)
		kernel_node(k, address, false);
}

static inline void kernel_probe(struct kernel *k, const char *address)
{
	char path[400], driver[400], dir[200];

	if (kernel_driver(k, address, driver))
		return;
	kernel_path(k, path, address, "driver_override");
	kernel_read(path, driver, sizeof(driver));
	if (driver[0] == '\0' || strcmp(driver, "(null)") == 0) {
		driver[0] = '\0';
		for (size_t i = 0; i < k->count; i++)
			if (strcmp(k->own[i][0], address) == 0)
				str_copy(driver, sizeof(driver), k->own[i][1]);
	}
	str_format(path, sizeof(path), "%s/sys/bus/pci/drivers/%s", k->root, driver);
	if (driver[0] == '\0' || access(path, F_OK) < 0)
		return;
	if (strcmp(driver, "vfio-pci") == 0)
		kernel_node(k, address, true);
	str_format(dir, sizeof(dir), "sys/bus/pci/devices/%s", address);
	str_format(path, sizeof(path), "sys/bus/pci/drivers/%s", driver);
	tree_link(k->root, dir, "driver", path);
}

/* What was written to one of the pipes. */
static inline void kernel_read_pipe(struct kernel *k, size_t i)
{
	char text[256], *rest, *line;
	ssize_t n = read(k->in[i].fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		if (line[0] == '\0')
			continue;
		if (k->drivers[i][0] != '\0')
			kernel_unbind(k, k->drivers[i], line);
		else
			kernel_probe(k, line);
	}
}

static inline void *kernel_run(void *arg)
{
	struct kernel *k = arg;

	for (;;) {
		poll(k->in, k->pipes, -1);
		if (k->in[0].revents != 0)
			return NULL;
		pthread_mutex_lock(&k->busy);
		for (size_t i = 1; i < k->pipes; i++)
			if ((k->in[i].revents & POLLIN) != 0)
				kernel_read_pipe(k, i);
		pthread_mutex_unlock(&k->busy);
	}
}

/*
 * Wait until whatever was begun is done.  Writing to a pipe ends before anybody has read
 * it, while a write to sysfs ends when the kernel has done what it asks for: so after a
 * writer was killed its children's locks are waited for, and then the pipes.
 */
static inline void kernel_settle(struct kernel *k)
{
	bool idle = false;
	char path[400];

	for (size_t i = 0; i < k->count; i++) {
		auto_fd fd = -1;

		kernel_path(k, path, k->own[i][0], "");
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			flock(fd, LOCK_EX);
	}
	while (!idle) {
		int waiting = 0, n;

		pthread_mutex_lock(&k->busy);
		for (size_t i = 1; i < k->pipes; i++)
			if (ioctl(k->in[i].fd, FIONREAD, &n) == 0)
				waiting += n;
		pthread_mutex_unlock(&k->busy);
		idle = waiting == 0;
		if (!idle)
			usleep(1000);
	}
}

static inline void kernel_pipe(struct kernel *k, const char *name, const char *driver)
{
	char path[400];

	str_format(path, sizeof(path), "%s/%s", k->root, name);
	unlink(path);
	if (mkfifo(path, 0600) < 0)
		abort();
	k->in[k->pipes] = (struct pollfd){
	    .fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC), .events = POLLIN};
	str_copy(k->drivers[k->pipes++], PCI_DRIVER, driver);
}

/* A driver whose module is not loaded: modprobe moves it into place. */
static inline void kernel_unload(struct kernel *k, const char *driver)
{
	char from[400], to[400];

	tree_dir(k->root, "later");
	str_format(from, sizeof(from), "%s/sys/bus/pci/drivers/%s", k->root, driver);
	str_format(to, sizeof(to), "%s/later/%s", k->root, driver);
	if (rename(from, to) < 0)
		abort();
}

/* Make a tree of the description, and the kernel behind it.  vfio-pci is not loaded. */
static inline void kernel_start(struct kernel *k, const char *text)
{
	static const char modprobe[] =
	    "#!/bin/sh\n"
	    "root=${0%/sbin/modprobe}\n"
	    "echo \"$@\" >>\"$root/modprobed\"\n"
	    "case $3 in\n"
	    "vfio-pci) mv \"$root/later/vfio-pci\" \"$root/sys/bus/pci/drivers/\" ;;\n"
	    "pci:*) mv \"$root\"/later/* \"$root/sys/bus/pci/drivers/\" ;;\n"
	    "esac\n";
	auto_free char *copy = strdup(text);
	struct pci_host h;
	struct err e = {0};
	char path[400];

	memset(k, 0, sizeof(*k));
	pthread_mutex_init(&k->busy, NULL);
	strcpy(k->root, "/tmp/airlock-pci-XXXXXX");
	if (mkdtemp(k->root) == NULL || pipe(k->stop) < 0)
		abort();
	tree_unfold(k->root, copy, NULL, NULL);
	tree_put(k->root, "sbin/modprobe", modprobe, sizeof(modprobe) - 1);
	str_format(path, sizeof(path), "%s/sbin/modprobe", k->root);
	chmod(path, 0755);
	tree_driver(k->root, "vfio-pci");
	tree_put(k->root, "sys/bus/pci/drivers/vfio-pci/new_id", "", 0);
	k->in[k->pipes++] = (struct pollfd){.fd = k->stop[0], .events = POLLIN};
	kernel_pipe(k, "sys/bus/pci/drivers_probe", "");
	kernel_pipe(k, "sys/bus/pci/drivers/vfio-pci/unbind", "vfio-pci");
	kernel_unload(k, "vfio-pci");
	if (pci_list(k->root, &h, &e) < 0)
		abort();
	for (size_t i = 0; i < h.count; i++) {
		bool known = h.devices[i].driver[0] == '\0';

		str_copy(k->own[k->count][0], PCI_DRIVER, h.devices[i].address);
		str_copy(k->own[k->count++][1], PCI_DRIVER, h.devices[i].driver);
		for (size_t n = 0; n < k->pipes; n++)
			known |= strcmp(k->drivers[n], h.devices[i].driver) == 0;
		if (known)
			continue;
		str_format(
		    path, sizeof(path), "sys/bus/pci/drivers/%s/unbind", h.devices[i].driver);
		kernel_pipe(k, path, h.devices[i].driver);
	}
	pci_fini(&h);
	if (pthread_create(&k->thread, NULL, kernel_run, k) != 0)
		abort();
}

static inline void kernel_stop(struct kernel *k)
{
	close(k->stop[1]);
	pthread_join(k->thread, NULL);
	for (size_t i = 0; i < k->pipes; i++)
		close(k->in[i].fd);
	tree_remove(k->root);
}

/* Drivers, overrides and granted nodes, as pci_fake_dump() says them. */
static inline void kernel_dump(const struct kernel *k, struct buf *b)
{
	struct pci_host h;
	struct err e = {0};
	struct stat st;
	char path[400];

	if (pci_list(k->root, &h, &e) < 0)
		abort();
	for (size_t i = 0; i < h.count; i++)
		buf_addf(b, "%s driver \"%s\" override \"%s\"\n", h.devices[i].address,
		    h.devices[i].driver, h.devices[i].override);
	pci_fini(&h);
	for (int i = 0; i < 64; i++) {
		str_format(path, sizeof(path), "%s/dev/vfio/%d", k->root, i);
		if (stat(path, &st) == 0 && st.st_uid != geteuid())
			buf_addf(b, "/dev/vfio/%d user %u\n", i, st.st_uid);
	}
}

#endif
