/*
 * setup_networks: the file of networks, made when there is none, and what NetworkManager
 * knows put into it when that is wanted.
 *
 * NetworkManager's own files stay as they are: without airlock it goes on with them.
 * What cannot be taken over is said, with the reason.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/keyfile.h"
#include "cli/setup.h"

#define KEYFILES "/etc/NetworkManager/system-connections"

struct import {
	struct setup *s; /* NULL: only count */
	const struct probe *probe;
	struct station_file file; /* with what was taken over so far */
	struct buf names;
	size_t count;
};

/* Forget a file with its passphrases. */
static void forget(struct station_file *f)
{
	if (f->text != NULL)
		explicit_bzero(f->text, f->len);
	station_file_fini(f);
}

static void add_network(struct import *m, const struct station_network *n)
{
	char name[STATION_SSID_TEXT];
	struct station_file after;
	struct buf text = {0};
	struct err ignored = {0};

	if (station_file_find(&m->file, &n->ssid, 0) != NULL)
		return;
	station_file_add(&m->file, n, &text);
	if (station_file_read(&after, text.data, text.len, "", &ignored) == 0) {
		forget(&m->file);
		m->file = after;
		m->count++;
		buf_addf(&m->names, "%s%s", m->names.len > 0 ? ", " : "",
		    station_ssid_text(name, &n->ssid));
	}
	explicit_bzero(text.data, text.len);
	buf_fini(&text);
}

static bool look_at_keyfile(void *arg, const char *name)
{
	struct import *m = arg;
	struct station_network n;
	char path[PATH_MAX];
	struct err e = {0};
	auto_free char *text = NULL;
	size_t len = 0;
	int rc;

	str_format(path, sizeof(path), "%s/%s", KEYFILES, name);
	text = probe_read(m->probe, path, &len);
	if (text == NULL)
		return true;
	rc = keyfile_network(text, len, &n, &e);
	explicit_bzero(text, len);
	if (rc == 1)
		add_network(m, &n);
	else if (rc < 0 && m->s != NULL)
		setup_add(m->s, SETUP_NOTE, "%.80s is not taken over: %.180s", name, e.text);
	explicit_bzero(&n, sizeof(n));
	return true;
}

/* All that can be taken over, put to the networks of `store`. */
static void collect(struct import *m, struct station_store *store)
{
	struct err ignored = {0};

	/* A copy, whose text may be replaced. */
	if (station_file_read(&m->file, store->file.text, store->file.len, "", &ignored) == 0)
		probe_each(m->probe, KEYFILES, look_at_keyfile, m);
}

size_t setup_importable(const struct setup *s, struct buf *names)
{
	struct import m = {.probe = s->probe};
	struct station_store store;
	struct err ignored = {0};
	char full[PATH_MAX];

	if (s->card->kind != PCI_WIRELESS)
		return 0;
	probe_path(s->probe, full, sizeof(full), s->conf->supplicant);
	if (station_store_open(&store, full, false, &ignored) < 0)
		return 0;
	collect(&m, &store);
	buf_add(names, m.names.data != NULL ? m.names.data : "", m.names.len);
	buf_fini(&m.names);
	forget(&m.file);
	station_store_close(&store);
	return m.count;
}

static int plan_import(struct setup *s, struct station_store *store, struct err *e)
{
	struct import m = {.s = s, .probe = s->probe};
	size_t before;
	int rc = 0;

	collect(&m, store);
	before = s->count;
	if (m.count > 0) {
		rc = setup_add_file(s, s->conf->supplicant, 0600, m.file.text, m.file.len,
		    "the networks that NetworkManager knows", e);
		if (rc == 0 && s->count > before) {
			struct setup_step *step = &s->step[s->count - 1];

			step->secret = true;
			str_format(step->why, sizeof(step->why),
			    "with networks that NetworkManager knows: %.240s", m.names.data);
		}
	}
	buf_fini(&m.names);
	forget(&m.file);
	return m.count == 0 ? 1 : rc;
}

int setup_networks(struct setup *s, struct err *e)
{
	char full[PATH_MAX];
	struct station_store store;
	int rc = 1;

	if (s->card->kind != PCI_WIRELESS)
		return 0;
	probe_path(s->probe, full, sizeof(full), s->conf->supplicant);
	if (station_store_open(&store, full, false, e) < 0)
		return -1;
	if (s->import)
		rc = plan_import(s, &store, e);
	/* Nothing was taken over: what airlock join begins with. */
	if (rc == 1)
		rc = store.missing
			 ? setup_add_file(s, s->conf->supplicant, 0600, store.file.text,
			       store.file.len, "the networks that airlock join will add", e)
			 : 0;
	station_store_close(&store);
	return rc;
}
