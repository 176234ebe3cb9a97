/*
 * pci_tree: a host described in a few lines, unfolded into a directory with a tree like
 * its sysfs, /proc and /dev, for whatever takes a root.
 *
 *     cpu intel|amd               kernel 6.12.48-amd64
 *     iommu intel|amd             (none: no IOMMU, no groups)
 *     remapping yes|no            cmdline intel_iommu=on quiet
 *     module loadable|loaded      (of vfio-pci; none: there is none)
 *     unsafe Y                    file PATH one line of text
 *     dev 00:1c.0/03:00.0 8086:2723 028000 driver=iwlwifi group=14 net=wlp3s0 wireless
 *         cap=pm,express:flr,msi:0,msix:16 reset=flr,pm,bus subsystem=8086:0084
 *         above=br0 override=x header=1 oldreset
 *     above br0 br0.7             (an interface stacked on another)
 *     reserved 14 direct          (a reserved region of a group and its type)
 *
 * One line each; a line that begins with blanks goes on with the one before.
 */
#ifndef TEST_UNIT_PCI_TREE_H
#define TEST_UNIT_PCI_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

#define TREE_WORDS 24

static inline void tree_put(const char *root, const char *name, const void *data, size_t len)
{
	char path[600], *slash;
	struct err e = {0};
	auto_fd fd = -1;

	str_format(path, sizeof(path), "%s/%s", root, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	if (dir_make(path, 0755, &e) < 0)
		abort();
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || fd_write_all(fd, data, len, &e) < 0)
		abort();
}

static inline void tree_line(
    const char *root, const char *dir, const char *name, const char *text)
{
	char path[500], line[500];

	str_format(path, sizeof(path), "%s/%s", dir, name);
	str_format(line, sizeof(line), "%s\n", text);
	tree_put(root, path, line, strlen(line));
}

static inline void tree_dir(const char *root, const char *name)
{
	char path[600];
	struct err e = {0};

	str_format(path, sizeof(path), "%s/%s", root, name);
	if (dir_make(path, 0755, &e) < 0)
		abort();
}

/* root/dir/name -> root/target */
static inline void tree_link(
    const char *root, const char *dir, const char *name, const char *target)
{
	char path[600], to[600];

	tree_dir(root, dir);
	str_format(path, sizeof(path), "%s/%s/%s", root, dir, name);
	str_format(to, sizeof(to), "%s/%s", root, target);
	unlink(path);
	if (symlink(to, path) < 0)
		abort();
}

static inline void tree_driver(const char *root, const char *name)
{
	char dir[200];

	str_format(dir, sizeof(dir), "sys/bus/pci/drivers/%s/unbind", name);
	tree_put(root, dir, "", 0);
}

/* A configuration space with these capabilities. */
static inline void tree_config(
    uint8_t config[256], const char *ids, unsigned header, char *caps)
{
	unsigned vendor = 0, device = 0, at = 0x40, last = 0x34, n;
	char *word;

	memset(config, 0, 256);
	sscanf(ids, "%x:%x", &vendor, &device);
	config[0] = (uint8_t)vendor, config[1] = (uint8_t)(vendor >> 8);
	config[2] = (uint8_t)device, config[3] = (uint8_t)(device >> 8);
	config[0x0e] = (uint8_t)header;
	while (caps != NULL && (word = strsep(&caps, ",")) != NULL) {
		config[6] = 0x10;
		config[last] = (uint8_t)at;
		last = at + 1;
		if (strcmp(word, "pm") == 0) {
			config[at] = 0x01;
		} else if (sscanf(word, "msi:%u", &n) == 1) {
			config[at] = 0x05;
			config[at + 2] = (uint8_t)(n << 1);
		} else if (sscanf(word, "msix:%u", &n) == 1) {
			config[at] = 0x11;
			config[at + 2] = (uint8_t)(n - 1);
			config[at + 3] = (uint8_t)((n - 1) >> 8);
		} else if (strncmp(word, "express", 7) == 0) {
			config[at] = 0x10;
			config[at + 7] = strcmp(word, "express:flr") == 0 ? 0x10 : 0;
		} else if (strncmp(word, "af", 2) == 0) {
			config[at] = 0x13;
			config[at + 3] = strcmp(word, "af:flr") == 0 ? 3 : 1;
		}
		at += 0x10;
	}
}

