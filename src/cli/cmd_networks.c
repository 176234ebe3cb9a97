/*
 * networks: what is known, and how it is forgotten or preferred.
 *
 * Known is what stands in the user's file, and what the running supplicant was
 * told besides (join --once).  The list works without a router, from the file
 * alone; and without the right to read the file, from the router alone.  A change
 * is made in both: told to the supplicant first, so that it need not begin anew.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/wlan.h"

#define KNOWN_MAX 256

struct known {
	struct station_ssid ssid;
	enum station_security security;
	int priority;
	bool current, disabled, kept; /* kept: in the file */
};

struct networks {
	size_t count;
	struct known row[KNOWN_MAX];
	bool running, has_file;
};

static struct known *find(struct networks *n, const struct station_ssid *ssid)
{
	for (size_t i = 0; i < n->count; i++)
		if (station_ssid_same(&n->row[i].ssid, ssid))
			return &n->row[i];
	return NULL;
}

static struct known *add(struct networks *n, const struct station_ssid *ssid)
{
	if (n->count == KNOWN_MAX)
		return NULL;
	n->row[n->count] = (struct known){.ssid = *ssid};
	return &n->row[n->count++];
}

/* The file's; a missing one knows none. */
static int read_file(struct cli *c, struct networks *n, struct err *e)
{
	struct station_store s;

	if (station_store_open(&s, c->conf->supplicant, false, e) < 0)
		return -1;
	n->has_file = true;
	for (size_t i = 0; i < s.file.blocks; i++) {
		const struct station_block *b = &s.file.block[i];
		struct known *k;

		if (!b->has_ssid || find(n, &b->ssid) != NULL)
			continue;
		k = add(n, &b->ssid);
		if (k == NULL)
			break;
		k->security = b->security;
		k->priority = b->priority;
		k->disabled = b->disabled;
		k->kept = true;
	}
	station_store_close(&s);
	return 0;
}

/* How the running supplicant protects one that is not in the file, and its priority. */
static int ask_details(struct station_ctrl *ctrl, int id, struct known *k, struct err *e)
{
	char command[64], reply[STATION_REPLY], flags[STATION_REPLY + 8];

	str_format(command, sizeof(command), "GET_NETWORK %d priority", id);
	if (station_ask(ctrl, command, reply, sizeof(reply), e) < 0)
		return -1;
	k->priority = (int)strtol(reply, NULL, 10);
	str_format(command, sizeof(command), "GET_NETWORK %d key_mgmt", id);
	if (station_ask(ctrl, command, reply, sizeof(reply), e) < 0)
		return -1;
	/* As an access point would say it. */
	str_format(flags, sizeof(flags), "[WPA2-%s]", reply);
	k->security = station_security_of(flags, strlen(flags));
	return 0;
}

static int read_running(struct station_ctrl *ctrl, struct networks *n, struct err *e)
{
	static struct station_list list;
	struct wlan_status status;

	if (wlan_list(ctrl, &list, e) < 0 || wlan_status(ctrl, &status, e) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct station_listed *l = &list.row[i];
		struct known *k = find(n, &l->ssid);

		if (k == NULL) {
			k = add(n, &l->ssid);
			if (k == NULL)
				return 0;
			if (ask_details(ctrl, l->id, k, e) < 0)
				return -1;
		}
		k->disabled = l->disabled;
		k->current = status.ssid.len > 0 && station_ssid_same(&status.ssid, &l->ssid);
	}
	n->running = true;
	return 0;
}

static int by_priority(const void *l, const void *r)
{
	const struct known *a = l, *b = r;
	int order = memcmp(a->ssid.bytes, b->ssid.bytes, MIN(a->ssid.len, b->ssid.len));

	if (a->priority != b->priority)
		return b->priority - a->priority;
	return order != 0 ? order : a->ssid.len - b->ssid.len;
}

static void print(const struct cli *c, const struct networks *n)
{
	if (n->count == 0)
		printf("no network is known; %s scan shows those in range\n", c->command);
	for (size_t i = 0; i < n->count; i++) {
		const struct known *k = &n->row[i];
		char name[4 * STATION_SSID_MAX + 1];

		str_escape(name, sizeof(name), k->ssid.bytes, k->ssid.len);
		printf("%s%c %-10s  priority %4d  %s%s%s%s\n", k->current ? cli_green(c) : "",
		    k->current ? '>' : ' ', station_security_name(k->security), k->priority,
		    name, k->current ? cli_plain(c) : "", k->disabled ? "  (disabled)" : "",
		    n->has_file && !k->kept ? "  (not kept)" : "");
	}
}

