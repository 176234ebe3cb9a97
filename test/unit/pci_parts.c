/*
 * Parts of pci: addresses, pci.ids, configuration spaces, names, what is allowed, and
 * operations as records.
 */
#include "check.h"
#include "pci/internal.h"

static struct err e;

static void addresses(void)
{
	static const struct {
		const char *text, *address;
	} rows[] = {
	    {"0000:03:00.0", "0000:03:00.0"},
	    {"03:00.0", "0000:03:00.0"},
	    {"3:0.0", "0000:03:00.0"},
	    {"0000:AF:1F.7", "0000:af:1f.7"},
	    {"10000:e1:00.0", "10000:e1:00.0"},
	    {"1:02:03.4", "0001:02:03.4"},
	    {"", ""},
	    {"03:00", ""},
	    {"03:00.8", ""},
	    {"03:20.0", ""},
	    {"0000:03:00.0 ", ""},
	    {" 03:00.0", ""},
	    {"0000:03:00.00", ""},
	    {"0000:103:00.0", ""},
	    {"100000:03:00.0", ""},
	    {"+3:00.0", ""},
	    {"-3:00.0", ""},
	    {"0x3:00.0", ""},
	    {"../03:00.0", ""},
	    {"03:00.0/../04:00.0", ""},
	    {"auto", ""},
	    {"pci0:3:0:0", "0000:03:00.0"},
	    {"pci0:175:31:7", "0000:af:1f.7"},
	    {"pci65535:0:10:0", "ffff:00:0a.0"},
	    {"3/0/0", "0000:03:00.0"},
	    {"175/31/7", "0000:af:1f.7"},
	    {"pci0:256:0:0", ""},
	    {"pci65536:3:0:0", ""},
	    {"pci0:3:0:0:", ""},
	    {"pci0:3:0", ""},
	    {"pci0:a:0:0", ""},
	    {"pci0:3:32:0", ""},
	    {"pci", ""},
	    {"3/0/8", ""},
	    {"3/0", ""},
	    {"/3/0/0", ""},
	    {"3/0/0/0", ""},
	};
	char dst[PCI_ADDRESS], shown[PCI_SHOWN];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(pci_address(dst, rows[i].text) == (rows[i].address[0] != '\0'));
		CHECK_STR(dst, rows[i].address);
	}
	CHECK_STR(pci_shown(PCI_SYSTEM_FREEBSD, "0000:af:1f.7", shown), "pci0:175:31:7");
	CHECK_STR(pci_shown(PCI_SYSTEM_FREEBSD, "ffff:00:0a.0", shown), "pci65535:0:10:0");
	CHECK_STR(pci_shown(PCI_SYSTEM_LINUX, "0000:af:1f.7", shown), "0000:af:1f.7");
}

static const char ids[] = "# remark\n"
			  "8086  Intel Corporation\n"
			  "\t2723  Wi-Fi 6 AX200\n"
			  "\t\t1a56 1654  Killer Wi-Fi 6\n"
			  "# in between\n"
			  "\n"
			  "\t2725  Wi-Fi \x1b[31m6E\n"
			  "10ec  Realtek Semiconductor Co., Ltd.\n"
			  "\tb852  RTL8852BE\n"
			  "C 02  Network controller\n"
			  "\t80  Network controller\n";

