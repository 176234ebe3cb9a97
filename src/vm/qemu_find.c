/*
 * qemu_find: which QEMU, is it one for us, and which firmware for UEFI.
 *
 * Only fixed places are looked at: the supervisor runs as root, and PATH is
 * not its business.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm/qemu.h"

#define OLDEST_MAJOR   7
#define VFIO_FDS_MAJOR 9 /* -object iommufd, and vfio-pci's fd= */

static const char *const places[] = {
    "/usr/bin/qemu-system-x86_64",
    "/usr/local/bin/qemu-system-x86_64",
    "/usr/libexec/qemu-kvm",
};

int qemu_find(char *path, size_t size, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (access(places[i], X_OK) == 0) {
			str_copy(path, size, places[i]);
			return 0;
		}
	}
	err_set(e, 0, "there is no QEMU: looked for %s, %s and %s", places[0], places[1],
	    places[2]);
	err_is(e, ERR_HOST);
	return err_hint(e, "apt install qemu-system-x86");
}

int qemu_firmware_open(const char *root, struct err *e)
{
	char path[512];

	for (size_t i = 0; vm_firmwares[i] != NULL; i++) {
		int fd;

		str_format(path, sizeof(path), "%s%s", root, vm_firmwares[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (errno != ENOENT && errno != ENOTDIR) {
			err_set(e, errno, "UEFI firmware %s", path);
			return err_is(e, ERR_HOST);
		}
	}
	err_set(e, 0, "there is no UEFI firmware for QEMU, such as %s", vm_firmwares[0]);
	err_is(e, ERR_HOST);
	return err_hint(e, "apt install ovmf");
}

int qemu_version(const char *output, char *version, size_t size, struct err *e)
{
	unsigned major = 0, minor = 0, micro = 0;
	const char *at = strstr(output, "version ");

	if (strncmp(output, "QEMU emulator", 13) != 0 || at == NULL ||
	    sscanf(at, "version %4u.%4u.%4u", &major, &minor, &micro) != 3) {
		err_set(e, 0, "its -version prints nothing that QEMU would print");
		return err_is(e, ERR_HOST);
	}
	str_format(version, size, "QEMU %u.%u.%u", major, minor, micro);
	if (major < OLDEST_MAJOR) {
		err_set(e, 0, "%s is too old: %d.0 or newer is needed", version, OLDEST_MAJOR);
		return err_is(e, ERR_HOST);
	}
	return 0;
}

bool qemu_takes_vfio_fds(const char *version)
{
	unsigned major = 0;

	return sscanf(version, "QEMU %4u.", &major) == 1 && major >= VFIO_FDS_MAJOR;
}

static int ask_version(char *version, size_t size, struct err *e)
{
	char path[128];
	const char *argv[] = {path, "-version", NULL};
	struct buf out = {0};
	int status, result = -1;

	if (qemu_find(path, sizeof(path), e) < 0)
		return -1;
	status = child_run(argv, NULL, &out, e);
	if (status == 0)
		result = qemu_version(out.data != NULL ? out.data : "", version, size, e);
	buf_fini(&out);
	if (result < 0) {
		enum err_kind kind = e->kind;

		err_ctx(e, "%s", path);
		err_is(e, status == 0 ? kind : ERR_HOST);
	}
	return result;
}

int qemu_check(enum vm_accel *accel, char *version, size_t size, struct err *e)
{
	struct accel_facts facts;
	struct accel_choice choice;

	if (ask_version(version, size, e) < 0)
		return -1;
	host_accel_facts(&facts);
	if (accel_choose(*accel, &facts, 0, 0, &choice, e) < 0)
		return -1;
	*accel = choice.accel;
	return 0;
}
