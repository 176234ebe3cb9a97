/*
 * Recordings of FreeBSD hosts: a function as the kernel tells it is written and read back
 * as the same device, lines that are damaged or too much do no harm, and the firmware's
 * tables are found.
 */
#include <unistd.h>

#include "check.h"
#include "pci/internal.h"

static struct err e;

static struct pci_raw sample(void)
{
	struct pci_raw r = {.bus = 4,
	    .vendor = 0x10ec,
	    .device = 0xc822,
	    .subvendor = 0x17aa,
	    .subdevice = 0xc124,
	    .class = 0x028000,
	    .driver = "rtw88",
	    .unit = 10,
	    .config_len = 256,
	    .bars = {
		{.there = true, .io = true, .base = 0x3001, .size = 256}, [2] = {.there = true,
									      .base =
										  0xd0700000,
									      .size = 65536}}};
	uint8_t *c = r.config;

	c[0] = 0xec, c[1] = 0x10, c[6] = 0x10, c[0x34] = 0x40;
	c[0x40] = 0x01, c[0x41] = 0x50;              /* power management */
	c[0x50] = 0x05, c[0x51] = 0x70;              /* MSI, one */
	c[0x70] = 0x10, c[0x72] = 2, c[0x77] = 0x10; /* PCI Express: an endpoint with FLR */
	c[0x71] = 0xb0;
	c[0xb0] = 0x11, c[0xb2] = 3; /* MSI-X, four */
	return r;
}

static void read_back(const struct pci_raw *r, struct pci_host *h)
{
	struct buf b = {0};

	memset(&e, 0, sizeof(e));
	pci_record_function(&b, r);
	CHECK_INT(pci_parse(b.data, b.len, h, &e), 0);
	CHECK_INT(h->count, 1);
	buf_fini(&b);
}

static void written_and_read(void)
{
	struct pci_raw r = sample();
	struct pci_host h;
	const struct pci_device *d;
	char name[64];

	read_back(&r, &h);
	d = h.devices;
	CHECK_STR(d->address, "0000:04:00.0");
	CHECK_STR(d->shown, "pci0:4:0:0");
	CHECK_STR(d->driver, "rtw88");
	CHECK_STR(d->unit, "10");
	CHECK_STR(pci_driver_name(d, name, sizeof(name)), "rtw8810");
	CHECK(d->vendor == 0x10ec && d->device == 0xc822);
	CHECK(d->subvendor == 0x17aa && d->subdevice == 0xc124);
	CHECK_INT(d->class, 0x028000);
	CHECK_INT(d->kind, PCI_WIRELESS);
	CHECK_INT(d->msi, 1);
	CHECK_INT(d->msix, 4);
	CHECK_INT(d->resets, PCI_RESET_FLR | PCI_RESET_PM);
	CHECK(d->capabilities && !d->unaligned && !d->conventional && !d->boot);
	CHECK_STR(d->modalias, "pci:v000010ECd0000C822sv000017AAsd0000C124bc02sc80i00");
	pci_fini(&h);
}

static void written_otherwise(void)
{
	struct pci_raw r = sample();
	struct pci_host h;

	r.unattached = true; /* meant for it, not taken */
	read_back(&r, &h);
	CHECK_STR(h.devices[0].driver, "");
	pci_fini(&h);
	r = sample();
	r.driver[0] = '\0';
	r.bars[2].size = 256;
	r.config_len = 0; /* as by anybody but root */
	read_back(&r, &h);
	CHECK_STR(h.devices[0].driver, "");
	CHECK(!h.devices[0].capabilities && h.devices[0].unaligned);
	CHECK_INT(h.devices[0].msi, 0);
	pci_fini(&h);
	r = sample();
	memset(r.config + 0x34, 0, 256 - 0x34); /* no capability at all: known to have none */
	r.config[6] = 0;
	read_back(&r, &h);
	CHECK(h.devices[0].capabilities);
	CHECK_INT(h.devices[0].resets, 0);
	pci_fini(&h);
	r = sample();
	r.config[0x70 + 7] = 0;
	r.config[0xb0] = 0x13; /* FLR of conventional PCI instead */
	r.config[0xb3] = 3;
	read_back(&r, &h);
	CHECK_INT(h.devices[0].resets, PCI_RESET_FLR | PCI_RESET_PM);
	CHECK_INT(h.devices[0].msix, 0);
	pci_fini(&h);
}

/* A bridge is before the bus that it says. */
static void bridges(void)
{
	struct pci_raw bridge = {.slot = 28, .class = 0x060400, .header = 1, .config_len = 256},
		       card = sample();
	struct buf b = {0};
	struct pci_host h;

	bridge.config[0x0e] = 1, bridge.config[0x19] = 4, bridge.config[0x1a] = 4;
	bridge.config[6] = 0x10, bridge.config[0x34] = 0x40, bridge.config[0x40] = 0x10;
	for (unsigned type = 0; type < 11; type++) {
		bridge.config[0x42] = (uint8_t)(2 | type << 4);
		pci_record_function(&b, &bridge);
		pci_record_function(&b, &card);
		CHECK_INT(pci_parse(b.data, b.len, &h, &e), 0);
		CHECK_INT(h.count, 2);
		CHECK_STR(h.devices[1].parent, "0000:00:1c.0");
		CHECK(h.devices[1].conventional == (type == PCI_EXPRESS_TO_PCI));
		CHECK(!h.devices[1].renumbered);
		pci_fini(&h);
		buf_fini(&b);
	}
}