static void names_of_ids(void)
{
	static const struct {
		uint16_t vendor, device;
		const char *vendor_name, *device_name;
	} rows[] = {
	    {0x8086, 0x2723, "Intel Corporation", "Wi-Fi 6 AX200"},
	    {0x8086, 0x2725, "Intel Corporation", "Wi-Fi \\x1b[31m6E"},
	    {0x8086, 0xb852, "Intel Corporation", ""},
	    {0x8086, 0x1654, "Intel Corporation", ""},
	    {0x8086, 0x1a56, "Intel Corporation", ""},
	    {0x10ec, 0xb852, "Realtek Semiconductor Co., Ltd.", "RTL8852BE"},
	    {0x10ec, 0x0080, "Realtek Semiconductor Co., Ltd.", ""},
	    {0x2723, 0x2723, "", ""},
	    {0x1234, 0x5678, "", ""},
	};
	char vendor[PCI_NAME], device[PCI_NAME];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pci_ids_find(
		    ids, sizeof(ids) - 1, rows[i].vendor, rows[i].device, vendor, device);
		CHECK_STR(vendor, rows[i].vendor_name);
		CHECK_STR(device, rows[i].device_name);
	}
	/* The first line, a file that ends anywhere, and none. */
	pci_ids_find(ids + 9, sizeof(ids) - 10, 0x8086, 0x2723, vendor, device);
	CHECK_STR(device, "Wi-Fi 6 AX200");
	for (size_t len = 0; len < sizeof(ids); len++) {
		auto_free char *cut = malloc(len + 1);

		memcpy(cut, ids, len);
		pci_ids_find(cut, len, 0x10ec, 0xb852, vendor, device);
		CHECK(strncmp("RTL8852BE", device, strlen(device)) == 0);
	}
}

static void short_names(void)
{
	static const struct {
		const char *vendor, *device, *driver, *title;
	} rows[] = {
	    {"Intel Corporation", "Wi-Fi 6 AX200", "iwlwifi",
		"0000:03:00.0 Intel Wi-Fi 6 AX200 (iwlwifi)"},
	    {"Realtek Semiconductor Co., Ltd.", "RTL8852BE", "",
		"0000:03:00.0 Realtek RTL8852BE"},
	    {"MEDIATEK Corp.", "MT7922", "x", "0000:03:00.0 MEDIATEK MT7922 (x)"},
	    {"VIA Technologies, Inc.", "VT6306", "", "0000:03:00.0 VIA VT6306"},
	    {"Qualcomm Atheros", "", "", "0000:03:00.0 Qualcomm Atheros [8086:2723]"},
	    {"", "", "iwlwifi", "0000:03:00.0 [8086:2723] (iwlwifi)"},
	};
	struct pci_device d = {.address = "0000:03:00.0", .vendor = 0x8086, .device = 0x2723};
	char text[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		str_copy(d.vendor_name, sizeof(d.vendor_name), rows[i].vendor);
		str_copy(d.device_name, sizeof(d.device_name), rows[i].device);
		str_copy(d.driver, sizeof(d.driver), rows[i].driver);
		CHECK_STR(pci_title(&d, text, sizeof(text)), rows[i].title);
	}
	CHECK_STR(pci_resets(0, text, sizeof(text)), "none");
	CHECK_STR(pci_resets(PCI_RESET_FLR | PCI_RESET_BUS, text, sizeof(text)), "flr bus");
	CHECK_STR(
	    pci_resets(~0U, text, sizeof(text)), "flr pm bus device_specific acpi unknown");
	CHECK_STR(pci_resets(~0U, text, 6), "flr p");
}

