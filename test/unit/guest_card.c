/*
 * guest_card: which PCI function is the way out, how one is revived, and what is said
 * of one that does not come up.  Over trees that look like sysfs.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "guest/complaint.h"

static char root[] = "/tmp/airlock-card-XXXXXX";
static struct card card;
static struct err e;

static void clear(void)
{
	char command[64];
	const char *argv[] = {"rm", "-rf", command, NULL};

	str_format(command, sizeof(command), "%s/sys", root);
	CHECK_INT(child_run(argv, NULL, NULL, NULL), 0);
}

/* A file below the root, with the directories on the way. */
static void file(const char *text, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void file(const char *text, const char *fmt, ...)
{
	char path[300], whole[400], *slash;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	str_format(whole, sizeof(whole), "%s/%s", root, path);
	slash = strrchr(whole, '/');
	*slash = '\0';
	CHECK_INT(dir_make(whole, 0755, &e), 0);
	*slash = '/';
	CHECK_INT(file_replace(whole, text, strlen(text), 0644, &e), 0);
}

static const char *content(const char *path)
{
	static char text[64];
	auto_free char *data = NULL;
	char whole[300];
	size_t len;

	str_format(whole, sizeof(whole), "%s/%s", root, path);
	data = file_read(whole, sizeof(text) - 1, &len, &e);
	str_copy(text, sizeof(text), data != NULL ? data : "(none)");
	return text;
}

static void function(
    const char *address, const char *class, const char *ids, const char *driver)
{
	char target[64], link[200];

	file(class, "sys/bus/pci/devices/%s/class", address);
	file(strncmp(ids, "1af4", 4) == 0 ? "0x1af4\n" : "0x8086\n",
	    "sys/bus/pci/devices/%s/vendor", address);
	file("0x2723\n", "sys/bus/pci/devices/%s/device", address);
	file("pci:v00008086d00002723sv00008086sd00000084bc02sc80i00\n",
	    "sys/bus/pci/devices/%s/modalias", address);
	if (driver == NULL)
		return;
	file("", "sys/bus/pci/drivers/%s/unbind", driver);
	str_format(target, sizeof(target), "../../drivers/%s", driver);
	str_format(link, sizeof(link), "%s/sys/bus/pci/devices/%s/driver", root, address);
	CHECK_INT(symlink(target, link), 0);
}

static void interface(const char *address, const char *name, const char *index, bool wireless)
{
	file(index, "sys/bus/pci/devices/%s/net/%s/ifindex", address, name);
	if (wireless)
		file("", "sys/bus/pci/devices/%s/net/%s/phy80211/index", address, name);
}

static void bridge_and_usb(void)
{
	clear();
	function("0000:00:00.0", "0x060000\n", "8086", NULL);
	function("0000:00:03.0", "0x0c0330\n", "8086", "xhci_hcd");
	function("0000:00:02.0", "0x020000\n", "1af4", "virtio-pci");
}

static void no_card_among_others(void)
{
	bridge_and_usb();
	CHECK(!card_find(root, false, &card));
	CHECK(!card_find(root, true, &card));
	clear();
	CHECK(!card_find(root, false, &card));
}

static void a_wireless_card_is_found_by_class(void)
{
	bridge_and_usb();
	function("0000:00:05.0", "0x028000\n", "8086", "iwlwifi");
	interface("0000:00:05.0", "wlan0", "4\n", true);
	CHECK(card_find(root, false, &card));
	CHECK_STR(card.address, "0000:00:05.0");
	CHECK_INT(card.vendor, 0x8086);
	CHECK_INT(card.device, 0x2723);
	CHECK_STR(card.driver, "iwlwifi");
	CHECK_STR(card.interface, "wlan0");
	CHECK_STR(card.alias, "pci:v00008086d00002723sv00008086sd00000084bc02sc80i00");
	CHECK_STR(card.other, "");
	/* It is no card for cables. */
	CHECK(!card_find(root, true, &card));
}

static void an_ethernet_card_is_not_virtio_s(void)
{
	bridge_and_usb();
	function("0000:00:06.0", "0x020000\n", "8086", "e1000e");
	interface("0000:00:06.0", "eth1", "3\n", false);
	CHECK(card_find(root, true, &card));
	CHECK_STR(card.address, "0000:00:06.0");
	CHECK_STR(card.interface, "eth1");
	CHECK(!card_find(root, false, &card));
}

static void a_wireless_card_that_calls_itself_ethernet(void)
{
	bridge_and_usb();
	function("0000:00:06.0", "0x020000\n", "8086", "ath5k");
	CHECK(!card_find(root, false, &card));
	interface("0000:00:06.0", "wlan0", "3\n", true);
	CHECK(card_find(root, false, &card));
	CHECK_STR(card.interface, "wlan0");
	CHECK(!card_find(root, true, &card));
	/* One that says what it is goes before. */
	function("0000:00:07.0", "0x028000\n", "8086", "iwlwifi");
	CHECK(card_find(root, false, &card));
	CHECK_STR(card.address, "0000:00:07.0");
	CHECK_STR(card.other, "0000:00:06.0");
}

static void of_two_the_lower_address_counts(void)
{
	clear();
	function("0000:01:00.0", "0x028000\n", "8086", "ath10k_pci");
	interface("0000:01:00.0", "wlan0", "3\n", true);
	function("0000:00:05.0", "0x028000\n", "8086", NULL);
	CHECK(card_find(root, false, &card));
	CHECK_STR(card.address, "0000:00:05.0");
	CHECK_STR(card.driver, "");
	CHECK_STR(card.interface, "");
	CHECK_STR(card.other, "0000:01:00.0");
}

static void of_several_interfaces_the_oldest_counts(void)
{
	clear();
	function("0000:00:05.0", "0x028000\n", "8086", "mwifiex_pcie");
	interface("0000:00:05.0", "uap0", "11\n", true);
	interface("0000:00:05.0", "mlan0", "9\n", true);
	interface("0000:00:05.0", "p2p0", "10\n", true);
	CHECK(card_find(root, false, &card));
	CHECK_STR(card.interface, "mlan0");
}

/* ----------------------------------------------------------------- revival */

static void a_driver_is_taken_off_and_put_on(void)
{
	clear();
	function("0000:00:06.0", "0x020000\n", "8086", "e1000e");
	file("", "sys/bus/pci/drivers_probe");
	e = (struct err){0};
	/* The tree's driver does not let go, so it need not be put on. */
	CHECK_INT(card_revive(root, "0000:00:06.0", false, &e), 0);
	CHECK_STR(content("sys/bus/pci/drivers/e1000e/unbind"), "0000:00:06.0");
	CHECK_STR(content("sys/bus/pci/drivers_probe"), "");
}

static void a_card_without_a_driver_is_given_one(void)
{
	clear();
	function("0000:00:06.0", "0x020000\n", "8086", NULL);
	file("", "sys/bus/pci/drivers_probe");
	e = (struct err){0};
	CHECK_INT(card_revive(root, "0000:00:06.0", false, &e), -1);
	CHECK_STR(e.text, "no driver takes it");
	CHECK_STR(content("sys/bus/pci/drivers_probe"), "0000:00:06.0");
}

static void a_reset_is_asked_for_while_no_driver_has_it(void)
{
	clear();
	function("0000:00:06.0", "0x020000\n", "8086", "e1000e");
	e = (struct err){0};
	CHECK_INT(card_revive(root, "0000:00:06.0", true, &e), -1);
	CHECK_STR(e.text, "the kernel knows no way to reset it");
	/* Then it is left as it was. */
	CHECK_STR(content("sys/bus/pci/drivers/e1000e/unbind"), "");
	file("", "sys/bus/pci/devices/0000:00:06.0/reset");
	CHECK_INT(card_revive(root, "0000:00:06.0", true, &e), 0);
	CHECK_STR(content("sys/bus/pci/devices/0000:00:06.0/reset"), "1");
	CHECK_STR(content("sys/bus/pci/drivers/e1000e/unbind"), "0000:00:06.0");
}

static void a_card_that_fell_off_the_bus_is_looked_for(void)
{
	clear();
	file("", "sys/bus/pci/rescan");
	e = (struct err){0};
	CHECK(!card_present(root, "0000:00:06.0"));
	CHECK(!card_present(root, ""));
	CHECK_INT(card_revive(root, "0000:00:06.0", false, &e), -1);
	CHECK_STR(e.text, "it is not on the bus any more");
	CHECK_STR(content("sys/bus/pci/rescan"), "1");
}

/* ------------------------------------------------------------------- words */

static struct complaints complaints;

static void says(const char *want)
{
	char text[160];

	complaints_words(&complaints, &card, "6.12.107", text, sizeof(text));
	CHECK_STR(text, want);
}

static void begin(const char *driver)
{
	complaints = (struct complaints){0};
	card = (struct card){.address = "0000:00:05.0", .vendor = 0x8086, .device = 0x2723};
	str_copy(card.driver, sizeof(card.driver), driver);
}

static void line(const char *text)
{
	complaints_line(&complaints, text);
}

static void a_card_without_a_driver_in_the_image(void)
{
	begin("");
	says("no driver in this image for the card 8086:2723 (kernel 6.12.107); "
	     "run: airlock image build");
}

static void firmware_that_is_missing(void)
{
	begin("rtw89_8852be");
	line("rtw89_8852be 0000:00:05.0: Direct firmware load for rtw89/rtw8852b_fw-1.bin "
	     "failed with error -2");
	says("rtw89_8852be lacks firmware for the card 8086:2723: rtw89/rtw8852b_fw-1.bin "
	     "(kernel 6.12.107); run: airlock image build");
	/* The driver lets go of it then. */
	begin("");
	line("mt7921e 0000:00:05.0: Direct firmware load for "
	     "mediatek/WIFI_MT7922_patch_mcu_1_1_hdr.bin failed with error -2");
	line("mt7921e 0000:00:05.0: probe with driver mt7921e failed with error -2");
	says("mt7921e lacks firmware for the card 8086:2723: "
	     "mediatek/WIFI_MT7922_patch_mcu_1_1_hdr.bin (kernel 6.12.107); "
	     "run: airlock image build");
}

static void a_range_of_versions(void)
{
	begin("iwlwifi");
	for (int i = 77; i >= 39; i--) {
		char text[128];

		str_format(text, sizeof(text),
		    "iwlwifi 0000:00:05.0: Direct firmware load for iwlwifi-cc-a0-%d.ucode "
		    "failed with error -2",
		    i);
		line(text);
	}
	line("iwlwifi 0000:00:05.0: no suitable firmware found!");
	line("iwlwifi 0000:00:05.0: minimum version required: iwlwifi-cc-a0-39");
	line("iwlwifi 0000:00:05.0: maximum version supported: iwlwifi-cc-a0-77");
	says("iwlwifi lacks firmware for the card 8086:2723: iwlwifi-cc-a0-77.ucode to "
	     "iwlwifi-cc-a0-39 (kernel 6.12.107); run: airlock image build");
}

static void the_driver_s_own_words(void)
{
	begin("ath10k_pci");
	line("ath10k_pci 0000:00:05.0: Failed to find firmware-N.bin (N between 2 and 6) from "
	     "ath10k/QCA6174/hw3.0: -2");
	says("ath10k_pci lacks firmware for the card 8086:2723: firmware-N.bin (N between 2 "
	     "and 6) from ath10k/QCA6174/hw3.0 (kernel 6.12.107); run: airlock image build");
	begin("ath11k_pci");
	line("mhi mhi0: Direct firmware load for ath11k/WCN6855/hw2.0/amss.bin failed with "
	     "error -2");
	says("ath11k_pci lacks firmware for the card 8086:2723: "
	     "ath11k/WCN6855/hw2.0/amss.bin (kernel 6.12.107); run: airlock image build");
}

static void the_hint_is_whole_or_left_out(void)
{
	char text[160];

	begin("ath10k_pci");
	line("ath10k_pci 0000:00:05.0: Failed to find firmware-N.bin (N between 2 and 6) from "
	     "ath10k/QCA6174/hw3.0: -2");
	complaints_words(&complaints, &card, "6.12.107+deb13-amd64", text, sizeof(text));
	CHECK_HAS(text, "hw3.0 (kernel 6.12.107+deb13-amd64)");
	CHECK_STR(text + strlen(text) - 7, "-amd64)");
}

static void a_board_file_that_is_missing(void)
{
	begin("ath11k_pci");
	line("ath11k_pci 0000:00:05.0: failed to fetch board data for "
	     "bus=pci,vendor=17cb,device=1103 from ath11k/WCN6855/hw2.0/board-2.bin");
	says("ath11k_pci lacks firmware for the card 8086:2723: "
	     "ath11k/WCN6855/hw2.0/board-2.bin (kernel 6.12.107); run: airlock image build");
}

static void what_others_lack_is_not_the_card_s(void)
{
	begin("iwlwifi");
	line("platform regulatory.0: Direct firmware load for regulatory.db failed with error "
	     "-2");
	line("bluetooth hci0: Direct firmware load for intel/ibt-20-1-3.sfi failed with error "
	     "-2");
	line("iwlwifi 0000:00:07.0: Direct firmware load for iwlwifi-ty-a0-gf-a0-89.ucode "
	     "failed with error -2");
	says("iwlwifi brings up no interface for the card 8086:2723 (kernel 6.12.107)");
}

static void a_driver_that_fails(void)
{
	begin("");
	line("rtw_8822ce 0000:00:05.0: probe with driver rtw_8822ce failed with error -110");
	says("rtw_8822ce brings up no interface for the card 8086:2723: Connection timed out "
	     "(kernel 6.12.107)");
}

static void lines_that_are_cut_or_strange(void)
{
	begin("");
	line("");
	line(": ");
	line("x: Direct firmware load for y");
	line("iwlwifi 0000:00:05.0: Direct firmware load for ");
	line(
	    "iwlwifi 0000:00:05.0 with a very long name of a device: Direct firmware load for");
	line("iwlwifi 0000:00:05.0.and.much.more: Direct firmware load for x failed");
	line("iwlwifi 0000:00:05.0: probe with driver ");
	CHECK_INT(complaints.count, 0);
	for (int i = 0; i < 100; i++) {
		char text[80];

		str_format(text, sizeof(text), "d dev%d: Direct firmware load for f failed", i);
		line(text);
	}
	CHECK_INT(complaints.count, COMPLAINTS_MAX);
	says("no driver in this image for the card 8086:2723 (kernel 6.12.107); "
	     "run: airlock image build");
}

int main(void)
{
	if (mkdtemp(root) == NULL)
		return 1;
	RUN(no_card_among_others);
	RUN(a_wireless_card_is_found_by_class);
	RUN(an_ethernet_card_is_not_virtio_s);
	RUN(a_wireless_card_that_calls_itself_ethernet);
	RUN(of_two_the_lower_address_counts);
	RUN(of_several_interfaces_the_oldest_counts);
	RUN(a_driver_is_taken_off_and_put_on);
	RUN(a_card_without_a_driver_is_given_one);
	RUN(a_reset_is_asked_for_while_no_driver_has_it);
	RUN(a_card_that_fell_off_the_bus_is_looked_for);
	RUN(a_card_without_a_driver_in_the_image);
	RUN(firmware_that_is_missing);
	RUN(a_range_of_versions);
	RUN(the_driver_s_own_words);
	RUN(the_hint_is_whole_or_left_out);
	RUN(a_board_file_that_is_missing);
	RUN(what_others_lack_is_not_the_card_s);
	RUN(a_driver_that_fails);
	RUN(lines_that_are_cut_or_strange);
	clear();
	rmdir(root);
	return check_done();
}