static void print_json(const struct networks *n)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < n->count; i++) {
		const struct known *k = &n->row[i];
		char name[4 * STATION_SSID_MAX + 1], hex[2 * STATION_SSID_MAX + 1];

		str_escape(name, sizeof(name), k->ssid.bytes, k->ssid.len);
		str_hex(hex, k->ssid.bytes, k->ssid.len);
		json_array_append_new(rows,
		    json_pack("{ss ss ss si sb sb so}", "ssid", name, "ssid_hex", hex,
			"security", station_security_name(k->security), "priority", k->priority,
			"current", (int)k->current, "disabled", (int)k->disabled, "kept",
			n->has_file ? json_boolean(k->kept) : json_null()));
	}
	json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(rows);
}

static int list(struct cli *c, bool json)
{
	static struct networks n;
	struct err file = {0}, running = {0};
	struct station_ctrl ctrl;

	if (read_file(c, &n, &file) < 0 && file.num != EACCES)
		return cli_fail(&file);
	if (wlan_open(c, &ctrl, &running) == 0) {
		(void)read_running(&ctrl, &n, &running);
		station_close(&ctrl);
	}
	/* One of the two suffices. */
	if (!n.has_file && !n.running)
		return cli_fail(&file);
	qsort(n.row, n.count, sizeof(n.row[0]), by_priority);
	if (json)
		print_json(&n);
	else
		print(c, &n);
	return 0;
}

/* --- changes */

struct change {
	struct station_ssid ssid;
	bool forget;
	int priority;
	size_t found;
};

static bool edit(void *arg, const struct station_file *f, struct buf *out)
{
	struct change *x = arg;
	size_t n = x->forget ? station_file_remove(f, &x->ssid, out)
			     : station_file_priority(f, &x->ssid, x->priority, out);

	x->found += n;
	return n > 0;
}

/* Tell the running supplicant; one that does not run need not be told. */
static int tell(struct cli *c, struct change *x, bool *told, struct err *e)
{
	static struct station_list list;
	struct station_ctrl ctrl;
	char command[64];
	int rc;

	*told = false;
	if (wlan_open(c, &ctrl, e) < 0) {
		if (e->kind != ERR_NOT_RUNNING)
			return -1;
		*e = (struct err){0};
		return 0;
	}
	rc = wlan_list(&ctrl, &list, e);
	for (size_t i = 0; i < list.count && rc == 0; i++) {
		if (!station_ssid_same(&list.row[i].ssid, &x->ssid))
			continue;
		if (x->forget)
			str_format(
			    command, sizeof(command), "REMOVE_NETWORK %d", list.row[i].id);
		else
			str_format(command, sizeof(command), "SET_NETWORK %d priority %d",
			    list.row[i].id, x->priority);
		rc = wlan_do(&ctrl, command, "tell the supplicant", e);
		x->found++;
	}
	station_close(&ctrl);
	*told = rc == 0;
	return rc;
}

static int change(struct cli *c, struct change *x, const char *what)
{
	char name[STATION_SSID_TEXT];
	struct err e = {0};
	bool told;

	station_ssid_text(name, &x->ssid);
	if (wlan_may_keep(c, &e) < 0) {
		err_hint(&e, "sudo airlock networks");
		return cli_fail(&e);
	}
	if (tell(c, x, &told, &e) < 0 || wlan_keep(c, edit, x, told, &e) < 0) {
		err_ctx(&e, "%s %s", what, name);
		return cli_fail(&e);
	}
	if (x->found == 0) {
		err_set(&e, 0, "%s %s: there is no such network", what, name);
		err_hint(&e, "airlock networks");
		return cli_fail(&e);
	}
	if (x->forget)
		printf("forgot %s\n", name);
	else
		printf("%s has priority %d\n", name, x->priority);
	return 0;
}

static int do_forget(struct cli *c, int argc, char **argv)
{
	struct change x = {.forget = true};
	struct err e = {0};

	if (argc != 2)
		return cli_usage("networks");
	if (station_ssid_take(&x.ssid, argv[1], &e) < 0)
		return cli_fail(&e);
	return change(c, &x, "forget");
}

static int do_priority(struct cli *c, int argc, char **argv)
{
	struct change x = {0};
	struct err e = {0};

	if (argc != 3)
		return cli_usage("networks");
	if (station_ssid_take(&x.ssid, argv[1], &e) < 0 ||
	    wlan_priority(argv[2], &x.priority, &e) < 0)
		return cli_fail(&e);
	return change(c, &x, "prefer");
}

int cmd_networks(struct cli *c, int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("networks", argc, argv, options);

	if (at < 0)
		return ERR_USAGE;
	if (at == argc)
		return list(c, json);
	if (strcmp(argv[at], "forget") == 0)
		return do_forget(c, argc - at, argv + at);
	if (strcmp(argv[at], "priority") == 0)
		return do_priority(c, argc - at, argv + at);
	return cli_usage("networks");
}