static void config_spaces(void)
{
	uint8_t s[4096] = {0x86, 0x80};
	struct pci_config c;

	pci_config_read(s, 0, &c);
	CHECK(!c.whole && c.header == 0);
	s[0x0e] = 0x81;
	pci_config_read(s, 64, &c);
	CHECK(!c.whole);
	CHECK_INT(c.header, 1);
	/* Capabilities at 0x40 (MSI, 8 vectors), 0xf0 (MSI-X, 2048), 0x50 (Express, FLR). */
	s[0x34] = 0x42;
	s[0x40] = 0x05, s[0x41] = 0xf0, s[0x42] = 3 << 1;
	s[0xf0] = 0x11, s[0xf1] = 0x50, s[0xf2] = 0xff, s[0xf3] = 0xff;
	s[0x50] = 0x10, s[0x57] = 0x10;
	pci_config_read(s, 256, &c);
	CHECK(c.whole && c.msi == 0);
	s[6] = 0x10;
	pci_config_read(s, 256, &c);
	CHECK_INT(c.msi, 8);
	CHECK_INT(c.msix, 2048);
	CHECK(c.flr);
	pci_config_read(s, 4096, &c);
	CHECK_INT(c.msi, 8);
	pci_config_read(s, 255, &c);
	CHECK(!c.whole && c.msi == 0);
	/* More vectors than there can be; a circle; one that begins at the very end. */
	s[0x42] = 7 << 1;
	s[0x51] = 0x40;
	pci_config_read(s, 256, &c);
	CHECK_INT(c.msi, 32);
	s[0x34] = 0xfc;
	s[0xfc] = 0x10, s[0xff] = 0xff;
	pci_config_read(s, 256, &c);
	CHECK(!c.flr && c.msi == 0);
	s[0xfc] = 0x13;
	pci_config_read(s, 256, &c);
	CHECK(c.flr);
	/* Unplugged. */
	memset(s, 0xff, sizeof(s));
	pci_config_read(s, 256, &c);
	CHECK(!c.whole && c.header == 0 && c.msix == 0 && !c.flr);
}

static struct pci_op good(uint32_t kind)
{
	struct pci_op op = {.kind = kind, .group = 0};

	if (kind == PCI_GRANT) {
		op.group = 14;
		op.uid = 990;
	} else if (kind != PCI_LOAD) {
		op.vendor = 0x8086;
		op.device = 0x2723;
		strcpy(op.address, "0000:03:00.0");
		strcpy(op.driver, "iwlwifi");
	}
	return op;
}

static void allowed(void)
{
	static const char *const addresses[] = {"", "03:00.0", "0000:03:00.0/", "../03:00.0",
	    "0000:03:00.8", "0000:AF:00.0", "0000:03:00.0\n", "0000:03:00.0 "};
	static const char *const drivers[] = {
	    "../../x", "a/b", "..", "-x", "a b", "a;b", "$(x)", "a\nb", "vfio-pci", "\xc3\xa4"};

	for (uint32_t kind = 0; kind < PCI_KINDS; kind++) {
		struct pci_op op = good(kind);

		CHECK_INT(pci_allowed(&op, &e), 0);
		if (kind == PCI_LOAD || kind == PCI_GRANT || kind == PCI_VMM)
			continue;
		for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
			op = good(kind);
			memset(op.address, 0, sizeof(op.address));
			strcpy(op.address, addresses[i]);
			CHECK_INT(pci_allowed(&op, &e), -1);
		}
		for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
			op = good(kind);
			memset(op.driver, 0, sizeof(op.driver));
			strcpy(op.driver, drivers[i]);
			CHECK_INT(pci_allowed(&op, &e), -1);
			op = good(kind);
			strcpy(op.override, drivers[i]);
			CHECK(pci_allowed(&op, &e) ==
			      (strcmp(drivers[i], "vfio-pci") == 0 ? 0 : -1));
		}
		op = good(kind);
		memset(op.driver, 'a', sizeof(op.driver));
		CHECK_INT(pci_allowed(&op, &e), -1);
		op = good(kind);
		memset(op.address, '0', sizeof(op.address));
		CHECK_INT(pci_allowed(&op, &e), -1);
		op = good(kind);
		op.driver[0] = '\0';
		CHECK_INT(pci_allowed(&op, &e), kind == PCI_UNBIND ? -1 : 0);
	}
}

