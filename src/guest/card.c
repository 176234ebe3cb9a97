/*
 * card: reads what the kernel says of PCI functions, and takes drivers off and on.
 *
 * A wireless card has the class 02 80, but some older ones call themselves
 * Ethernet (02 00): they are taken when their interface turns out to be a
 * wireless one.  Of the interfaces of one function the oldest is meant: drivers
 * that make several begin with the station's.
 *
 * Everything read here comes from the kernel, though a card of evil intent may
 * choose its numbers: they are numbers only.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/card.h"

#define DEVICES          "sys/bus/pci/devices"
#define CLASS_ETHERNET   0x0200
#define CLASS_WIRELESS   0x0280
#define VENDOR_OF_VIRTIO 0x1af4
#define PATH_LEN         384

static bool read_number(const char *dir, const char *file, int base, unsigned long *value)
{
	struct err ignored = {0};
	auto_free char *text = NULL;
	char path[PATH_LEN + 64];
	size_t len;

	str_format(path, sizeof(path), "%s/%s", dir, file);
	text = file_read(path, 4096, &len, &ignored);
	if (text != NULL)
		*value = strtoul(text, NULL, base);
	return text != NULL;
}

void card_driver(const char *device, char *dst, size_t size)
{
	char path[PATH_LEN + 16], target[256];
	ssize_t n;

	dst[0] = '\0';
	str_format(path, sizeof(path), "%s/driver", device);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	str_copy(dst, size, strrchr(target, '/') != NULL ? strrchr(target, '/') + 1 : target);
}

static bool exists(const char *dir, const char *file)
{
	char path[PATH_LEN + 64];

	return str_format(path, sizeof(path), "%s/%s", dir, file) && access(path, F_OK) == 0;
}

/* The oldest interface of a function; a wireless one when that is asked for. */
static void find_interface(const char *device, bool wireless, char name[CARD_NAME])
{
	unsigned long oldest = 0, index = 0;
	char path[PATH_LEN], one[PATH_LEN + 300];
	struct dirent *d;
	DIR *dir;

	name[0] = '\0';
	if (!str_format(path, sizeof(path), "%s/net", device))
		return;
	dir = opendir(path);
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		str_format(one, sizeof(one), "%s/%s", path, d->d_name);
		if (d->d_name[0] == '.' || strlen(d->d_name) >= CARD_NAME ||
		    exists(one, "phy80211") != wireless ||
		    !read_number(one, "ifindex", 10, &index) || (oldest != 0 && index > oldest))
			continue;
		oldest = index;
		str_copy(name, CARD_NAME, d->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}

/* What speaks for a function: 0 nothing, 2 its class, 1 its interface alone. */
static unsigned suits(const char *device, bool wired)
{
	unsigned long class = 0, vendor = 0;
	char name[CARD_NAME];

	if (!read_number(device, "class", 16, &class) ||
	    !read_number(device, "vendor", 16, &vendor) || vendor == VENDOR_OF_VIRTIO)
		return 0;
	class >>= 8;
	find_interface(device, true, name);
	if (wired)
		return class == CLASS_ETHERNET && name[0] == '\0' ? 2 : 0;
	if (class == CLASS_WIRELESS)
		return 2;
	return class == CLASS_ETHERNET && name[0] != '\0' ? 1 : 0;
}

static void describe(const char *device, const char *address, bool wired, struct card *c)
{
	unsigned long vendor = 0, id = 0;
	struct err ignored = {0};
	auto_free char *alias = NULL;
	char path[PATH_LEN + 16];
	size_t len;

	read_number(device, "vendor", 16, &vendor);
	read_number(device, "device", 16, &id);
	str_format(path, sizeof(path), "%s/modalias", device);
	alias = file_read(path, 4096, &len, &ignored);
	if (alias != NULL)
		str_format(
		    c->alias, sizeof(c->alias), "%.*s", (int)strcspn(alias, "\n"), alias);
	c->vendor = (unsigned)vendor;
	c->device = (unsigned)id;
	str_copy(c->address, sizeof(c->address), address);
	card_driver(device, c->driver, sizeof(c->driver));
	find_interface(device, !wired, c->interface);
}

static bool device_path(char path[PATH_LEN], const char *root, const char *address)
{
	return str_format(path, PATH_LEN, "%s/" DEVICES "/%s", root, address);
}

bool card_find(const char *root, bool wired, struct card *c)
{
	unsigned best = 0, suited;
	char path[PATH_LEN];
	struct dirent *d;
	DIR *dir;

	*c = (struct card){0};
	str_format(path, sizeof(path), "%s/" DEVICES, root);
	dir = opendir(path);
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.' || strlen(d->d_name) >= sizeof(c->address) ||
		    !device_path(path, root, d->d_name))
			continue;
		suited = suits(path, wired);
		if (suited == 0)
			continue;
		if (suited > best || (suited == best && strcmp(d->d_name, c->address) < 0)) {
			str_copy(c->other, sizeof(c->other), c->address);
			str_copy(c->address, sizeof(c->address), d->d_name);
			best = suited;
		} else {
			str_copy(c->other, sizeof(c->other), d->d_name);
		}
	}
	if (dir != NULL)
		closedir(dir);
	if (best > 0 && device_path(path, root, c->address))
		describe(path, c->address, wired, c);
	return best > 0;
}

bool card_present(const char *root, const char *address)
{
	char path[PATH_LEN];

	return address[0] != '\0' && device_path(path, root, address) && exists(path, "class");
}

/* ----------------------------------------------------------------- revival */

static int put(const char *root, const char *file, const char *text, struct err *e)
{
	char path[PATH_LEN + 32];

	if (!str_format(path, sizeof(path), "%s/%s", root, file))
		return err_set(e, 0, "a path is too long");
	return file_put(path, text, e);
}

static int impossible(struct err *e, const char *why)
{
	err_set(e, 0, "%s", why);
	return err_is(e, ERR_HOST);
}

int card_revive(const char *root, const char *address, bool reset, struct err *e)
{
	char device[PATH_LEN], driver[32];
	bool failed;

	if (!device_path(device, root, address))
		return err_set(e, 0, "\"%s\" is no address", address);
	if (!card_present(root, address) &&
	    (put(root, "sys/bus/pci/rescan", "1", e) < 0 || !card_present(root, address)))
		return impossible(e, "it is not on the bus any more");
	if (reset && !exists(device, "reset"))
		return impossible(e, "the kernel knows no way to reset it");
	card_driver(device, driver, sizeof(driver));
	if (driver[0] != '\0' && put(device, "driver/unbind", address, e) < 0)
		return err_ctx(e, "take its driver off");
	failed = reset && put(device, "reset", "1", e) < 0;
	card_driver(device, driver, sizeof(driver));
	/* One that was just found on the bus has its driver by now. */
	if (driver[0] == '\0' && put(root, "sys/bus/pci/drivers_probe", address, e) < 0)
		return err_ctx(e, "give it a driver");
	card_driver(device, driver, sizeof(driver));
	if (failed)
		return err_ctx(e, "reset it");
	return driver[0] == '\0' ? err_set(e, 0, "no driver takes it") : 0;
}

int card_main(int argc, char **argv)
{
	struct err e = {0};
	bool reset = argc == 3 && strcmp(argv[1], "reset") == 0;

	if (argc != 3 || (!reset && strcmp(argv[1], "driver") != 0))
		return 2;
	if (card_revive("", argv[2], reset, &e) == 0)
		return 0;
	fprintf(stderr, "the card %s: %s\n", argv[2], e.text);
	return (int)e.kind;
}
