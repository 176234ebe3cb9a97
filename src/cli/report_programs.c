/*
 * report_programs: what a system's own programs say of it, for `airlock report`.
 *
 * A table of commands that look and change nothing; each is in the report with its
 * status, also when it fails, and what it says is masked like all the rest.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/host.h"
#include "cli/mask.h"

static const struct {
	enum probe_system system;
	const char *argv[12];
} programs[] = {
    {PROBE_FREEBSD, {"/bin/freebsd-version", "-kru"}},
    {PROBE_FREEBSD, {"/sbin/kldstat"}},
    {PROBE_FREEBSD, {"/usr/sbin/pciconf", "-lv"}},
    {PROBE_FREEBSD, {"/sbin/sysctl", "kern.osreldate", "hw.model", "kern.vm_guest",
			"kern.securelevel", "security.jail.jailed", "vm.max_user_wired",
			"kern.features.security_capability_mode"}},
    {PROBE_FREEBSD, {"/sbin/sysctl", "hw.vmm"}},
    {PROBE_FREEBSD, {"/bin/kenv", "-q", "pptdevs"}},
    {PROBE_FREEBSD, {"/sbin/ifconfig", "-l"}},
};

static void print_program(const char *const *argv)
{
	struct buf out = {0};
	struct err e = {0};
	char *line, *rest;
	int status;

	buf_add(&out, "", 0);
	status = child_run(argv, NULL, &out, &e);
	printf("\n==");
	for (size_t i = 0; argv[i] != NULL; i++)
		printf(" %s", argv[i]);
	printf(": status %d\n", status);
	rest = status == 0 ? out.data : e.text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct buf clean = {0};

		if (line[0] == '\0')
			continue;
		mask_text(&clean, line);
		printf("%s\n", clean.data != NULL ? clean.data : "");
		buf_fini(&clean);
	}
	buf_fini(&out);
}

void report_programs(void)
{
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (programs[i].system == cli_host.system)
			print_program(programs[i].argv);
}
