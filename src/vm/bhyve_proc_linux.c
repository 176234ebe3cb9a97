/*
 * bhyve_proc_linux: there is no bhyve on Linux, but there are its doubles.
 *
 * What tests of the keeper run in bhyve's place are processes of this system, and are
 * looked at here as the FreeBSD half looks at the real ones.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "vm/bhyve.h"

#define TEXT_MAX 4096

/* A file below /proc/PID, NULs as spaces; "" when it cannot be read. */
static void proc_text(const char *pid, const char *name, char text[TEXT_MAX])
{
	char path[64];
	struct err ignored = {0};
	auto_free char *data = NULL;
	size_t len = 0;

	text[0] = '\0';
	if (!str_format(path, sizeof(path), "/proc/%s/%s", pid, name))
		return;
	data = file_read(path, TEXT_MAX - 1, &len, &ignored);
	for (size_t i = 0; data != NULL && i < len; i++)
		text[i] = data[i] != '\0' ? data[i] : ' ';
	text[data != NULL ? len : 0] = '\0';
}

bool bhyve_takes_sigterm(pid_t pid)
{
	static const char *const sets[] = {"\nSigIgn:", "\nSigCgt:"};
	char text[TEXT_MAX], number[16];
	unsigned long long mask;

	str_format(number, sizeof(number), "%d", (int)pid);
	proc_text(number, "status", text);
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		const char *at = strstr(text, sets[i]);

		if (at != NULL && sscanf(at + strlen(sets[i]), " %16llx", &mask) == 1 &&
		    (mask & (1ull << (SIGTERM - 1))) != 0)
			return true;
	}
	return false;
}

bool bhyve_osrelease(char *dst, size_t size)
{
	struct utsname system;

	return uname(&system) == 0 && str_copy(dst, size, system.release);
}

bool bhyve_shut_in(void)
{
	return false;
}

pid_t bhyve_find(const char *name)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	pid_t found = 0;

	while (dir != NULL && found == 0 && (d = readdir(dir)) != NULL) {
		char text[TEXT_MAX], last[80];
		uint64_t pid;

		if (!str_u64(d->d_name, 1, 1 << 22, &pid))
			continue;
		proc_text(d->d_name, "comm", text);
		if (strcmp(text, "bhyve\n") != 0)
			continue;
		proc_text(d->d_name, "cmdline", text);
		str_format(last, sizeof(last), " %s ", name);
		if (strlen(text) >= strlen(last) &&
		    strcmp(text + strlen(text) - strlen(last), last) == 0)
			found = (pid_t)pid;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

int bhyve_vmm(const struct keeper_tools *tools, bool load, struct err *e)
{
	if (access(tools->control, F_OK) == 0)
		return 0;
	err_set(e, errno, "load vmm");
	err_hint(e, "kldload vmm");
	return err_is(e, ERR_HOST);
}
