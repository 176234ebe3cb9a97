/*
 * Images for cards, from a tiny archive: which driver a card gets, which
 * firmware, what is said of what is not there, and a newer kernel's suite.
 */
#include "image_world.h"

#define FW      "usr/lib/firmware/"
#define NEW     "usr/lib/modules/10.0-new/"
#define WLAN_1  "pci:v00001234d00000001sv00001234sd00000010bc02sc80i00"
#define WLAN_2  "pci:v00001234d00000002sv00001234sd00000010bc02sc80i00"
#define DEAD    "pci:v00001234d000000DDsv00001234sd00000010bc02sc80i00"
#define ETHER   "pci:v00005678d00000001sv00001234sd00000010bc02sc00i00"
#define ODD     "pci:v00009999d00000001sv00001234sd00000010bc02sc00i00"
#define BUILTIN "pci:v00007777d00000001sv00001234sd00000010bc02sc00i00"
#define NOBODY  "pci:v0000FFFFd00000001sv00001234sd00000010bc02sc80i00"

static struct fake newer;
static struct buf held[64]; /* contents of packages while they are made */
static size_t held_count;
static char last_log[4096];

static void on_log(void *arg, enum log_level level, const char *text)
{
	size_t len = strlen(last_log);

	(void)arg;
	if (level == LEVEL_WARN || level == LEVEL_INFO)
		str_format(last_log + len, sizeof(last_log) - len, "%s\n", text);
}

static const struct buf *hold(struct buf b)
{
	held[held_count] = b;
	return &held[held_count++];
}

/* A module; `info` has ';' where a NUL ends a string. */
static const struct buf *module(const char *info)
{
	size_t len = strlen(info) + 1;
	char text[1024];

	str_copy(text, sizeof(text), info);
	for (size_t i = 0; i < len; i++)
		if (text[i] == ';')
			text[i] = '\0';
	return hold(module_of(text, len));
}

static const struct buf *text(const char *content)
{
	struct buf b = {0};

	buf_addf(&b, "%s", content);
	return hold(b);
}

#define ALIAS(vendor, device) "alias=pci:v0000" vendor "d0000" device "sv*sd*bc*sc*i*;"

static const char wlan_info[] = ALIAS("1234", "0001") ALIAS(
    "1234", "0002") "depends=wifi-stack;firmware=wlan-aa-7.ucode;firmware=wlan-bb-3.ucode;"
		    "firmware=gone.bin;firmware=many/*.bin";

static void old_modules(struct fake_file *files)
{
	static const char info[] = "inbuilt.alias=pci:v00007777d00000001sv*sd*bc*sc*i*\0"
				   "inbuilt.license=GPL";
	struct buf builtin = {0};

	buf_add(&builtin, info, sizeof(info));
	*files++ = (struct fake_file){MODULES "modules.builtin.modinfo", hold(builtin), NULL};
	*files++ = (struct fake_file){
	    MODULES "kernel/drivers/net/wireless/wlan-pci.ko.xz", module(wlan_info), NULL};
	*files++ = (struct fake_file){MODULES "kernel/drivers/net/wireless/wlan-half.ko.xz",
	    module("depends=wlan-pci"), NULL};
	*files++ = (struct fake_file){MODULES "kernel/drivers/net/wireless/dead.ko.xz",
	    module(ALIAS("1234", "00DD") "firmware=nowhere.ucode"), NULL};
	*files++ = (struct fake_file){MODULES "kernel/drivers/net/ethernet/ether-pci.ko.xz",
	    module(ALIAS("5678", "0001") "firmware=eth/a.fw;firmware=usb/b.fw"), NULL};
	*files++ = (struct fake_file){MODULES "kernel/misc/odd.ko.xz",
	    module(ALIAS("9999", "0001") "firmware=absent.fw"), NULL};
	*files = (struct fake_file){NULL, NULL, NULL};
}

static void add_firmware(void)
{
	struct buf packed;

	fake.in_firm = true;
	fake_package(&fake, "firmware-one", "",
	    (const struct fake_file[]){{FW "wlan-aa-5.ucode", text("aa five"), NULL},
		{FW "wlan-aa-6.ucode", text("aa six"), NULL},
		{FW "wlan-bb-3.ucode", NULL, "real/bb.bin"},
		{FW "real/bb.bin", text("bb"), NULL}, {FW "many/x.bin", text("x"), NULL},
		{FW "many/y.bin", NULL, "../shared/z.bin"},
		{FW "many/lost.bin", NULL, "nothing"}, {FW "many/deep/n.bin", text("n"), NULL},
		{NULL, NULL, NULL}});
	packed = fake_compress(text("plain text"), ARCHIVE_FILTER_XZ);
	fake_package(&fake, "firmware-two", "",
	    (const struct fake_file[]){{FW "shared/z.bin", text("zed"), NULL},
		{FW "eth/a.fw.xz", hold(packed), NULL},
		{FW "half/secret.bin", text("secret"), NULL}, {NULL, NULL, NULL}});
	/* What the list promises and the package does not have. */
	buf_addf(&fake.contents, "%smany/promised.bin firm/kernel/firmware-two\n", FW);
	fake.in_firm = false;
}

