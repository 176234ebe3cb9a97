/*
 * freebsd_host: what of this host decides about a hand-over, as lines of a recording.
 *
 * sysctl and kenv say most.  Whether vmm can be loaded is a file below a directory of
 * kern.module_path; whether the firmware describes an IOMMU is in its tables, which root
 * reads from memory: hw.vmm.iommu.initialized says it only after the first guest.
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <kenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "pci/freebsd.h"

#define VMM "vmm"

bool freebsd_kenv(const char *name, char *dst, size_t size)
{
	int n = kenv(KENV_GET, name, dst, (int)size);

	dst[n > 0 ? MIN((size_t)n, size - 1) : 0] = '\0';
	return n > 0;
}

/* Numbers come in the kernel's own size, texts with a NUL. */
bool freebsd_sysctl(const char *name, char *dst, size_t size)
{
	char value[512];
	size_t len = sizeof(value) - 1, words = 32;
	int mib[32], format[34] = {0, 4};
	char kind[sizeof(unsigned) + 16] = "";
	size_t kind_len = sizeof(kind) - 1;
	unsigned type = 0;

	dst[0] = '\0';
	if (sysctlnametomib(name, mib, &words) < 0 ||
	    sysctl(mib, (u_int)words, value, &len, NULL, 0) < 0)
		return false;
	memcpy(format + 2, mib, words * sizeof(int));
	if (sysctl(format, (u_int)words + 2, kind, &kind_len, NULL, 0) == 0)
		memcpy(&type, kind, sizeof(type));
	if ((type & CTLTYPE) == CTLTYPE_STRING) {
		value[len] = '\0';
		str_copy(dst, size, value);
	} else if (len == sizeof(int)) {
		int number;

		memcpy(&number, value, sizeof(number));
		str_format(dst, size, "%d", number);
	} else if (len == sizeof(int64_t)) {
		int64_t number;

		memcpy(&number, value, sizeof(number));
		str_format(dst, size, "%lld", (long long)number);
	}
	return dst[0] != '\0';
}

static bool read_memory(void *arg, uint64_t at, void *dst, size_t len)
{
	return pread(*(const int *)arg, dst, len, (off_t)at) == (ssize_t)len;
}

/* Unknown where memory cannot be read, as by anybody but root. */
static void record_firmware(struct buf *b)
{
	char text[32], tables[PCI_TABLES];
	auto_fd fd = -1;
	uint64_t root;

	if (!freebsd_sysctl("machdep.acpi_root", text, sizeof(text)) &&
	    !freebsd_kenv("acpi.rsdp", text, sizeof(text)))
		return;
	root = strtoull(text, NULL, 0);
	fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && root != 0 && pci_acpi_tables(read_memory, &fd, root, tables))
		buf_addf(b, "airlock.firmware: %s\n", tables);
}

static bool is_loadable(const char *module)
{
	char path[512], file[600], *rest = path, *dir;

	if (!freebsd_sysctl("kern.module_path", path, sizeof(path)))
		return false;
	while ((dir = strsep(&rest, ";")) != NULL) {
		str_format(file, sizeof(file), "%s/%s.ko", dir, module);
		if (access(file, R_OK) == 0)
			return true;
	}
	return false;
}

void freebsd_record_host(struct buf *b)
{
	static const char *const settings[] = {"kern.osrelease", "hw.model", "kern.securelevel",
	    "security.jail.jailed", "hw.vmm.iommu.enable", "hw.vmm.iommu.initialized",
	    "hw.vmm.amdvi.enable"};
	static const char *const variables[] = {"hw.vmm.amdvi.enable", "hw.vmm.amdvi_enable",
	    "hw.vmm.iommu.enable", "pptdevs", "pptdevs2", "pptdevs3"};
	char value[512];

	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		if (freebsd_kenv(variables[i], value, sizeof(value)))
			buf_addf(b, "%s=\"%s\"\n", variables[i], value);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (freebsd_sysctl(settings[i], value, sizeof(value)))
			buf_addf(b, "%s: %s\n", settings[i], value);
	buf_addf(b, "airlock.vmm: %s\n",
	    freebsd_module_loaded(VMM) ? "loaded"
	    : is_loadable(VMM)         ? "loadable"
				       : "missing");
	record_firmware(b);
}