/* The interface NAME of a device whose directory is `dir`. */
static inline void tree_interface(
    const char *root, const char *dir, const char *name, bool wireless)
{
	char path[500];

	str_format(path, sizeof(path), "%s/net/%s", dir, name);
	tree_dir(root, path);
	tree_link(root, "sys/class/net", name, path);
	if (wireless) {
		str_format(path, sizeof(path), "%s/net/%s/phy80211", dir, name);
		tree_dir(root, path);
	}
}

/* Another interface on top of one. */
static inline void tree_above(const char *root, const char *name, const char *above)
{
	char path[500], link[64];

	str_format(path, sizeof(path), "sys/devices/virtual/net/%s", above);
	tree_dir(root, path);
	tree_link(root, "sys/class/net", above, path);
	str_format(link, sizeof(link), "upper_%s", above);
	str_format(path, sizeof(path), "sys/class/net/%s", name);
	tree_link(root, path, link, "sys/devices/virtual/net");
}

static inline const char *tree_value(char **words, const char *key)
{
	size_t len = strlen(key);

	for (; *words != NULL; words++)
		if (strncmp(*words, key, len) == 0 && ((*words)[len] == '=' || !(*words)[len]))
			return *words + len + ((*words)[len] == '=');
	return NULL;
}

/* dev PATH VENDOR:DEVICE CLASS key=value... */
static inline void tree_device(const char *root, char **words)
{
	char dir[500], address[32] = "", text[300], *part, *path = words[1], *more;
	const char *v, *net = tree_value(words, "net");
	unsigned vendor, device, subvendor = 0, subdevice = 0, header = 0;
	uint8_t config[256];

	str_copy(dir, sizeof(dir), "sys/devices/pci0000:00");
	while ((part = strsep(&path, "/")) != NULL) {
		str_format(
		    address, sizeof(address), "%s%s", strlen(part) < 9 ? "0000:" : "", part);
		str_format(text, sizeof(text), "/%s", address);
		strcat(dir, text);
	}
	tree_dir(root, dir);
	tree_link(root, "sys/bus/pci/devices", address, dir);
	sscanf(words[2], "%x:%x", &vendor, &device);
	if ((v = tree_value(words, "subsystem")) != NULL)
		sscanf(v, "%x:%x", &subvendor, &subdevice);
	if ((v = tree_value(words, "header")) != NULL)
		header = (unsigned)atoi(v);
	str_format(text, sizeof(text), "0x%04x", vendor);
	tree_line(root, dir, "vendor", text);
	str_format(text, sizeof(text), "0x%04x", device);
	tree_line(root, dir, "device", text);
	str_format(text, sizeof(text), "0x%04x", subvendor);
	tree_line(root, dir, "subsystem_vendor", text);
	str_format(text, sizeof(text), "0x%04x", subdevice);
	tree_line(root, dir, "subsystem_device", text);
	str_format(text, sizeof(text), "0x%s", words[3]);
	tree_line(root, dir, "class", text);
	str_format(text, sizeof(text), "pci:v%08Xd%08Xsv%08Xsd%08Xbc%.2ssc%.2si%.2s", vendor,
	    device, subvendor, subdevice, words[3], words[3] + 2, words[3] + 4);
	tree_line(root, dir, "modalias", text);
	v = tree_value(words, "override");
	tree_line(root, dir, "driver_override", v != NULL ? v : "(null)");
	v = tree_value(words, "cap");
	tree_config(config, words[2], header, (char *)v);
	str_format(text, sizeof(text), "%s/config", dir);
	tree_put(root, text, config, sizeof(config));
	if ((v = tree_value(words, "reset")) != NULL) {
		str_copy(text, sizeof(text), v);
		for (char *p = text; (p = strchr(p, ',')) != NULL;)
			*p = ' ';
		tree_line(root, dir, "reset_method", text);
	}
	if (tree_value(words, "oldreset") != NULL)
		tree_line(root, dir, "reset", "");
	if ((v = tree_value(words, "driver")) != NULL) {
		str_format(text, sizeof(text), "sys/bus/pci/drivers/%s", v);
		tree_driver(root, v);
		tree_link(root, dir, "driver", text);
	}
	if ((v = tree_value(words, "group")) != NULL) {
		str_format(text, sizeof(text), "sys/kernel/iommu_groups/%s", v);
		tree_dir(root, text);
		tree_link(root, dir, "iommu_group", text);
	}
	if (net != NULL) {
		str_copy(text, sizeof(text), net);
		for (more = text; (part = strsep(&more, ",")) != NULL;)
			tree_interface(root, dir, part, tree_value(words, "wireless") != NULL);
	}
}