/* Backports: a kernel in parts, and the firmware that the old one wants. */
static void add_newer(void)
{
	struct buf image = fake_kernel(6000, ARCHIVE_FILTER_ZSTD, true);
	const struct fake_file none[] = {{NULL, NULL, NULL}};

	newer = fake;
	newer.packages = newer.firm = newer.contents = (struct buf){0};
	newer.suite = "test-backports";
	newer.version = "2.0-1~bpo";
	fake_package(
	    &newer, "linux-image-amd64", "linux-image-10.0-new, linux-mod-amd64", none);
	fake_package(&newer, "linux-mod-amd64", "linux-mod-10.0-new", none);
	fake_package(&newer, "linux-image-10.0-new",
	    "initramfs | x, linux-base-10.0-new, linux-bin-10.0-new, linux-mod-10.0-new", none);
	fake_package(&newer, "linux-bin-10.0-new", "kmod",
	    (const struct fake_file[]){{NEW "vmlinuz", hold(image), NULL}, {NULL, NULL, NULL}});
	fake_package(&newer, "linux-base-10.0-new", "",
	    (const struct fake_file[]){
		{NEW "modules.builtin", text("kernel/drivers/inside.ko\n"), NULL},
		{NULL, NULL, NULL}});
	fake_package(&newer, "linux-mod-10.0-new", "linux-base-10.0-new",
	    (const struct fake_file[]){
		{NEW "kernel/fs/squashfs.ko.xz", module("depends="), NULL},
		{NEW "kernel/net/wifi-stack.ko.xz", module("depends="), NULL},
		{NEW "kernel/net/wifi-sim.ko.xz", module("depends="), NULL},
		{NEW "kernel/drivers/net/wireless/dead.ko.xz",
		    module(ALIAS("1234", "00DD") "firmware=nowhere.ucode;firmware=eth/a.fw"),
		    NULL},
		{NULL, NULL, NULL}});
	newer.in_firm = true;
	fake_package(&newer, "firmware-new", "",
	    (const struct fake_file[]){
		{FW "nowhere.ucode", text("found"), NULL}, {NULL, NULL, NULL}});
	fake_sign(&newer, "test-backports", "archive@example.org");
}

/* ------------------------------------------------------------------- helpers */

static struct image_request requests[8];

/* Build for some cards, ended by NULL. */
static int build_for(struct image_paths *out, const char *const *modaliases)
{
	options.cards = requests;
	options.card_count = 0;
	last_log[0] = '\0';
	for (; *modaliases != NULL; modaliases++)
		requests[options.card_count++] = (struct image_request){
		    .modalias = *modaliases, .name = "0000:03:00.0 Card"};
	return build(out);
}

#define FOR(...) ((const char *const[]){__VA_ARGS__, NULL})

static char *manifest_of(const struct image_paths *p)
{
	return fake_read(p->manifest).data;
}

static bool has_content(const char *manifest, const char *content)
{
	char sha256[HASH_TEXT];

	hash_data(sha256, content, strlen(content));
	return strstr(manifest, sha256) != NULL;
}

static struct image_card card;

static int ask(const char *modalias)
{
	e = (struct err){0};
	return image_card(store, NULL, modalias, &card, &e);
}

/* --------------------------------------------------------------------- cases */

