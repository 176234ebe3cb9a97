/*
 * bsd: what doctor and setup ask a FreeBSD host.
 *
 * What runs is told by sysctl(8) and kldstat(8); what the next start will bring, by the
 * files of loader.conf(5) and rc.conf(5), in the order in which they are read: the last
 * one that sets a variable counts.  Nothing is run but these programs of the base system,
 * and nothing of the files.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/bsd.h"
#include "pci/pci.h"

/* The kernel's environment has no room for longer values: ppt(4) reads three. */
const char *const bsd_pptdevs[BSD_PPTDEVS] = {"pptdevs", "pptdevs2", "pptdevs3"};

bool bsd_ask(const struct probe *p, const char *const *argv, char *dst, size_t size)
{
	struct err ignored = {0};
	struct buf out = {0};
	bool ok;

	buf_add(&out, "", 0);
	ok = p->run(p, argv, &out, &ignored) == 0;
	str_copy(dst, size, ok ? out.data : "");
	dst[strcspn(dst, "\n")] = '\0';
	buf_fini(&out);
	return ok;
}

bool bsd_sysctl(const struct probe *p, const char *name, char *dst, size_t size)
{
	const char *argv[] = {"/sbin/sysctl", "-n", name, NULL};

	return bsd_ask(p, argv, dst, size);
}

bool bsd_sysctl_u64(const struct probe *p, const char *name, uint64_t *value)
{
	char text[32];

	*value = 0;
	return bsd_sysctl(p, name, text, sizeof(text)) && str_u64(text, 0, UINT64_MAX, value);
}

bool bsd_module(const struct probe *p, const char *name)
{
	const char *argv[] = {"/sbin/kldstat", "-q", "-m", name, NULL};
	char ignored[8];

	return bsd_ask(p, argv, ignored, sizeof(ignored));
}

bool bsd_yes(const char *value)
{
	return strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0 ||
	       strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0;
}

/* --- files that are read one after the other */

struct look {
	const struct probe *p;
	enum rcfile_style style;
	const char *name;
	const char *dir; /* of the names that look_in() gets */
	struct rcfile_setting last;
	char path[BSD_PATH];
	bool found;
};

static void look_at(struct look *l, const char *path)
{
	size_t len = 0;
	auto_free char *text = probe_read(l->p, path, &len);
	struct rcfile_setting s;

	if (text == NULL || !rcfile_find(l->style, text, len, l->name, &s))
		return;
	l->last = s;
	l->found = true;
	str_copy(l->path, sizeof(l->path), path);
}

static bool look_in(void *arg, const char *name)
{
	struct look *l = arg;
	size_t len = strlen(name);
	char path[BSD_PATH];

	if (len > 5 && strcmp(name + len - 5, ".conf") == 0 &&
	    str_format(path, sizeof(path), "%s/%s", l->dir, name))
		look_at(l, path);
	return true;
}

static bool answer(
    const struct look *l, const char *usual, char *value, char *path, bool *clear)
{
	if (value != NULL)
		str_copy(value, RCFILE_VALUE, l->found ? l->last.value : "");
	if (path != NULL)
		str_copy(path, BSD_PATH, l->found ? l->path : usual);
	if (clear != NULL)
		*clear = !l->found;
	return l->found && l->last.plain;
}

bool bsd_loader(const struct probe *p, const char *name, char value[RCFILE_VALUE],
    char path[BSD_PATH], bool *clear)
{
	static const char usual[] = "/boot/loader.conf";
	struct look l = {
	    .p = p, .style = RCFILE_LOADER, .name = name, .dir = "/boot/loader.conf.d"};

	look_at(&l, usual);
	probe_each(p, l.dir, look_in, &l);
	look_at(&l, "/boot/loader.conf.local");
	return answer(&l, usual, value, path, clear);
}

bool bsd_rc(const struct probe *p, const char *name, char value[RCFILE_VALUE],
    char path[BSD_PATH], bool *clear)
{
	static const char *const files[] = {"/etc/rc.conf", "/etc/rc.conf.local"};
	static const char *const own[] = {
	    "/etc/rc.conf.d/airlock", "/usr/local/etc/rc.conf.d/airlock"};
	struct look l = {.p = p, .style = RCFILE_SHELL, .name = name};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		look_at(&l, files[i]);
	for (size_t i = 0; i < ARRAY_LEN(own) && strncmp(name, "airlock_", 8) == 0; i++)
		look_at(&l, own[i]);
	return answer(&l, files[0], value, path, clear);
}

/* --- cards */

bool bsd_pptdev(const char *address, char dst[16])
{
	unsigned domain, bus, slot, function;
	char whole[PCI_ADDRESS];

	str_copy(dst, 16, "");
	if (!pci_address(whole, address) ||
	    sscanf(whole, "%5x:%2x:%2x.%1x", &domain, &bus, &slot, &function) != 4 ||
	    domain != 0)
		return false;
	return str_format(dst, 16, "%u/%u/%u", bus, slot, function);
}

const char *bsd_reserved(const struct probe *p, const char *pptdev)
{
	char value[RCFILE_VALUE];

	for (size_t i = 0; i < BSD_PPTDEVS; i++)
		if (bsd_loader(p, bsd_pptdevs[i], value, NULL, NULL) &&
		    rcfile_has_word(value, pptdev))
			return bsd_pptdevs[i];
	return NULL;
}
