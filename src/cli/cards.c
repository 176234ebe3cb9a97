/*
 * cards: from the command line or from what the configurations say of this host.
 *
 * An image serves all machines of a host, so the cards of all configurations
 * count; but only the one in hand can make the build fail.  On a host without
 * such a card, as one that builds for another, --card says which.
 */
#include <dirent.h>
#include <string.h>

#include "cli/cards.h"
#include "pci/pci.h"

static int add(
    struct cards *c, const char *modalias, const char *name, bool optional, struct err *e)
{
	if (c->count == CARDS_MAX)
		return err_set(e, 0, "more than %d cards", CARDS_MAX);
	str_copy(c->names[c->count], sizeof(c->names[0]), name);
	str_copy(c->modaliases[c->count], sizeof(c->modaliases[0]), modalias);
	c->requests[c->count] = (struct image_request){.modalias = c->modaliases[c->count],
	    .name = c->names[c->count],
	    .optional = optional};
	c->count++;
	return 0;
}

int cards_named(struct cards *c, const char *list, struct err *e)
{
	for (const char *p = list; *p != '\0'; p += strspn(p, ",")) {
		size_t len = strcspn(p, ",");
		char name[128], modalias[128];

		str_copy(name, MIN(len + 1, sizeof(name)), p);
		if (!image_modalias(modalias, sizeof(modalias), name)) {
			err_set(e, 0,
			    "image: --card: \"%s\" is no card: accepted: vendor:device as "
			    "8086:2723, or a modalias as pci:v00008086d00002723sv*sd*bc*sc*i*",
			    name);
			return err_is(e, ERR_USAGE);
		}
		if (add(c, modalias, name, false, e) < 0) {
			err_ctx(e, "image: --card");
			return err_is(e, ERR_USAGE);
		}
		p += len;
	}
	return 0;
}

static int add_device(struct cards *c, const struct pci_device *d, bool optional, struct err *e)
{
	char name[PCI_NAME * 2 + 4], title[192];

	str_format(title, sizeof(title), "%s %s", d->shown, pci_name(d, name, sizeof(name)));
	return add(c, d->modalias, title, optional, e);
}

static int add_wireless(struct cards *c, const struct pci_host *h, bool other, struct err *e)
{
	size_t count = 0;
	int bad = 0;

	for (size_t i = 0; i < h->count; i++)
		count += h->devices[i].kind == PCI_WIRELESS;
	for (size_t i = 0; !bad && i < h->count; i++)
		if (h->devices[i].kind == PCI_WIRELESS)
			bad = add_device(c, &h->devices[i], other || count > 1, e);
	if (count == 0)
		log_info("no wireless card here: the image is for none; "
			 "--card VENDOR:DEVICE names one");
	return bad;
}

int cards_of_conf(
    struct cards *c, const struct conf *conf, bool other, const char *root, struct err *e)
{
	const struct pci_device *d;
	struct pci_host h;
	int r;

	if (!conf_has_card(conf))
		return 0;
	if (pci_list(root, &h, e) < 0)
		return -1;
	if (strcmp(conf->radio, "auto") == 0)
		r = add_wireless(c, &h, other, e);
	else {
		d = pci_choose(&h, conf->radio, e);
		r = d != NULL ? add_device(c, d, other, e) : -1;
		if (d == NULL)
			err_hint(e,
			    "airlock image build --card VENDOR:DEVICE builds for another "
			    "host's card");
	}
	pci_fini(&h);
	return r;
}

/* "office.conf" -> "office"; false when that is no machine's file. */
static bool machine_of(const char *file, char *dst, size_t size)
{
	size_t len = strlen(file);

	if (len <= 5 || len - 5 >= size || strcmp(file + len - 5, ".conf") != 0)
		return false;
	str_copy(dst, len - 4, file);
	return conf_machine_valid(dst);
}

static void add_other(struct cards *c, const struct conf *conf, const char *machine,
    const char *path, const char *root)
{
	struct err e = {0};
	struct conf other;

	if (strcmp(machine, conf->machine) == 0)
		return;
	if (conf_load(&other, machine, path, true, &e) < 0 ||
	    cards_of_conf(c, &other, true, root, &e) < 0)
		log_warn("the image is not for the card of %s: %s", path, e.text);
}

void cards_of_others(struct cards *c, const struct conf *conf, const char *main_path,
    const char *dir, const char *root)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	add_other(c, conf, CONF_MACHINE, main_path, root);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		char path[CONF_PATH], machine[CONF_MACHINE_MAX + 1];

		if (machine_of(entry->d_name, machine, sizeof(machine)) &&
		    str_format(path, sizeof(path), "%s/%s", dir, entry->d_name))
			add_other(c, conf, machine, path, root);
	}
	if (d != NULL)
		closedir(d);
}
