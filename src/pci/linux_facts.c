/*
 * linux_facts: what of this host decides about a hand-over besides the cards.
 *
 * All of it is in sysfs and /proc, readable by anybody; nothing of the kernel's log,
 * which is cut and needs root.  That interrupts are remapped shows in the names of
 * interrupt chips: "IR-IO-APIC" is one behind the IOMMU, "IO-APIC" is not.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pci/internal.h"

#define INTERRUPTS_MAX (4U << 20)
#define CPUINFO_MAX    (8U << 20)
#define MODULES_MAX    (16U << 20)

static char *read_all(const char *root, const char *name, size_t max, size_t *len)
{
	struct err e = {0};
	char path[PCI_PATH];

	str_format(path, sizeof(path), "%s/%s", root, name);
	return file_read(path, max, len, &e);
}

static bool exists(const char *root, const char *name)
{
	char path[PCI_PATH];

	str_format(path, sizeof(path), "%s/%s", root, name);
	return access(path, F_OK) == 0;
}

/* A group that is one: VFIO can be told to make others, without an IOMMU. */
static bool has_groups(const char *root)
{
	char path[PCI_PATH], name[32];
	bool found = false;
	struct dirent *entry;
	DIR *dir;

	str_format(path, sizeof(path), "%s/sys/kernel/iommu_groups", root);
	dir = opendir(path);
	while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		str_format(path, sizeof(path), "%s/sys/kernel/iommu_groups/%.16s/name", root,
		    entry->d_name);
		found =
		    !pci_line(path, name, sizeof(name)) || strcmp(name, "vfio-noiommu") != 0;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

static enum pci_iommu which_iommu(const char *root)
{
	enum pci_iommu found = PCI_IOMMU_NONE;
	char path[PCI_PATH];
	struct dirent *entry;
	DIR *dir;

	str_format(path, sizeof(path), "%s/sys/class/iommu", root);
	dir = opendir(path);
	while (dir != NULL && found == PCI_IOMMU_NONE && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "dmar", 4) == 0)
			found = PCI_IOMMU_INTEL;
		else if (strncmp(entry->d_name, "ivhd", 4) == 0)
			found = PCI_IOMMU_AMD;
		else if (entry->d_name[0] != '.')
			found = PCI_IOMMU_OTHER;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

static enum pci_tristate remapping(const char *root)
{
	auto_free char *text = read_all(root, "proc/interrupts", INTERRUPTS_MAX, NULL);

	if (text == NULL)
		return PCI_UNKNOWN;
	if (strstr(text, " IR-IO-APIC") != NULL || strstr(text, " IR-PCI-MSI") != NULL)
		return PCI_YES;
	if (strstr(text, " IO-APIC") != NULL || strstr(text, " PCI-MSI") != NULL)
		return PCI_NO;
	return PCI_UNKNOWN;
}

static enum pci_cpu which_cpu(const char *root)
{
	auto_free char *text = read_all(root, "proc/cpuinfo", CPUINFO_MAX, NULL);

	if (text != NULL && strstr(text, "GenuineIntel") != NULL)
		return PCI_CPU_INTEL;
	if (text != NULL && strstr(text, "AuthenticAMD") != NULL)
		return PCI_CPU_AMD;
	return PCI_CPU_OTHER;
}

static bool parameter_set(const char *root, const char *module)
{
	char path[PCI_PATH], value[8];

	str_format(path, sizeof(path), "%s/sys/module/%s/parameters/allow_unsafe_interrupts",
	    root, module);
	pci_line(path, value, sizeof(value));
	return value[0] == 'Y' || value[0] == '1';
}

/* Has the running kernel a module vfio-pci, whatever it is compressed by? */
static bool is_loadable(const char *root, const char *kernel)
{
	static const char *const lists[] = {"modules.dep", "modules.builtin"};
	char name[128];

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		auto_free char *text = NULL;

		str_format(name, sizeof(name), "lib/modules/%s/%s", kernel, lists[i]);
		text = read_all(root, name, MODULES_MAX, NULL);
		if (text != NULL && strstr(text, "/" PCI_VFIO ".ko") != NULL)
			return true;
	}
	return false;
}

/* Is a word on the kernel's command line? */
static bool asked(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = line; (p = strstr(p, word)) != NULL; p += len)
		if ((p == line || p[-1] == ' ') &&
		    (p[len] == '\0' || p[len] == ' ' || p[len] == ',' || p[len] == '\n'))
			return true;
	return false;
}

void pci_facts_read(const char *root, struct pci_facts *f)
{
	auto_free char *line = read_all(root, "proc/cmdline", 65536, NULL);
	char path[PCI_PATH];

	str_format(path, sizeof(path), "%s/proc/sys/kernel/osrelease", root);
	pci_line(path, f->kernel, sizeof(f->kernel));
	f->groups = has_groups(root);
	f->iommu = which_iommu(root);
	f->remapping = remapping(root);
	f->unsafe_interrupts =
	    parameter_set(root, "vfio_iommu_type1") || parameter_set(root, "iommufd");
	f->vfio_loaded = exists(root, PCI_BUS "/drivers/" PCI_VFIO);
	f->vfio_loadable = f->vfio_loaded || is_loadable(root, f->kernel);
	f->iommufd = exists(root, "dev/iommu");
	f->cpu = which_cpu(root);
	if (line == NULL)
		return;
	f->asked_on = asked(line, "intel_iommu=on");
	f->asked_off = asked(line, "intel_iommu=off") || asked(line, "amd_iommu=off") ||
		       asked(line, "iommu=off");
}
