/*
 * keep: what the keeper of a hypervisor is told, by root.
 *
 * The machine process asks for a start and for nothing in particular.  Here is said what
 * that means: the image's files by their paths, of the generation that process was given
 * last; the taps' devices as hostnet has them; the card that was handed over; the rest by
 * the configuration.  Of that, what `airlock restart` applies is read from the file again,
 * for `airlock reload` has the machine process take it over; a file with an error changes
 * nothing.
 */
#include <string.h>

#include "daemon/keep.h"
#include "daemon/spec.h"

/* The configuration of the start, with what a fresh guest may take from the file. */
static void refresh(const struct priv *p, struct conf *c)
{
	static struct conf fresh;
	struct err e = {0};

	*c = *p->conf;
	if (conf_load(&fresh, c->machine, p->conf_path, true, &e) < 0) {
		log_warn("%s", e.text);
		return;
	}
	c->guest.cpus = fresh.guest.cpus;
	c->guest.memory_mib = fresh.guest.memory_mib;
	c->guest.accel = fresh.guest.accel;
	c->guest.boot = fresh.guest.boot;
}

static int find_devices(const struct priv *p, char tap[16], char air[16], struct err *e)
{
	const struct hostnet_driver *d = p->journal.driver;

	if (d->device(p->conf->host.interface, tap, 16, e) < 0)
		return -1;
	air[0] = '\0';
	return conf_has_card(p->conf) ? 0 : d->device(p->air, air, 16, e);
}

int keep_spec(void *arg, struct vm_spec *spec, struct err *e)
{
	static struct conf conf;
	const struct priv *p = arg;
	struct image_paths image;
	char tap[16], air[16];
	struct spec_parts parts = {.conf = &conf,
	    .tap = -1,
	    .air = -1,
	    .tap_device = tap,
	    .air_device = air,
	    .card = &p->card.info};

	refresh(p, &conf);
	if (image_find(
		conf.image.store, p->image_id[0] != '\0' ? p->image_id : NULL, &image, e) < 0 ||
	    find_devices(p, tap, air, e) < 0)
		return -1;
	parts.files[PRIV_KERNEL] = image.kernel;
	parts.files[PRIV_INITRD] = image.initrd;
	parts.files[PRIV_ROOT] = image.root;
	parts.files[PRIV_SIM] = image.sim;
	parts.files[PRIV_BOOT] = image.boot[0] != '\0' ? image.boot : NULL;
	if (spec_make(&parts, spec, e) < 0)
		return -1;
	spec->nice = conf.guest.nice;
	return 0;
}

/* What a hypervisor does to a tap that it opens, hostnet mends. */
static void opened(void *arg)
{
	const struct priv *p = arg;
	const char *const taps[] = {p->conf->host.interface, p->air};

	for (size_t i = 0; i < ARRAY_LEN(taps); i++) {
		struct err e = {0};

		if (taps[i][0] != '\0' && p->journal.driver->opened(taps[i], &e) < 0)
			log_warn("%s", e.text);
	}
}

void keep_open(struct keeper *k, struct priv *p, const struct keeper_tools *tools,
    struct loop *l, int sock)
{
	*k = (struct keeper){.loop = l,
	    .tools = tools,
	    .dir = p->conf->run_dir,
	    .spec = keep_spec,
	    .opened = opened,
	    .arg = p};
	keeper_open(k, sock);
}

int keep_sweep(const struct conf *conf, const struct keeper_tools *tools, struct err *e)
{
	char name[CONF_IDENT];

	return keeper_sweep(tools, conf_machine_ident(name, conf->machine), conf->run_dir, e);
}
