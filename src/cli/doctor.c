/*
 * doctor: the table of checks, and what all of them need to know.
 *
 * The host is read once, before the checks; a check only judges.  So the findings of a
 * tree of files are always the same, and `airlock doctor` says of one moment what it says.
 */
#include <grp.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/doctor.h"

/* In the order of what builds upon what. */
static const struct {
	doctor_check *run;
	bool card; /* of use only with a real card */
} checks[] = {
    {check_virtualization, false},
    {check_hypervisor, false},
    {check_memory, false},
    {check_user, true},
    {check_card, false},
    {check_iommu, true},
    {check_remapping, true},
    {check_unsafe, true},
    {check_vfio, true},
    {check_handover, true},
    {check_rfkill, true},
    {check_others, true},
    {check_image, false},
    {check_driver, true},
    {check_supplicant, false},
    {check_addresses, false},
    {check_service, false},
    {check_router, false},
};

/* --- what there is */

/* The numbers of a user in a text like /etc/passwd. */
static bool find_entry(const char *text, const char *name, uid_t *uid, gid_t *gid)
{
	size_t len = strlen(name);
	unsigned u, g;

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += line > text;
		if (strncmp(line, name, len) != 0 ||
		    sscanf(line + len, ":%*[^:]:%u:%u:", &u, &g) != 2)
			continue;
		*uid = u;
		*gid = g;
		return true;
	}
	return false;
}

/* An entry of the root's /etc/passwd, or of the host by all that it knows. */
static bool find_user(struct doctor *d, const char *name)
{
	auto_free char *text = NULL;
	struct passwd *pw;

	if (d->probe->root[0] == '\0') {
		pw = getpwnam(name);
		if (pw == NULL)
			return false;
		d->uid = pw->pw_uid;
		d->gid = pw->pw_gid;
	} else {
		text = probe_read(d->probe, "/etc/passwd", NULL);
		if (text == NULL || !find_entry(text, name, &d->uid, &d->gid))
			return false;
	}
	str_copy(d->user, sizeof(d->user), name);
	return true;
}

static void find_card(struct doctor *d)
{
	struct err e = {0};
	ssize_t n;

	if (pci_list(d->probe->root, &d->pci, &d->no_card) < 0)
		return;
	d->card = pci_choose(&d->pci, d->conf->radio, &d->no_card);
	if (d->card == NULL)
		return;
	str_copy(d->want.card, sizeof(d->want.card), d->card->address);
	d->want.extras = d->conf->guest.extras;
	for (size_t i = 0; i < d->want.extras; i++)
		str_copy(
		    d->want.extra[i], sizeof(d->want.extra[i]), d->conf->guest.extra_pci[i]);
	n = d->probe->hostnet->uplinks(d->want.routes, PCI_ROUTES_MAX, &e);
	d->want.route_count = (size_t)MAX(n, 0);
	if (n < 0)
		log_debug("%s", e.text);
}

void doctor_init(struct doctor *d, const struct probe *probe, const struct conf *conf)
{
	memset(d, 0, sizeof(*d));
	d->probe = probe;
	d->conf = conf;
	d->root_user = geteuid() == 0;
	if (!find_user(d, conf->user[0] != '\0' ? conf->user : "_airlock") &&
	    conf->user[0] == '\0')
		find_user(d, "nobody");
	if (conf_has_card(conf))
		find_card(d);
}

void doctor_fini(struct doctor *d)
{
	pci_fini(&d->pci);
	d->card = NULL;
}

void doctor_run(struct doctor *d)
{
	bool card = conf_has_card(d->conf);

	d->count = 0;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (card || !checks[i].card)
			checks[i].run(d);
}

/* --- findings */

void finding_add(struct doctor *d, const char *name, enum finding_state state, const char *fix,
    const char *fmt, ...)
{
	struct finding *f = &d->list[d->count];
	va_list ap;

	if (d->count == ARRAY_LEN(d->list))
		return;
	d->count++;
	*f = (struct finding){.name = name, .state = state};
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	conf_machine_text(f->text, sizeof(f->text), d->conf->machine, f->text);
	if (fix != NULL)
		conf_machine_text(f->fix, sizeof(f->fix), d->conf->machine, fix);
}

size_t doctor_count(const struct doctor *d, enum finding_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->list[i].state == state;
	return n;
}

const char *finding_state_name(enum finding_state state)
{
	static const char *const names[] = {
	    [FINDING_OK] = "ok", [FINDING_WARNING] = "warning", [FINDING_FAILING] = "failing"};

	return names[state];
}

const char *doctor_interface(const struct doctor *d)
{
	return d->card != NULL && d->card->interface_count > 0 ? d->card->interfaces[0] : NULL;
}

/* Names of files and devices are anybody's bytes; JSON wants UTF-8. */
static json_t *text_of(const char *text)
{
	char clean[4 * sizeof(((struct finding *)0)->text) + 1];
	json_t *value = json_string(text);

	if (value != NULL)
		return value;
	str_clean(clean, sizeof(clean), text, strlen(text));
	return json_string(clean);
}

char *doctor_json(const struct doctor *d)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < d->count; i++) {
		const struct finding *f = &d->list[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "name", f->name,
						"state", finding_state_name(f->state), "text",
						text_of(f->text), "fix", text_of(f->fix)));
	}
	text = json_dumps(list, JSON_INDENT(1));
	json_decref(list);
	return text;
}