static void takes_driver_and_firmware(void)
{
	struct image_paths out;
	auto_free char *text_of = NULL;

	CHECK_INT(build_for(&out, FOR(WLAN_2)), 0);
	CHECK_STR(e.text, "");
	if (e.kind != 0)
		return;
	CHECK_INT(image_verify(store, NULL, &e), 0);
	text_of = manifest_of(&out);
	CHECK_HAS(text_of, "kernel/drivers/net/wireless/wlan-pci.ko\"");
	CHECK_HAS(text_of, "kernel/drivers/net/wireless/wlan-half.ko\"");
	CHECK(strstr(text_of, "ether-pci") == NULL);
	CHECK_HAS(text_of, "\"" FW "wlan-bb-3.ucode\"");
	CHECK_HAS(text_of, "\"" FW "half/secret.bin\"");
	CHECK_HAS(text_of, "\"firmware-one\"");
	/* Links have the content that they lead to, also in another package. */
	CHECK(has_content(text_of, "bb"));
	CHECK(has_content(text_of, "x"));
	CHECK(has_content(text_of, "zed"));
	CHECK(!has_content(text_of, "n"));
	/* The newest that is older than the one that is named. */
	CHECK(has_content(text_of, "aa six"));
	CHECK(!has_content(text_of, "aa five"));
	CHECK_INT(ask(WLAN_2), 0);
	CHECK_STR(card.driver, "wlan_pci");
	CHECK_STR(card.kernel, "9.9-test");
	CHECK_INT(card.firmware, 5);
	/* gone.bin, many/lost.bin, many/promised.bin */
	CHECK_INT(card.missing, 3);
	CHECK_STR(card.first, "gone.bin");
	CHECK_HAS(last_log,
	    "0000:03:00.0 Card (1234:0002): driver wlan_pci names firmware that "
	    "Debian test does not have (3 of 8 files): gone.bin");
	/* The other device of this driver has the same. */
	CHECK_INT(ask(WLAN_1), 0);
	CHECK_INT(ask(ETHER), -1);
	CHECK_HAS(e.text, "was made without card 5678:0001");
}

static void narrows_what_is_certain(void)
{
	struct image_paths out;
	struct image_summary s;
	auto_free char *text_of = NULL;

	CHECK_INT(build_for(&out, FOR(WLAN_1)), 0);
	text_of = manifest_of(&out);
	CHECK(has_content(text_of, "aa six"));
	CHECK(!has_content(text_of, "bb"));
	CHECK_INT(ask(WLAN_1), 0);
	CHECK_INT(card.missing, 0);
	CHECK_INT(ask(WLAN_2), -1);
	CHECK_HAS(e.text, "was made without card 1234:0002");
	CHECK_INT(image_describe(store, NULL, &s, &e), 0);
	CHECK_INT(s.drivers, 1);
	CHECK_INT(s.firmware, 1);
	CHECK_INT(s.firmware_bytes, 6);
	/* Both devices: both needs, one driver. */
	CHECK_INT(build_for(&out, FOR(WLAN_1, WLAN_2)), 0);
	CHECK_INT(ask(WLAN_1), 0);
	CHECK_INT(ask(WLAN_2), 0);
}

static void unpacks_firmware(void)
{
	struct image_paths out;
	auto_free char *text_of = NULL;

	CHECK_INT(build_for(&out, FOR(ETHER)), 0);
	text_of = manifest_of(&out);
	CHECK_HAS(text_of, "\"" FW "eth/a.fw\"");
	CHECK(has_content(text_of, "plain text"));
	CHECK_INT(ask(ETHER), 0);
	/* usb/b.fw is of no PCI card. */
	CHECK_INT(card.missing, 0);
	CHECK_STR(last_log, "");
}

static void says_when_there_is_no_driver(void)
{
	struct image_paths out;

	options.cards = requests;
	options.card_count = 1;
	requests[0] = (struct image_request){.modalias = NOBODY, .name = "0000:03:00.0 Card"};
	must_fail("card 0000:03:00.0 Card (ffff:0001): kernel 9.9-test has no driver for it",
	    ERR_IMAGE);
	CHECK_HAS(e.hint, "image.suite = \"test-backports\"");
	requests[0].optional = true;
	last_log[0] = '\0';
	CHECK_INT(build(&out), 0);
	CHECK_HAS(last_log, "kernel 9.9-test has no driver for it");
	CHECK_INT(ask(NOBODY), -1);
	CHECK_HAS(e.text, "card ffff:0001: kernel 9.9-test of image");
	CHECK_HAS(e.hint, "image.suite = \"test-backports\"");
}

static void says_when_there_is_no_firmware(void)
{
	options.cards = requests;
	options.card_count = 1;
	requests[0] = (struct image_request){.modalias = DEAD, .name = "0000:03:00.0 Card"};
	must_fail(
	    "card 0000:03:00.0 Card (1234:00dd): Debian test has no firmware for its driver "
	    "dead of kernel 9.9-test: nowhere.ucode is missing",
	    ERR_IMAGE);
	CHECK_HAS(e.hint, "image.suite = \"test-backports\"");
}

static void finds_drivers_elsewhere(void)
{
	struct image_paths out;

	CHECK_INT(build_for(&out, FOR(ODD, BUILTIN)), 0);
	CHECK_INT(ask(ODD), 0);
	CHECK_STR(card.driver, "odd");
	CHECK_INT(card.missing, 1);
	CHECK_INT(ask(BUILTIN), 0);
	CHECK_STR(card.driver, "inbuilt");
}

