/*
 * radio: the wait for the card's interface, and why it does not come.
 *
 * The kernel's events say when it appears.  A timer that doubles looks too, as
 * an event may get lost and as firmware that fails makes no event at all.
 */
#include <dirent.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/guest.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 30000
#define PATIENCE_MS  3000 /* before people are told */

static void on_timer(void *arg)
{
	struct guest *g = arg;

	g->radio.pause_ms = MIN(g->radio.pause_ms * 2, (unsigned)PAUSE_MAX_MS);
	router_go_on(g);
}

void radio_init(struct guest *g)
{
	g->radio.timer.fn = on_timer;
	g->radio.timer.arg = g;
	g->radio.pause_ms = PAUSE_MIN_MS;
}

static bool read_hex(const char *device, const char *file, unsigned long *value)
{
	struct err ignored = {0};
	auto_free char *text = NULL;
	char path[320];
	size_t len;

	str_format(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device, file);
	text = file_read(path, 4096, &len, &ignored);
	if (text != NULL)
		*value = strtoul(text, NULL, 16);
	return text != NULL;
}

/* The driver of a device in sysfs, or "". */
static void driver_of(const char *device, char *dst, size_t size)
{
	char path[320], target[256];
	ssize_t n;

	dst[0] = '\0';
	str_format(path, sizeof(path), "%s/driver", device);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	str_copy(dst, size, strrchr(target, '/') != NULL ? strrchr(target, '/') + 1 : target);
}

/* Find a card: a PCI network controller that is not for cables (class 02 80). */
static bool find_card(char card[32], char *driver, size_t size)
{
	DIR *dir = opendir("/sys/bus/pci/devices");
	bool found = false;
	struct dirent *d;
	char path[300];

	while (dir != NULL && !found && (d = readdir(dir)) != NULL) {
		unsigned long class = 0, vendor = 0, device = 0;

		if (d->d_name[0] == '.' || !read_hex(d->d_name, "class", &class) ||
		    class >> 8 != 0x0280)
			continue;
		read_hex(d->d_name, "vendor", &vendor);
		read_hex(d->d_name, "device", &device);
		str_format(card, 32, "%04lx:%04lx", vendor, device);
		str_format(path, sizeof(path), "/sys/bus/pci/devices/%s", d->d_name);
		driver_of(path, driver, size);
		found = true;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

void radio_why(const struct guest *g, char *dst, size_t size)
{
	char card[32] = "", driver[64] = "";

	if (g->settings.simulated)
		str_copy(dst, size, "the simulated radio does not come up");
	else if (!find_card(card, driver, sizeof(driver)))
		str_copy(dst, size, "no wireless card was handed to the guest");
	else if (driver[0] == '\0')
		str_format(dst, size, "no driver in this image for the card %s", card);
	else if (g->radio.firmware[0] != '\0')
		str_format(dst, size, "%s (card %s) lacks its firmware %s", driver, card,
		    g->radio.firmware);
	else
		str_format(
		    dst, size, "%s brings up no interface for the card %s", driver, card);
}

void radio_driver(const struct guest *g, char *dst, size_t size)
{
	char name[64];

	driver_of("/sys/class/net/" RADIO_NAME "/device", name, sizeof(name));
	str_format(dst, size, g->settings.simulated ? "simulated (%s)" : "%s", name);
}

void radio_kernel_line(struct guest *g, const char *text)
{
	static const char key[] = "Direct firmware load for ";
	const char *p = strstr(text, key);

	if (p == NULL || g->radio.present)
		return;
	p += sizeof(key) - 1;
	str_format(
	    g->radio.firmware, sizeof(g->radio.firmware), "%.*s", (int)strcspn(p, " "), p);
}

bool radio_go_on(struct guest *g)
{
	bool there = if_nametoindex(RADIO_NAME) != 0;
	char why[160];

	if (there && !g->radio.present) {
		g->radio.present = true;
		g->radio.pause_ms = PAUSE_MIN_MS;
		g->radio.since_ms = 0;
		g->radio.firmware[0] = '\0';
		loop_timer_del(g->loop, &g->radio.timer);
		router_event(g, LIFE_RADIO_READY, NULL);
	} else if (!there) {
		bool lost = g->radio.present;

		g->radio.present = false;
		if (g->radio.since_ms == 0)
			g->radio.since_ms = now_ms();
		radio_why(g, why, sizeof(why));
		if (lost || now_ms() - g->radio.since_ms >= PATIENCE_MS)
			router_event(g, LIFE_RADIO_MISSING, lost ? "the card is gone" : why);
		if (!g->radio.timer.armed)
			loop_timer_set(g->loop, &g->radio.timer, g->radio.pause_ms);
	}
	return there;
}
