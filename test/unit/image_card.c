/*
 * What an image says of a card: from manifests in a store of this test's own.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "base/base.h"
#include "image/alias.h"
#include "image/image.h"

#define AX200   "pci:v00008086d00002723sv00008086sd00000084bc02sc80i00"
#define AX210   "pci:v00008086d00002725sv00008086sd00000024bc02sc80i00"
#define MT7922  "pci:v000014C3d00000616sv00001462sd0000E0CDbc02sc80i00"
#define RTL8168 "pci:v000010ECd00008168sv00001043sd0000200Fbc02sc00i00"

static char store[64] = "/tmp/airlock-card-XXXXXX";
static struct err e;
static struct image_card card;

static void put(const char *name, const char *text)
{
	char path[160];

	str_format(path, sizeof(path), "%s/generations/0123456789ab", store);
	dir_make(path, 0755, &e);
	str_format(path, sizeof(path), "%s/generations/0123456789ab/%s", store, name);
	CHECK_INT(file_replace(path, text, strlen(text), 0644, &e), 0);
}

/* A manifest with these cards becomes the current image's. */
static void use_cards(const char *suite, const char *cards, const char *all)
{
	char text[4096];

	str_format(text, sizeof(text),
	    "{\"format\":1,\"suite\":\"%s\",\"kernel\":\"6.12\",\"all_cards\":%s,\"cards\":[%s]"
	    "}",
	    suite, all, cards);
	put("manifest.json", text);
}

static int ask(const char *modalias)
{
	e = (struct err){0};
	return image_card(store, NULL, modalias, &card, &e);
}

static const char two_drivers[] =
    "{\"driver\":\"iwlwifi\",\"match\":[\"pci:v00008086d00002723sv*sd*bc*sc*i*\"],"
    "\"required\":true,\"firmware\":[{\"path\":\"a\"}],\"missing\":[\"old.ucode\"]},"
    "{\"driver\":\"mt7921e\",\"match\":[\"pci:v000014C3d00000616sv*sd*bc*sc*i*\"],"
    "\"required\":true,\"firmware\":[],\"missing\":[\"mediatek/ram.bin\",\"b\"]},"
    "{\"driver\":\"r8169\",\"match\":[\"pci:v000010ECd00008168sv*sd*bc*sc*i*\"],"
    "\"required\":false,\"firmware\":[],\"missing\":[\"rtl_nic/x.fw\"]},"
    "{\"driver\":\"\",\"match\":[\"pci:v00008086d00002725sv*sd*bc*sc*i*\"]}";

static void knows_its_cards(void)
{
	use_cards("trixie", two_drivers, "false");
	CHECK_INT(ask(AX200), 0);
	CHECK_STR(card.driver, "iwlwifi");
	CHECK_STR(card.kernel, "6.12");
	CHECK_STR(card.id, "0123456789ab");
	CHECK_INT(card.firmware, 1);
	CHECK_INT(card.missing, 1);
	CHECK_STR(card.first, "old.ucode");
	/* An Ethernet card works without what its driver names. */
	CHECK_INT(ask(RTL8168), 0);
	CHECK_INT(card.firmware, 0);
	CHECK_INT(card.missing, 1);
}

static void says_what_is_missing(void)
{
	use_cards("trixie", two_drivers, "false");
	CHECK_INT(ask(MT7922), -1);
	CHECK_INT(e.kind, ERR_IMAGE);
	CHECK_HAS(e.text, "card 14c3:0616: its driver mt7921e of kernel 6.12 has no firmware");
	CHECK_HAS(e.text, "mediatek/ram.bin is missing");
	CHECK_HAS(e.hint, "image.suite = \"trixie-backports\"");
	CHECK_INT(ask(AX210), -1);
	CHECK_HAS(e.text, "card 8086:2725: kernel 6.12 of image 0123456789ab has no driver");
	CHECK_HAS(e.hint, "image.suite = \"trixie-backports\"");
	CHECK_INT(ask("pci:v0000FFFFd00000001sv00000000sd00000000bc02sc80i00"), -1);
	CHECK_HAS(e.text, "was made without card ffff:0001");
	CHECK_STR(e.hint, "sudo airlock image build");
	CHECK_STR(card.kernel, "6.12");
}

