/*
 * bhyve_config: a machine's specification in bhyve's own words.
 *
 * A bhyve_config(5) file has a line "key=value" for each setting.  A device is a node
 * below its place on the PCI bus, and the place never depends on other devices: what the
 * guest calls a device stays the same whatever else is there.
 *
 * Three things are as the programs have them and not as one would think.  A value with a
 * percent sign is expanded, and in such a value the sign is quoted by a backslash.  The
 * node of a passed-through function must have wired memory around it, or bhyve refuses.
 * And x2APIC stays off, because vmm does not take the writes with which Linux turns it on.
 *
 * A key that a release does not know is ignored there.  Where the name of a key changed,
 * the table below says which release wants which.
 */
#include <stdio.h>
#include <string.h>

#include "vm/bhyve.h"

#define NEWEST 15

/* Places on bus 0; a kind has as many as there can be devices of it. */
enum slot {
	SLOT_BRIDGE = 0,
	SLOT_BOOT = 2, /* the disk that UEFI boots */
	SLOT_DISK = 3,
	SLOT_NIC = SLOT_DISK + VM_DISKS_MAX,
	SLOT_CONSOLE = SLOT_NIC + VM_NICS_MAX,
	SLOT_RANDOM,
	SLOT_PCI,
	SLOT_LPC = 31,
};

_Static_assert(SLOT_PCI + VM_PCI_MAX <= SLOT_LPC, "every device has a slot");
_Static_assert(VM_PORTS_MAX <= 16, "bhyve has so many ports");

/* The key that names the boot ROM; the last row is for all that follow. */
static const struct {
	unsigned release;
	const char *keys[2];
} rom_keys[] = {
    {13, {"lpc.bootrom", NULL}},
    {14, {"bootrom", "lpc.bootrom"}}, /* with both no release of it complains */
    {NEWEST, {"bootrom", NULL}},
};

static const char *const always[] = {
    "acpi_tables=true", /* 13 has none by default */
    "rtc.use_localtime=false",
    "x86.strictmsr=false",
    "x86.vmexit_on_hlt=true", /* else an idle guest burns a whole processor */
    "x86.vmexit_on_pause=true",
    "x86.x2apic=false",
};

unsigned bhyve_release(const char *osrelease)
{
	unsigned major, minor;

	return sscanf(osrelease, "%3u.%3u", &major, &minor) == 2 ? major : 0;
}

/* Append key=value, quoted; a value cannot be empty nor have lines. */
static int put(struct buf *out, const char *key, const char *value, struct err *e)
{
	bool expanded = strchr(value, '%') != NULL;

	if (value[0] == '\0' || strpbrk(value, "\r\n") != NULL)
		return err_set(e, 0, "bhyve's configuration: %s cannot be \"%s\"", key, value);
	buf_addf(out, "%s=", key);
	for (; *value != '\0'; value++) {
		if (expanded && (*value == '%' || *value == '\\'))
			buf_addf(out, "\\");
		buf_add(out, value, 1);
	}
	buf_addf(out, "\n");
	return 0;
}

static void device(struct buf *out, unsigned slot, const char *model)
{
	buf_addf(out, "pci.0.%u.0.device=%s\n", slot, model);
}

static int put_of(
    struct buf *out, unsigned slot, const char *key, const char *value, struct err *e)
{
	char name[64];

	str_format(name, sizeof(name), "pci.0.%u.0.%s", slot, key);
	return put(out, name, value, e);
}

static int add_disks(const struct vm_spec *spec, struct buf *out, struct err *e)
{
	bool boots = spec->boot == VM_BOOT_UEFI;

	for (size_t i = 0; i < spec->disk_count; i++) {
		const struct vm_disk *d = &spec->disks[i];
		unsigned slot =
		    boots && i == 0 ? SLOT_BOOT : SLOT_DISK + (unsigned)i - (boots ? 1 : 0);

		device(out, slot, "virtio-blk");
		if (put_of(out, slot, "path", d->path, e) < 0 ||
		    put_of(out, slot, "ser", d->serial, e) < 0 ||
		    (d->read_only && put_of(out, slot, "ro", "true", e) < 0))
			return -1;
	}
	return 0;
}

static int add_nics(const struct vm_spec *spec, struct buf *out, struct err *e)
{
	static const char *const models[] = {
	    [VM_NIC_VIRTIO] = "virtio-net", [VM_NIC_E1000E] = "e1000"};

	for (size_t i = 0; i < spec->nic_count; i++) {
		const struct vm_nic *n = &spec->nics[i];
		unsigned slot = SLOT_NIC + (unsigned)i;

		if (n->tap[0] == '\0')
			return err_set(e, 0, "network card %zu has no tap", i);
		device(out, slot, models[n->model]);
		if (put_of(out, slot, "backend", n->tap, e) < 0)
			return -1;
		buf_addf(out, "pci.0.%u.0.mac=%02x:%02x:%02x:%02x:%02x:%02x\n", slot, n->mac[0],
		    n->mac[1], n->mac[2], n->mac[3], n->mac[4], n->mac[5]);
	}
	return 0;
}