/* Each line cut anywhere, and twice the same device: never more than was said. */
static void damaged(void)
{
	static const char text[] =
	    "hw.vmm.iommu.enable: 0\npptdevs=\"3/0/0\"\n"
	    "iwm0@pci0:3:0:0:\tclass=0x028000 rev=0x78 hdr=0x00 vendor=0x8086 device=0x24fd\n"
	    "    vendor     = 'Intel \x1b[31m Corporation'\n"
	    "    cap 05[d0] = MSI supports 99 messages\n"
	    "em0@pci0:3:0:0:\tclass=0x020000 rev=0x78 hdr=0x00 vendor=0x8086 device=0x1111\n"
	    "    cap 11[d0] = MSI-X supports 5 messages\n"
	    "x@pci0:300:0:0: class=0\n@pci0:1:0:0: class=0\na b@pci0:1:0:0: class=0\n";
	struct pci_host h;

	for (size_t n = 0; n <= sizeof(text) - 1; n++) {
		memset(&e, 0, sizeof(e));
		if (pci_parse(text, n, &h, &e) == 0)
			CHECK(h.count <= 1);
		else
			CHECK_HAS(e.text, "no recording");
		if (n == sizeof(text) - 1) {
			CHECK_STR(h.devices[0].driver, "iwm");
			CHECK_STR(h.devices[0].vendor_name, "Intel \\x1b[31m Corporation");
			CHECK_INT(h.devices[0].msi, 32);
			CHECK_INT(h.devices[0].msix, 0);
			CHECK(h.devices[0].boot);
			CHECK_INT(h.facts.iommu_enable, PCI_NO);
		}
		pci_fini(&h);
	}
}

/* ---------------------------------------------------------------- the firmware's */

static uint8_t memory[1024];

static bool read_memory(void *arg, uint64_t at, void *dst, size_t len)
{
	if (at > sizeof(memory) || len > sizeof(memory) - at)
		return false;
	memcpy(dst, memory + at, len);
	return true;
}

static void put(size_t at, uint64_t value, size_t bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		memory[at++] = (uint8_t)value;
}

static void firmware(size_t width, const char *first, const char *second)
{
	memset(memory, 0, sizeof(memory));
	memcpy(memory, "RSD PTR ", 8);
	memory[15] = width == 8 ? 2 : 0;
	put(width == 8 ? 24 : 16, 128, width);
	memcpy(memory + 128, width == 8 ? "XSDT" : "RSDT", 4);
	put(132, 36 + 3 * width, 4);
	put(164, 512, width);
	put(164 + width, 600, width);
	put(164 + 2 * width, 1 << 20, width); /* where nothing is */
	memcpy(memory + 512, first, 4);
	memcpy(memory + 600, second, 4);
}

static void tables(void)
{
	char found[PCI_TABLES];

	for (size_t width = 4; width <= 8; width += 4) {
		firmware(width, "FACP", "DMAR");
		CHECK(pci_acpi_tables(read_memory, NULL, 0, found));
		CHECK_STR(found, "DMAR");
		firmware(width, "IVRS", "DMAR");
		CHECK(pci_acpi_tables(read_memory, NULL, 0, found));
		CHECK_STR(found, "IVRS DMAR");
		firmware(width, "FACP", "APIC");
		CHECK(pci_acpi_tables(read_memory, NULL, 0, found));
		CHECK_STR(found, "none");
		put(132, UINT32_MAX, 4); /* longer than memory is */
		CHECK(!pci_acpi_tables(read_memory, NULL, 0, found));
		CHECK_STR(found, "");
		firmware(width, "FACP", "DMAR");
		memory[128] = 'Y';
		CHECK(!pci_acpi_tables(read_memory, NULL, 0, found));
		CHECK(!pci_acpi_tables(read_memory, NULL, 8, found));
	}
}

/* A root with a recording plays that host, on any system. */
static void played(void)
{
	static const char text[] = "kern.osrelease: 14.3-RELEASE\n"
				   "none0@pci0:3:0:0:\tclass=0x028000 hdr=0x00 vendor=0x8086 "
				   "device=0x24fd\n";
	char root[] = "/tmp/airlock-pci-XXXXXX", path[64];
	struct pci_host h;

	CHECK(mkdtemp(root) != NULL);
	str_format(path, sizeof(path), "%s/" PCI_RECORDING, root);
	CHECK_INT(file_replace(path, text, sizeof(text) - 1, 0600, &e), 0);
	CHECK_INT(pci_list(root, &h, &e), 0);
	CHECK_INT(h.facts.system, PCI_SYSTEM_FREEBSD);
	CHECK_STR(h.facts.kernel, "14.3-RELEASE");
	CHECK_INT(h.count, 1);
	pci_fini(&h);
	CHECK_INT(file_replace(path, "?", 1, 0600, &e), 0);
	CHECK_INT(pci_list(root, &h, &e), -1);
	CHECK_HAS(e.text, PCI_RECORDING);
	unlink(path);
	rmdir(root);
}

int main(void)
{
	RUN(written_and_read);
	RUN(written_otherwise);
	RUN(bridges);
	RUN(damaged);
	RUN(tables);
	RUN(played);
	return check_done();
}