/* With all drivers there is nothing that building it again would add. */
static void knows_what_a_kernel_cannot(void)
{
	use_cards("trixie", "", "true");
	CHECK_INT(ask(AX200), -1);
	CHECK_HAS(e.text, "has no driver");
	CHECK_HAS(e.hint, "trixie-backports");
	use_cards("trixie-backports", "", "true");
	CHECK_INT(ask(AX200), -1);
	CHECK(strstr(e.hint, "image.suite") == NULL);
}

static void reads_old_and_broken_manifests(void)
{
	put("manifest.json", "{\"format\":1,\"kernel\":\"6.1\",\"suite\":\"trixie\"}");
	CHECK_INT(ask(AX200), -1);
	CHECK_HAS(e.text, "was made without card 8086:2723");
	put("manifest.json", "{\"cards\":[{\"driver\":7,\"match\":[3,null,\"*\"]},5]}");
	CHECK_INT(ask(AX200), -1);
	CHECK_HAS(e.text, "has no driver");
	put("manifest.json", "{\"cards\":");
	CHECK_INT(ask(AX200), -1);
	CHECK_HAS(e.text, "manifest: line 1");
	CHECK_INT(e.kind, ERR_IMAGE);
}

static void matches_aliases(void)
{
	static const char any[] = "pci:v00008086d00002723sv*sd*bc*sc*i*";
	static const char one[] = "pci:v00008086d0000095Asv*sd00005010bc*sc*i*";
	static const char class[] = "pci:v*d*sv*sd*bc0Csc03i30*";
	char modalias[128], id[64];

	CHECK(alias_match(any, AX200));
	CHECK(!alias_match(any, AX210));
	CHECK(alias_match("pci:v0000*", AX200));
	CHECK(!alias_match(one, "pci:v00008086d0000095Asv00008086sd00005011bc02sc80i00"));
	/* Of which only vendor and device are known. */
	CHECK(image_modalias(modalias, sizeof(modalias), "8086:095a"));
	CHECK_STR(modalias, "pci:v00008086d0000095Asv*sd*bc02sc*i*");
	CHECK(alias_match(one, modalias));
	CHECK(!alias_match(class, modalias));
	CHECK(!alias_match("usb:v0BDAp8153d*", modalias));
	CHECK(alias_same_device(one, modalias));
	CHECK(!alias_same_device(class, modalias));
	CHECK_STR(alias_id(id, sizeof(id), modalias), "8086:095a");
	CHECK_STR(alias_id(id, sizeof(id), "usb:v0BDA"), "usb:v0BDA");
	CHECK(image_modalias(modalias, sizeof(modalias), AX200));
	CHECK_STR(modalias, AX200);
	CHECK(!image_modalias(modalias, sizeof(modalias), "8086"));
	CHECK(!image_modalias(modalias, sizeof(modalias), "8086:27230"));
	CHECK(!image_modalias(modalias, sizeof(modalias), "8086:27g3"));
	CHECK(!image_modalias(modalias, sizeof(modalias), "iwlwifi"));
	CHECK(!image_modalias(modalias, sizeof(modalias), ""));
	CHECK(!image_modalias(modalias, 10, "8086:2723"));
}

int main(void)
{
	static const char *const names[] = {
	    "vmlinux", "initrd", "root.squashfs", "sim.squashfs"};
	const char *clean[] = {"rm", "-rf", store, NULL};
	char link[160];

	if (mkdtemp(store) == NULL)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		put(names[i], "x");
	str_format(link, sizeof(link), "%s/current", store);
	CHECK_INT(symlink("generations/0123456789ab", link), 0);
	RUN(knows_its_cards);
	RUN(says_what_is_missing);
	RUN(knows_what_a_kernel_cannot);
	RUN(reads_old_and_broken_manifests);
	RUN(matches_aliases);
	child_run(clean, NULL, NULL, &e);
	return check_done();
}