static void takes_kernel_and_firmware_of_backports(void)
{
	struct image_paths out;
	struct image_summary s;
	auto_free char *text_of = NULL;

	options.suite = "test-backports";
	CHECK_INT(build_for(&out, FOR(DEAD)), 0);
	CHECK_STR(e.text, "");
	if (e.kind != 0)
		return;
	text_of = manifest_of(&out);
	CHECK_HAS(text_of, "\"suite\": \"test\"");
	CHECK_HAS(text_of, "\"kernel_suite\": \"test-backports\"");
	CHECK_HAS(text_of, "\"linux-mod-10.0-new\"");
	CHECK_HAS(text_of, "\"router\"");
	CHECK(has_content(text_of, "found"));
	/* What backports do not have is the suite's. */
	CHECK(has_content(text_of, "plain text"));
	CHECK_INT(image_describe(store, NULL, &s, &e), 0);
	CHECK_STR(s.kernel_version, "10.0-new");
	CHECK_STR(s.suite, "test-backports");
	CHECK_INT(ask(DEAD), 0);
	options.card_count = 1;
	requests[0] = (struct image_request){.modalias = NOBODY, .name = "Card"};
	must_fail("kernel 10.0-new has no driver", ERR_IMAGE);
	CHECK(strstr(e.hint, "image.suite") == NULL);
	options.suite = "missing-backports";
	must_fail("missing", ERR_IMAGE);
	options.suite = "test";
}

static void takes_all(void)
{
	struct image_paths out;

	options.all_cards = true;
	CHECK_INT(build_for(&out, (const char *const[]){NULL}), 0);
	CHECK_INT(ask(WLAN_1), 0);
	CHECK_INT(ask(ETHER), 0);
	CHECK_INT(ask(DEAD), -1);
	CHECK_HAS(e.text, "nowhere.ucode is missing");
	CHECK_INT(ask(NOBODY), -1);
	CHECK_HAS(e.text, "kernel 9.9-test of image");
	CHECK_INT(ask(ODD), -1);
	/* Asked for as well: it drives what lies elsewhere, too. */
	CHECK_INT(build_for(&out, FOR(ODD, WLAN_1)), 0);
	CHECK_INT(ask(ODD), 0);
	CHECK_INT(ask(WLAN_2), 0);
	options.all_cards = false;
}

static void does_without_lists_of_files(void)
{
	struct image_paths with, without;

	CHECK_INT(build_for(&with, FOR(ETHER, WLAN_1)), 0);
	fake.no_contents = true;
	sign_again();
	use_cache("cache-blind");
	CHECK_INT(build_for(&without, FOR(ETHER, WLAN_1)), 0);
	CHECK_HAS(last_log, "looking for firmware in packages by their names");
	CHECK_STR(without.id, with.id);
	fake.no_contents = false;
	sign_again();
	use_cache("cache");
}

/* Neither the order of cards nor an earlier image changes a byte. */
static void is_the_same_every_time(void)
{
	struct image_paths a, b, plain;

	CHECK_INT(build_for(&a, FOR(ETHER, WLAN_2, WLAN_1)), 0);
	CHECK_INT(build_for(&plain, (const char *const[]){NULL}), 0);
	CHECK(!same_file(a.root, plain.root));
	CHECK(same_file(a.initrd, plain.initrd) && same_file(a.sim, plain.sim));
	use_store("store-again");
	use_cache("cache-again");
	CHECK_INT(build_for(&b, FOR(WLAN_1, ETHER, WLAN_2, WLAN_2)), 0);
	CHECK_STR(b.id, a.id);
	CHECK(same_file(a.root, b.root));
	CHECK_INT(ask(WLAN_1), 0);
	CHECK_INT(build_for(&b, (const char *const[]){NULL}), 0);
	CHECK_STR(b.id, plain.id);
	CHECK_INT(ask(WLAN_1), -1);
	use_store("store");
	use_cache("cache");
}

int main(void)
{
	world_modules = old_modules;
	log_open(on_log, NULL, "test", LEVEL_INFO);
	if (!world_begin()) {
		printf("ok - image_cards # SKIP needs gpg and namespaces of its own\n");
		fake_end(&fake);
		return 0;
	}
	add_firmware();
	sign_again();
	add_newer();
	RUN(takes_driver_and_firmware);
	RUN(narrows_what_is_certain);
	RUN(unpacks_firmware);
	RUN(says_when_there_is_no_driver);
	RUN(says_when_there_is_no_firmware);
	RUN(finds_drivers_elsewhere);
	RUN(takes_kernel_and_firmware_of_backports);
	RUN(takes_all);
	RUN(does_without_lists_of_files);
	RUN(is_the_same_every_time);
	buf_fini(&newer.packages);
	buf_fini(&newer.firm);
	buf_fini(&newer.contents);
	for (size_t i = 0; i < held_count; i++)
		buf_fini(&held[i]);
	world_end();
	return check_done();
}
