/*
 * airlock.conf(5) as a struct: defaults, DESIGN's example, units, addresses
 * that follow from each other, files that are missing.  What is refused with
 * which words stands in test/golden/conf.
 */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "conf/keys.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static struct conf c;
static struct err e;

static bool parse(const char *text)
{
	memset(&e, 0, sizeof(e));
	return conf_parse(&c, CONF_MACHINE, text, strlen(text), "f", &e) == 0;
}

static void defaults(void)
{
	CHECK(parse(""));
	CHECK_STR(c.radio, "auto");
	CHECK_INT(c.mode, CONF_ROUTER);
	CHECK_STR(c.supplicant, "/etc/wpa_supplicant/wpa_supplicant.conf");
	CHECK_STR(c.country, "");
	CHECK_INT(c.resume, CONF_RESUME_RESTART);
	CHECK_STR(c.user, "");
	CHECK_INT(c.log_level, LEVEL_INFO);
	CHECK_INT(c.guest.cpus, 1);
	CHECK_INT(c.guest.memory_mib, 128);
	CHECK_INT(c.guest.accel, CONF_ACCEL_AUTO);
	CHECK_INT(c.guest.nice, 0);
	CHECK_INT(c.guest.stop_timeout_ms, 30000);
	CHECK_INT(c.guest.start_timeout_ms, 90000);
	CHECK(!c.guest.console);
	CHECK_STR(c.host.interface, "airlock0");
	CHECK(c.host.address.automatic && c.router.address.automatic);
	CHECK(c.host.default_route && c.host.resolver && c.host.filter);
	CHECK(c.router.dhcp && c.router.dhcp_first == 0 && c.router.forwards == 0);
	CHECK_STR(c.image.suite, "trixie");
	CHECK_STR(c.image.mirror, "");
	CHECK_STR(c.run_dir, "/run/airlock");
	CHECK_STR(c.state_dir, "/var/lib/airlock");
	CHECK(!conf_simulated(&c));
}

/* Every row is filled in, and its default is what its own setter accepts. */
static void table_is_whole(void)
{
	struct conf d;

	memset(&d, 0, sizeof(d));
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct conf_key *k = &conf_keys[i];
		char accepted[192];
		const char *why;

		CHECK(k->name != NULL && k->set != NULL && k->size > 0);
		CHECK(k->list == (k->fallback == NULL));
		if (k->name == NULL || k->fallback == NULL)
			continue;
		why = k->set(k, &d, k->fallback);
		if (why != NULL)
			CHECK_FAIL("default of %s %s", k->name, why);
		conf_accepts(k, accepted, sizeof(accepted));
		CHECK(accepted[0] != '\0');
		CHECK_INT(conf_key_index(k->section, k->name), i);
	}
}

static void design_example(void)
{
	CHECK(parse(
	    "radio = \"simulated\";            # or \"auto\"\n"
	    "mode = \"router\";                # router | cable | access-point\n"
	    "supplicant = \"/etc/wpa_supplicant.conf\";\n"
	    "guest { cpus = 1; memory = 128M; accel = \"auto\"; nice = 0; stop_timeout = 30s; "
	    "}\n"
	    "host { interface = \"airlock0\"; address = \"10.0.0.2/24\"; default_route = true; "
	    "resolver = true; }\n"
	    "router { address = \"10.0.0.1/24\"; dhcp = \"10.0.0.100-10.0.0.199\"; "
	    "forward = [ \"tcp 8080 10.0.0.2:80\" ]; }\n"
	    "resume = \"restart\";             # restart | reload-hypervisor | none\n"
	    "socket_group = \"network\";\n"));
	CHECK_STR(e.text, "");
	CHECK(conf_simulated(&c));
	CHECK_INT(c.host.address.address, IP(10, 0, 0, 2));
	CHECK_INT(c.host.address.prefix, 24);
	CHECK_INT(c.router.address.address, IP(10, 0, 0, 1));
	CHECK_INT(c.router.dhcp_first, IP(10, 0, 0, 100));
	CHECK_INT(c.router.dhcp_last, IP(10, 0, 0, 199));
	CHECK_INT(c.router.forwards, 1);
	CHECK_INT(c.router.forward[0].protocol, 6);
	CHECK_INT(c.router.forward[0].port, 8080);
	CHECK_INT(c.router.forward[0].to, 0);
	CHECK_INT(c.router.forward[0].to_port, 80);
	CHECK_STR(c.socket_group, "network");
}

static void units(void)
{
	CHECK(
	    parse("guest { memory = 2G; stop_timeout = 2min; start_timeout = 1h; nice = -5 }"));
	CHECK_INT(c.guest.memory_mib, 2048);
	CHECK_INT(c.guest.stop_timeout_ms, 120000);
	CHECK_INT(c.guest.start_timeout_ms, 3600000);
	CHECK_INT(c.guest.nice, -5);
	CHECK(parse("guest { memory = 96MiB; stop_timeout = 1500ms }"));
	CHECK_INT(c.guest.memory_mib, 96);
	CHECK_INT(c.guest.stop_timeout_ms, 1500);
	CHECK(!parse("guest { memory = 99999999999999999999G }"));
	CHECK(!parse("guest { memory = 2147483647G }"));
}