static void not_allowed(void)
{
	struct pci_op op = good(PCI_GRANT);

	op.uid = 0;
	CHECK_INT(pci_allowed(&op, &e), -1);
	op.uid = UINT32_MAX;
	CHECK_INT(pci_allowed(&op, &e), -1);
	op = good(PCI_GRANT);
	op.group = 65536;
	CHECK_INT(pci_allowed(&op, &e), -1);
	op = good(PCI_PPT);
	strcpy(op.driver, "ppt");
	CHECK_INT(pci_allowed(&op, &e), -1);
	op = good(PCI_PPT);
	strcpy(op.address, "0001:03:00.0");
	CHECK_INT(pci_allowed(&op, &e), -1);
	CHECK_HAS(e.text, "domain");
	op = good(PCI_KINDS);
	CHECK_INT(pci_allowed(&op, &e), -1);
	CHECK_HAS(e.text, "unknown");
	op.kind = UINT32_MAX;
	CHECK_INT(pci_allowed(&op, &e), -1);
}

/* Written and read back; any one byte changed is a record lost. */
static void records(void)
{
	struct pci_op ops[PCI_KINDS], back[PCI_KINDS + 2];
	struct buf b = {0};
	size_t damaged;

	for (uint32_t kind = 0; kind < PCI_KINDS; kind++) {
		ops[kind] = good(kind);
		if (kind == PCI_OVERRIDE)
			strcpy(ops[kind].override, "pci-stub");
		journal_line_add(&pci_records_type, &b, &ops[kind]);
	}
	CHECK_INT(journal_lines(&pci_records_type, b.data, b.len, back, PCI_KINDS, &damaged),
	    PCI_KINDS);
	CHECK_INT(damaged, 0);
	CHECK(memcmp(ops, back, sizeof(ops)) == 0);
	CHECK_INT(journal_lines(&pci_records_type, b.data, b.len, back, 2, &damaged), 2);
	CHECK_INT(damaged, PCI_KINDS - 2);
	for (size_t i = 0; i < b.len; i++) {
		size_t lost = b.data[i] == '\n' ? (i + 1 < b.len ? 2 : 1) : 1;

		b.data[i] ^= 1;
		CHECK_INT(journal_lines(&pci_records_type, b.data, b.len, back, ARRAY_LEN(back),
			      &damaged),
		    PCI_KINDS - lost);
		b.data[i] ^= 1;
	}
	buf_fini(&b);
}

/* Longest names there are. */
static void longest_record(void)
{
	struct pci_op op = good(PCI_UNBIND), back;
	struct buf b = {0};
	size_t damaged;

	strcpy(op.address, "10000:e1:00.0");
	memset(op.driver, 'd', sizeof(op.driver) - 1);
	memset(op.override, 'o', sizeof(op.override) - 1);
	journal_line_add(&pci_records_type, &b, &op);
	CHECK_INT(journal_lines(&pci_records_type, b.data, b.len, &back, 1, &damaged), 1);
	CHECK(memcmp(&op, &back, sizeof(op)) == 0);
	buf_fini(&b);
}

/* A host without PCI, without sysfs, and one whose root is no path at all. */
static void hosts_without(void)
{
	char longest[PCI_ROOT_MAX + 1];
	struct pci_host h;

	memset(&e, 0, sizeof(e));
	CHECK_INT(pci_list("/nonexistent", &h, &e), 0);
	CHECK_INT(h.count, 0);
	CHECK(!h.facts.groups && !h.facts.vfio_loadable && h.facts.kernel[0] == '\0');
	CHECK_INT(h.facts.remapping, PCI_UNKNOWN);
	CHECK(pci_find(&h, "0000:03:00.0") == NULL);
	CHECK(pci_choose(&h, "auto", &e) == NULL);
	CHECK_HAS(e.hint, "airlock demo");
	pci_fini(&h);
	pci_fini(&h);
	memset(longest, 'x', sizeof(longest));
	longest[PCI_ROOT_MAX] = '\0';
	CHECK_INT(pci_list(longest, &h, &e), -1);
	pci_fini(&h);
}

int main(void)
{
	RUN(addresses);
	RUN(names_of_ids);
	RUN(short_names);
	RUN(config_spaces);
	RUN(allowed);
	RUN(not_allowed);
	RUN(records);
	RUN(longest_record);
	RUN(hosts_without);
	return check_done();
}
