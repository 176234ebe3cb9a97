/*
 * air: the simulated radio, from a disk of its own.
 *
 * mac80211_hwsim makes the station's interface and those of the access points;
 * airlock-sim takes the latter away and says "ready" when the access points
 * can be heard.  Only then is the radio used, as it would be in a place where
 * they have been there all along.
 */
#include <stdio.h>
#include <string.h>

#include "guest/guest.h"
#include "guest/mount.h"

#define DISK "airlock-sim"

static void on_line(void *arg, const char *text)
{
	struct guest *g = arg;

	if (strcmp(text, "ready") != 0 || g->air.ready)
		return;
	g->air.ready = true;
	router_go_on(g);
}

/* The ciphers are what the kernel would ask its helper for, each several times. */
static const struct {
	const char *module, *options;
} modules[] = {
    {"mac80211_hwsim", "radios=3 regtest=5"},
    {"ccm", ""},
    {"cmac", ""},
};

static int mount_disk(struct guest *g, const char *dev, struct err *e)
{
	if (g->air.mounted)
		return 0;
	if (mount_image(dev, "/sim", e) < 0 || modules_add(&g->modules, "/sim", e) < 0)
		return err_ctx(e, "the simulated radio");
	g->air.mounted = true;
	return 0;
}

static int load(struct guest *g, struct err *e)
{
	char dev[64];

	if (!disk_find(DISK, dev, sizeof(dev)))
		return err_set(
		    e, 0, "the disk of the simulated radio (serial " DISK ") is missing");
	if (mount_disk(g, dev, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (module_load(&g->modules, modules[i].module, modules[i].options, e) < 0)
			return err_ctx(e, "the simulated radio");
	return 0;
}

void air_driver(struct guest *g)
{
	struct err e = {0};
	struct card card;
	char dev[64];

	/* With a real card there is no such disk: its driver is in the root. */
	if (g->air.driver || !disk_find(DISK, dev, sizeof(dev)) || !card_find("", true, &card))
		return;
	g->air.driver = true;
	if (mount_disk(g, dev, &e) < 0)
		log_error("%s", e.text);
	else
		module_load_alias(&g->modules, card.alias);
}

bool air_go_on(struct guest *g)
{
	static const char *const env[] = {"PATH=/usr/sbin:/usr/bin", "LANG=C.UTF-8",
	    "LD_LIBRARY_PATH=/sim/usr/lib/x86_64-linux-gnu", NULL};
	static const char *const argv[] = {"/sim/sbin/airlock-sim", NULL};
	struct service *v = &g->air.sim;
	struct err e = {0};

	if (g->air.ready)
		return true;
	if (!g->air.loaded) {
		if (load(g, &e) < 0) {
			router_event(g, LIFE_RADIO_MISSING, e.text);
			return false;
		}
		g->air.loaded = true;
		service_describe(v, "airlock-sim", argv);
		v->envp = env;
		v->line = on_line;
		v->arg = g;
		service_start(&g->supervisor, v);
	}
	return false;
}
