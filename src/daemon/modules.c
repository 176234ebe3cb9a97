/*
 * modules: which, and a note of it.
 *
 * The names are fixed; who asks says only for which of two purposes.  The note is
 * written before the first is unloaded, with all that might be: after a kill at any
 * moment, loading what is loaded already is no harm.  Whether a module is used is for
 * the kernel to say at the unloading, so nobody can come in between.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/modules.h"

#define LIST_MAX 1024
#define NODE     "/dev/kvm"
#define NODE_MS  2000

static const struct {
	const char *name;
	bool vfio; /* else KVM's */
} known[] = {
    {"kvm_intel", false},
    {"kvm_amd", false},
    {"vfio_pci", true},
};

/* Loaded as a module: what is built in has no such file. */
static bool is_loaded(const struct modules *m, const char *name)
{
	char path[400];

	str_format(path, sizeof(path), "%s/sys/module/%s/initstate", m->root, name);
	return access(path, F_OK) == 0;
}

/* Who may open /dev/kvm, one name a line after it; "0 0" when there is none. */
static int write_note(const struct modules *m, const bool out[], struct err *e)
{
	char path[400];
	struct stat st = {0};
	struct buf text = {0};
	int rc;

	str_format(path, sizeof(path), "%s" NODE, m->root);
	if (stat(path, &st) < 0)
		st = (struct stat){0};
	buf_addf(&text, "%o %u\n", st.st_mode & 0777, st.st_gid);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (out[i])
			buf_addf(&text, "%s\n", known[i].name);
	rc = file_replace(m->list, text.data, text.len, 0600, e);
	buf_fini(&text);
	return rc;
}

int modules_out(struct modules *m, bool kvm, bool vfio, struct err *e)
{
	bool out[ARRAY_LEN(known)] = {false};
	bool any = false, changed = false;
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		out[i] = (known[i].vfio ? vfio : kvm) && is_loaded(m, known[i].name);
		any |= out[i];
	}
	if (!any)
		return 0;
	if (write_note(m, out, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!out[i])
			continue;
		rc = m->unload(known[i].name, e);
		if (rc < 0)
			return -1;
		log_info(
		    "module %s %s", known[i].name, rc > 0 ? "unloaded" : "is in use: it stays");
		out[i] = rc > 0;
		changed |= rc == 0;
	}
	return changed ? write_note(m, out, e) : 0;
}

/* udev sets the node's group and mode after it has made it. */
static void wait_for_node(const struct modules *m, unsigned mode, unsigned group)
{
	uint64_t until = now_ms() + NODE_MS;
	char path[400];
	struct stat st;

	str_format(path, sizeof(path), "%s" NODE, m->root);
	while (stat(path, &st) < 0 || (st.st_mode & 0777) != mode || st.st_gid != group) {
		if (now_ms() >= until) {
			log_warn(NODE " is not as it was before its module was unloaded");
			return;
		}
		usleep(5000);
	}
}

/* Load those that the note names; a note is ours, but nothing else is taken from it. */
static int load_noted(struct modules *m, const char *text, bool *kvm, struct err *e)
{
	int count = 0;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strstr(text, known[i].name) == NULL)
			continue;
		if (m->load(known[i].name, e) < 0)
			return -1;
		log_info("module %s loaded", known[i].name);
		*kvm |= !known[i].vfio;
		count++;
	}
	return count;
}

int modules_back(struct modules *m, struct err *e)
{
	unsigned mode = 0, group = 0;
	struct err none = {0};
	bool kvm = false;
	size_t len;
	auto_free char *text = file_read(m->list, LIST_MAX, &len, &none);
	int count;

	if (text == NULL)
		return none.num == ENOENT ? 0 : err_set(e, 0, "%s", none.text);
	count = load_noted(m, text, &kvm, e);
	if (unlink(m->list) < 0)
		log_warn("remove %s: %s", m->list, strerror(errno));
	if (count > 0 && kvm && sscanf(text, "%o %u", &mode, &group) == 2 && mode != 0)
		wait_for_node(m, mode, group);
	return count;
}