int bhyve_port_path(char dst[BHYVE_SOCKET], const char *dir, size_t index, struct err *e)
{
	if (str_format(dst, BHYVE_SOCKET, "%s/port%zu", dir, index))
		return 0;
	err_set(e, 0, "%s is too long: a socket in it would have a name of over %d bytes", dir,
	    BHYVE_SOCKET - 1);
	err_is(e, ERR_CONF);
	return err_hint(e, "run_dir in airlock.conf");
}

static int add_ports(
    const struct vm_spec *spec, const char *dir, struct buf *out, struct err *e)
{
	if (spec->port_count > 0)
		device(out, SLOT_CONSOLE, "virtio-console");
	for (size_t i = 0; i < spec->port_count; i++) {
		char path[BHYVE_SOCKET], key[32];

		str_format(key, sizeof(key), "port.%zu.name", i);
		if (bhyve_port_path(path, dir, i, e) < 0 ||
		    put_of(out, SLOT_CONSOLE, key, spec->ports[i], e) < 0)
			return -1;
		str_format(key, sizeof(key), "port.%zu.path", i);
		if (put_of(out, SLOT_CONSOLE, key, path, e) < 0)
			return -1;
	}
	return 0;
}

static int add_pci(const struct vm_spec *spec, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < spec->pci_count; i++) {
		unsigned domain, bus, slot, function, at = SLOT_PCI + (unsigned)i;

		if (sscanf(spec->pci[i].address, "%5x:%2x:%2x.%1u", &domain, &bus, &slot,
			&function) != 4)
			return err_set(e, 0, "PCI function \"%s\"", spec->pci[i].address);
		if (domain != 0) {
			err_set(e, 0, "bhyve takes no PCI function outside of domain 0: %s",
			    spec->pci[i].address);
			return err_is(e, ERR_HOST);
		}
		device(out, at, "passthru");
		buf_addf(out, "pci.0.%u.0.bus=%u\n", at, bus);
		buf_addf(out, "pci.0.%u.0.slot=%u\n", at, slot);
		buf_addf(out, "pci.0.%u.0.func=%u\n", at, function);
	}
	return 0;
}

static int add_rom(unsigned release, const char *firmware, struct buf *out, struct err *e)
{
	size_t row = 0;

	release = release == 0 ? NEWEST : release;
	while (row < ARRAY_LEN(rom_keys) - 1 && rom_keys[row].release < release)
		row++;
	for (size_t i = 0; i < ARRAY_LEN(rom_keys[row].keys); i++)
		if (rom_keys[row].keys[i] != NULL &&
		    put(out, rom_keys[row].keys[i], firmware, e) < 0)
			return -1;
	return 0;
}

int bhyve_config(const struct vm_spec *spec, unsigned release, const char *dir,
    const char *firmware, struct buf *out, struct err *e)
{
	if (put(out, "name", spec->name, e) < 0)
		return -1;
	buf_addf(out, "cpus=%u\n", spec->cpus);
	buf_addf(out, "memory.size=%uM\n", spec->memory_mib);
	if (spec->pci_count > 0)
		buf_addf(out, "memory.wired=true\n");
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		buf_addf(out, "%s\n", always[i]);
	if (spec->boot == VM_BOOT_UEFI && add_rom(release, firmware, out, e) < 0)
		return -1;
	device(out, SLOT_BRIDGE, "hostbridge");
	if (add_disks(spec, out, e) < 0 || add_nics(spec, out, e) < 0 ||
	    add_ports(spec, dir, out, e) < 0)
		return -1;
	device(out, SLOT_RANDOM, "virtio-rnd");
	if (add_pci(spec, out, e) < 0)
		return -1;
	device(out, SLOT_LPC, "lpc");
	buf_addf(out, "lpc.com1.path=stdio\n");
	return 0;
}

static size_t arg(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
	return 1;
}

size_t bhyve_load_args(const struct vm_spec *spec, const char *loader, struct buf *out)
{
	char memory[16];
	size_t n = arg(out, loader);

	str_format(memory, sizeof(memory), "%u", spec->memory_mib);
	n += arg(out, "-n") + arg(out, spec->name);
	n += arg(out, "-m") + arg(out, memory);
	n += arg(out, "-k") + arg(out, spec->kernel);
	if (spec->initrd[0] != '\0')
		n += arg(out, "-i") + arg(out, spec->initrd);
	if (spec->command_line[0] != '\0')
		n += arg(out, "-c") + arg(out, spec->command_line);
	if (spec->pci_count > 0)
		n += arg(out, "-w");
	return n;
}

/* An argument a line; the loader's, if there is one, and bhyve's; then its configuration. */
int bhyve_command_line(const struct vm_spec *spec, struct buf *out, struct err *e)
{
	size_t start = out->len;

	if (spec->boot == VM_BOOT_DIRECT)
		bhyve_load_args(spec, "airlock-load", out);
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == '\0')
			out->data[i] = '\n';
	buf_addf(out, "bhyve\n-k\n/run/bhyve.conf\n");
	return bhyve_config(spec, 0, "/run", keeper_tools.firmware, out, e);
}
