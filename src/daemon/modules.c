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
#define NODE_MS  2000

/* Who may open the hypervisor's node, one name a line after it; "0 0" when there is none. */
static int write_note(const struct modules *m, const bool out[], struct err *e)
{
	char path[400];
	struct stat st = {0};
	struct buf text = {0};
	int rc;

	str_format(path, sizeof(path), "%s%s", m->root, modules_node);
	if (modules_node[0] == '\0' || stat(path, &st) < 0)
		st = (struct stat){0};
	buf_addf(&text, "%o %u\n", st.st_mode & 0777, st.st_gid);
	for (size_t i = 0; i < MODULES_MAX && modules_known[i].name != NULL; i++)
		if (out[i])
			buf_addf(&text, "%s\n", modules_known[i].name);
	rc = file_replace(m->list, text.data, text.len, 0600, e);
	buf_fini(&text);
	return rc;
}

int modules_out(struct modules *m, bool hypervisor, bool cards, struct err *e)
{
	bool out[MODULES_MAX] = {false};
	bool any = false, changed = false;
	int rc;

	for (size_t i = 0; i < MODULES_MAX && modules_known[i].name != NULL; i++) {
		out[i] = (modules_known[i].cards ? cards : hypervisor) &&
			 modules_loaded(m, modules_known[i].name);
		any |= out[i];
	}
	if (!any)
		return 0;
	if (write_note(m, out, e) < 0)
		return -1;
	for (size_t i = 0; i < MODULES_MAX && modules_known[i].name != NULL; i++) {
		if (!out[i])
			continue;
		rc = m->unload(modules_known[i].name, e);
		if (rc < 0)
			return -1;
		log_info("module %s %s", modules_known[i].name,
		    rc > 0 ? "unloaded" : "is in use: it stays");
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

	str_format(path, sizeof(path), "%s%s", m->root, modules_node);
	while (stat(path, &st) < 0 || (st.st_mode & 0777) != mode || st.st_gid != group) {
		if (now_ms() >= until) {
			log_warn(
			    "%s is not as it was before its module was unloaded", modules_node);
			return;
		}
		usleep(5000);
	}
}

/* Load those that the note names; a note is ours, but nothing else is taken from it. */
static int load_noted(struct modules *m, const char *text, bool *hypervisor, struct err *e)
{
	int count = 0;

	for (size_t i = 0; i < MODULES_MAX && modules_known[i].name != NULL; i++) {
		if (strstr(text, modules_known[i].name) == NULL)
			continue;
		if (m->load(modules_known[i].name, e) < 0)
			return -1;
		log_info("module %s loaded", modules_known[i].name);
		*hypervisor |= !modules_known[i].cards;
		count++;
	}
	return count;
}

int modules_back(struct modules *m, struct err *e)
{
	unsigned mode = 0, group = 0;
	struct err none = {0};
	bool hypervisor = false;
	size_t len;
	auto_free char *text = file_read(m->list, LIST_MAX, &len, &none);
	int count;

	if (text == NULL)
		return none.num == ENOENT ? 0 : err_set(e, 0, "%s", none.text);
	count = load_noted(m, text, &hypervisor, e);
	if (unlink(m->list) < 0)
		log_warn("remove %s: %s", m->list, strerror(errno));
	if (count > 0 && hypervisor && sscanf(text, "%o %u", &mode, &group) == 2 && mode != 0)
		wait_for_node(m, mode, group);
	return count;
}