static void a_firmware_wants_more_memory(void)
{
	CHECK(parse("guest { boot = direct; memory = 128M }"));
	CHECK_INT(c.guest.memory_mib, 128);
	CHECK(parse("guest { boot = uefi }"));
	CHECK_INT(c.guest.memory_mib, 192);
	CHECK(parse("guest { boot = uefi; memory = 256M }"));
	CHECK_INT(c.guest.memory_mib, 256);
	CHECK(!parse("guest { boot = uefi; memory = 191M }"));
}

static void one_address_gives_the_other(void)
{
	CHECK(parse("host { address = 192.168.5.1/24 }"));
	CHECK(!c.router.address.automatic);
	CHECK_INT(c.router.address.address, IP(192, 168, 5, 2));
	CHECK_INT(c.router.address.prefix, 24);
	CHECK(parse("host { address = 10.1.2.9/29 }"));
	CHECK_INT(c.router.address.address, IP(10, 1, 2, 10));
	CHECK(parse("router { address = 172.31.255.254/30 }"));
	CHECK_INT(c.host.address.address, IP(172, 31, 255, 253));
}

static void forwards(void)
{
	CHECK(parse("router { address = 10.0.0.1/24; forward = [ tcp 1 host:2, "
		    "\"udp 1 10.0.0.7:65535\" ] }"));
	CHECK_INT(c.router.forwards, 2);
	CHECK_INT(c.router.forward[0].to, 0);
	CHECK_INT(c.router.forward[1].protocol, 17);
	CHECK_INT(c.router.forward[1].to, IP(10, 0, 0, 7));
	CHECK(parse("router { forward = \"tcp 8080 host:80\" }"));
	CHECK_INT(c.router.forwards, 1);
	CHECK(parse("router { dhcp = none; forward = [] }"));
	CHECK(!c.router.dhcp && c.router.forwards == 0);
}

static void radios(void)
{
	CHECK(parse("radio = 0000:03:00.0") && parse("radio = pci0:3:0:0"));
	CHECK(parse("radio = 0000:ff:1f.7") && parse("radio = pci65535:255:31:7"));
	CHECK(!parse("radio = 03:00.0") && !parse("radio = 0000:03:20.0"));
	CHECK(!parse("radio = 0000:03:00.8") && !parse("radio = pci0:3:0:0x"));
	CHECK(!parse("radio = pci00:3:0:0") && !parse("radio = \"0000:03:00.0 \""));
}

static void failure_leaves_the_struct(void)
{
	CHECK(parse("country = DE"));
	CHECK(!parse("country = FR; radio = none"));
	CHECK_STR(c.country, "DE");
	CHECK_INT(e.kind, ERR_CONF);
}

static void private_networks(void)
{
	CHECK(conf_is_private(IP(10, 255, 0, 0), 32) && conf_is_private(IP(10, 0, 0, 0), 8));
	CHECK(conf_is_private(IP(172, 16, 0, 0), 12) && conf_is_private(IP(172, 31, 9, 9), 32));
	CHECK(
	    !conf_is_private(IP(172, 32, 0, 0), 16) && !conf_is_private(IP(172, 16, 0, 0), 11));
	CHECK(conf_is_private(IP(192, 168, 0, 0), 16) &&
	      !conf_is_private(IP(192, 169, 0, 0), 24));
	CHECK(!conf_is_private(IP(10, 0, 0, 0), 7) && !conf_is_private(0, 0));
}

static void files(void)
{
	char path[] = "/tmp/airlock-conf-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0 && write(fd, "\nradoo = x\n", 11) == 11);
	memset(&e, 0, sizeof(e));
	CHECK_INT(conf_load(&c, CONF_MACHINE, path, true, &e), -1);
	CHECK_HAS(e.text, ":2: unknown key radoo, perhaps radio is meant; accepted: ");
	CHECK_HAS(e.text, path);
	close(fd);
	unlink(path);
	memset(&e, 0, sizeof(e));
	CHECK_INT(conf_load(&c, CONF_MACHINE, path, true, &e), 0);
	CHECK_INT(e.kind, 0);
	CHECK_STR(c.radio, "auto");
	CHECK_INT(conf_load(&c, CONF_MACHINE, path, false, &e), -1);
	CHECK_INT(e.kind, ERR_CONF);
	CHECK_HAS(e.text, "No such file");
}

int main(void)
{
	RUN(defaults);
	RUN(table_is_whole);
	RUN(design_example);
	RUN(units);
	RUN(a_firmware_wants_more_memory);
	RUN(one_address_gives_the_other);
	RUN(forwards);
	RUN(radios);
	RUN(failure_leaves_the_struct);
	RUN(private_networks);
	RUN(files);
	return check_done();
}