static inline void tree_host_word(const char *root, const char *key, const char *value)
{
	char text[1000];

	if (strcmp(key, "cpu") == 0) {
		str_format(text, sizeof(text), "processor\t: 0\nvendor_id\t: %s\n",
		    strcmp(value, "amd") == 0 ? "AuthenticAMD" : "GenuineIntel");
		tree_put(root, "proc/cpuinfo", text, strlen(text));
	} else if (strcmp(key, "kernel") == 0) {
		tree_line(root, "proc/sys/kernel", "osrelease", value);
	} else if (strcmp(key, "iommu") == 0) {
		tree_dir(root, strcmp(value, "amd") == 0 ? "sys/class/iommu/ivhd0"
							 : "sys/class/iommu/dmar0");
	} else if (strcmp(key, "remapping") == 0) {
		const char *ir = strcmp(value, "yes") == 0 ? "IR-" : "";

		str_format(text, sizeof(text),
		    "            CPU0\n   1:  9  %sIO-APIC    1-edge      i8042\n"
		    " 128:  7  %sPCI-MSI-0000:00:14.0    0-edge      xhci_hcd\n",
		    ir, ir);
		tree_put(root, "proc/interrupts", text, strlen(text));
	} else if (strcmp(key, "cmdline") == 0) {
		tree_line(root, "proc", "cmdline", value);
	} else if (strcmp(key, "module") == 0 && strcmp(value, "loaded") == 0) {
		tree_driver(root, "vfio-pci");
	} else if (strcmp(key, "unsafe") == 0) {
		tree_line(root, "sys/module/vfio_iommu_type1/parameters",
		    "allow_unsafe_interrupts", value);
	}
}

/* "modules.dep" of the kernel that was named before. */
static inline void tree_modules(const char *root, const char *kernel)
{
	char path[200];
	static const char text[] = "kernel/drivers/vfio/pci/vfio-pci.ko.xz: "
				   "kernel/drivers/vfio/pci/vfio-pci-core.ko.xz\n";

	str_format(path, sizeof(path), "lib/modules/%s/modules.dep", kernel);
	tree_put(root, path, text, sizeof(text) - 1);
}

static inline void tree_reserved(const char *root, const char *group, const char *type)
{
	char path[200], text[200];

	str_format(path, sizeof(path), "sys/kernel/iommu_groups/%s", group);
	str_format(text, sizeof(text), "0x%016x 0x%016x %s\n0x%016x 0x%016x msi", 0x7d000000,
	    0x7d0fffff, type, 0xfee00000, 0xfeefffff);
	tree_line(root, path, "reserved_regions", text);
}

/*
 * Unfold the description in `text` (which is taken apart) below root.  A line that
 * begins with another word is given to `other`, words in an array that ends with NULL.
 */
static inline void tree_unfold(
    const char *root, char *text, void (*other)(char **words, void *arg), void *arg)
{
	char kernel[64] = "", *line, *rest = text;

	for (char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		if (p[1] == ' ' || p[1] == '\t')
			*p = ' ';
	tree_dir(root, "sys/bus/pci/devices");
	tree_dir(root, "sys/bus/pci/drivers");
	tree_put(root, "sys/bus/pci/drivers_probe", "", 0);
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *words[TREE_WORDS] = {0}, *word, *whole = strchr(line, ' ');
		size_t n = 0;

		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (strncmp(line, "cmdline ", 8) == 0) {
			tree_host_word(root, "cmdline", whole + 1);
			continue;
		}
		while (n < TREE_WORDS - 1 && (word = strsep(&line, " \t")) != NULL)
			if (word[0] != '\0')
				words[n++] = word;
		if (strcmp(words[0], "kernel") == 0)
			str_copy(kernel, sizeof(kernel), words[1]);
		if (strcmp(words[0], "module") == 0 && strcmp(words[1], "none") != 0)
			tree_modules(root, kernel);
		if (strcmp(words[0], "file") == 0)
			tree_line(root, ".", words[1], words[2]);
		else if (strcmp(words[0], "dev") == 0)
			tree_device(root, words);
		else if (strcmp(words[0], "reserved") == 0)
			tree_reserved(root, words[1], words[2]);
		else if (strcmp(words[0], "above") == 0)
			tree_above(root, words[1], words[2]);
		else if (strcmp(words[0], "want") == 0 || strcmp(words[0], "choose") == 0)
			other(words, arg);
		else
			tree_host_word(root, words[0], words[1]);
	}
}

static inline int tree_remove_one(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static inline void tree_remove(const char *root)
{
	nftw(root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
