/*
 * conf_machine: the names of machines, and what follows from a name.
 */
#include "check.h"
#include "conf/conf.h"

static void names(void)
{
	static const char *const good[] = {
	    "airlock", "a", "lab", "wlan_2", "usb-stick", "elevenbytes", "air", "x-airs"};
	static const char *const bad[] = {"", "0lab", "-n", "_x", "Lab", "lab/../etc", "../lab",
	    "a b", "lab.conf", "twelve-bytes", "lab-air", "-air",
	    "l\xc3\xa4\x62", /* an umlaut */
	    "a\n"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!conf_machine_valid(good[i]))
			CHECK_FAIL("\"%s\" is refused", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (conf_machine_valid(bad[i]))
			CHECK_FAIL("\"%s\" is taken", bad[i]);
}

static void paths(void)
{
	char path[CONF_PATH], ident[CONF_IDENT];

	CHECK_STR(conf_machine_path(path, "airlock"), "/etc/airlock.conf");
	CHECK_STR(conf_machine_path(path, "lab"), "/etc/airlock/lab.conf");
	CHECK_STR(conf_machine_ident(ident, "airlock"), "airlock");
	CHECK_STR(conf_machine_ident(ident, "elevenbytes"), "airlock-elevenbytes");
}

/* Whatever two machines would fight about follows the name; the images do not. */
static void defaults_follow_the_name(void)
{
	struct conf a, b;

	conf_defaults(&a, "airlock");
	conf_defaults(&b, "elevenbytes");
	CHECK_STR(a.machine, "airlock");
	CHECK_STR(a.run_dir, "/run/airlock");
	CHECK_STR(a.host.interface, "airlock0");
	CHECK_STR(a.sockets.supplicant, "/var/run/wpa_supplicant");
	CHECK_STR(b.machine, "elevenbytes");
	CHECK_STR(b.run_dir, "/run/airlock-elevenbytes");
	CHECK_STR(b.state_dir, "/var/lib/airlock-elevenbytes");
	CHECK_STR(b.host.interface, "elevenbytes");
	CHECK_STR(b.sockets.supplicant, "/var/run/wpa_supplicant-elevenbytes");
	CHECK_STR(b.sockets.hostapd, "/var/run/hostapd-elevenbytes");
	CHECK_STR(b.image.store, a.image.store);
	CHECK_STR(b.image.cache, a.image.cache);
	CHECK_STR(b.supplicant, a.supplicant);
}

static void a_file_goes_before_the_name(void)
{
	static const char text[] = "host { interface = wifi1; }\nrun_dir = /run/other;\n";
	struct err e = {0};
	struct conf c;

	CHECK_INT(conf_parse(&c, "lab", text, strlen(text), "f", &e), 0);
	CHECK_STR(c.machine, "lab");
	CHECK_STR(c.host.interface, "wifi1");
	CHECK_STR(c.run_dir, "/run/other");
	CHECK_STR(c.state_dir, "/var/lib/airlock-lab");
}

static void a_missing_file_says_what_to_write(void)
{
	struct err e = {0};
	struct conf c;

	CHECK_INT(conf_load(&c, "lab", "/nowhere/lab.conf", false, &e), -1);
	CHECK_INT(e.kind, ERR_CONF);
	CHECK_HAS(e.text, "/nowhere/lab.conf: No such file");
	CHECK_STR(e.hint, "airlock -n lab setup, or write radio = \"...\"; into "
			  "/nowhere/lab.conf");
}

static void commands_get_the_name(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"airlock start", "airlock -n lab start"},
	    {"sudo airlock join, or: airlock join --once",
		"sudo airlock -n lab join, or: airlock -n lab join --once"},
	    {"airlock stop && airlock start", "airlock -n lab stop && airlock -n lab start"},
	    {"see `airlock log`", "see `airlock -n lab log`"},
	    /* Of all machines, of none, no command at all, named already. */
	    {"airlock image build && airlock start",
		"airlock image build && airlock -n lab start"},
	    {"airlock demo", "airlock demo"},
	    {"airlock runs already", "airlock runs already"},
	    {"airlock starts", "airlock starts"},
	    {"/run/airlock start", "/run/airlock start"},
	    {"airlock -n lab start", "airlock -n lab start"},
	    {"airlock ", "airlock "},
	    {"", ""},
	};
	char got[128];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_STR(
		    conf_machine_text(got, sizeof(got), "lab", rows[i].text), rows[i].want);
		CHECK_STR(conf_machine_text(got, sizeof(got), "lab", got), rows[i].want);
		CHECK_STR(
		    conf_machine_text(got, sizeof(got), "airlock", rows[i].text), rows[i].text);
	}
	CHECK_STR(conf_machine_text(got, 12, "lab", "airlock start"), "airlock -n ");
}

int main(void)
{
	RUN(names);
	RUN(paths);
	RUN(defaults_follow_the_name);
	RUN(a_file_goes_before_the_name);
	RUN(a_missing_file_says_what_to_write);
	RUN(commands_get_the_name);
	return check_done();
}
