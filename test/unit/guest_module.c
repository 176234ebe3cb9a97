/* guest_module: what depmod's files say, and the devices' patterns. */
#include "check.h"
#include "guest/kmsg.h"
#include "guest/module.h"
#include "guest/uevent.h"

static const char dep[] = "kernel/net/mac80211/mac80211.ko: kernel/net/wireless/cfg80211.ko "
			  "kernel/net/rfkill/rfkill.ko\n"
			  "kernel/net/wireless/cfg80211.ko: kernel/net/rfkill/rfkill.ko\n"
			  "kernel/net/rfkill/rfkill.ko:\n"
			  "kernel/crypto/ghash-generic.ko:\n";

static const char alias[] = "# Aliases extracted from modules themselves.\n"
			    "alias pci:v00008086d00002723sv*sd*bc*sc*i* iwlwifi\n"
			    "alias virtio:d00000001v* virtio_net\n"
			    "alias crypto-crc32c crc32c_intel\n"
			    "alias crypto-crc32c crc32c_generic\n"
			    "alias cpu:type:x86,ven*fam*mod*:feature:*0099* aesni_intel\n"
			    "alias usb:v0BDApB812d*dc*dsc*dp*ic*isc*ip*in[0-3a]* rtl\n";

static const char soft[] = "# Soft dependencies\n"
			   "softdep libcrc32c pre: crc32c\n"
			   "softdep iwlwifi post: iwlmvm\n"
			   "softdep big_one pre: one two post: three\n";

static void finds_a_module_and_what_it_needs(void)
{
	char path[128], name[MODULE_NAME];
	const char *deps;

	CHECK(moddep_find(dep, "mac80211", path, sizeof(path), &deps));
	CHECK_STR(path, "kernel/net/mac80211/mac80211.ko");
	CHECK(strncmp(deps, " kernel/net/wireless/cfg80211.ko", 32) == 0);
	CHECK(!moddep_find(dep, "mac8021", path, sizeof(path), &deps));
	CHECK(!moddep_find(dep, "mac80211x", path, sizeof(path), &deps));
	CHECK(!moddep_find("", "mac80211", path, sizeof(path), &deps));
	moddep_name("a/b/nft-x_y.ko", 14, name);
	CHECK_STR(name, "nft_x_y");
}

static void takes_dash_for_underscore(void)
{
	char path[128];
	const char *deps;

	CHECK(moddep_find(dep, "ghash_generic", path, sizeof(path), &deps));
	CHECK_STR(path, "kernel/crypto/ghash-generic.ko");
}

static void refuses_a_path_that_does_not_fit(void)
{
	const char *deps;
	char path[8];

	CHECK(!moddep_find(dep, "rfkill", path, sizeof(path), &deps));
}

static void goes_through_all_that_match_an_alias(void)
{
	const char *at = alias;
	char name[MODULE_NAME];

	CHECK(moddep_alias(&at, "crypto-crc32c", name));
	CHECK_STR(name, "crc32c_intel");
	CHECK(moddep_alias(&at, "crypto-crc32c", name));
	CHECK_STR(name, "crc32c_generic");
	CHECK(!moddep_alias(&at, "crypto-crc32c", name));
	at = alias;
	CHECK(moddep_alias(&at, "pci:v00008086d00002723sv00008086sd00000084bc02sc80i00", name));
	CHECK_STR(name, "iwlwifi");
	at = alias;
	CHECK(moddep_alias(&at, "virtio:d00000001v00001AF4", name));
	CHECK_STR(name, "virtio_net");
	at = alias;
	CHECK(moddep_alias(
	    &at, "cpu:type:x86,ven0002fam000Fmod006B:feature:,0000,0099,00A0", name));
	CHECK_STR(name, "aesni_intel");
	at = alias;
	CHECK(!moddep_alias(&at, "virtio:d00000011v", name));
}

static bool match(const char *pattern, const char *text)
{
	return moddep_match(pattern, strlen(pattern), text);
}

static void matches_as_the_shell_does(void)
{
	CHECK(match("", ""));
	CHECK(!match("", "a"));
	CHECK(match("*", ""));
	CHECK(match("a*b*c", "aXbYbZc"));
	CHECK(!match("a*b*c", "aXbYbZ"));
	CHECK(match("a?c", "abc"));
	CHECK(!match("a?c", "ac"));
	CHECK(match("in[0-3a]*", "in2x"));
	CHECK(match("in[0-3a]*", "ina"));
	CHECK(!match("in[0-3a]*", "in4"));
	CHECK(!match("in[", "in["));
	CHECK(match("**a", "bba"));
}

static void lists_what_should_come_before(void)
{
	const char *at = soft;
	char name[MODULE_NAME];

	CHECK(moddep_soft(&at, "libcrc32c", name));
	CHECK_STR(name, "crc32c");
	CHECK(!moddep_soft(&at, "libcrc32c", name));
	at = soft;
	CHECK(moddep_soft(&at, "big-one", name));
	CHECK_STR(name, "one");
	CHECK(moddep_soft(&at, "big-one", name));
	CHECK_STR(name, "two");
	CHECK(!moddep_soft(&at, "big-one", name));
	at = soft;
	CHECK(!moddep_soft(&at, "iwlwifi", name));
}

static void takes_an_event_of_the_kernel_apart(void)
{
	static const char msg[] =
	    "add@/devices/x\0ACTION=add\0SUBSYSTEM=net\0INTERFACE=wlan0\0";

	CHECK_STR(uevent_get(msg, sizeof(msg) - 1, "SUBSYSTEM"), "net");
	CHECK_STR(uevent_get(msg, sizeof(msg) - 1, "INTERFACE"), "wlan0");
	CHECK(uevent_get(msg, sizeof(msg) - 1, "MODALIAS") == NULL);
	CHECK(uevent_get(msg, sizeof(msg) - 1, "SUB") == NULL);
	CHECK(uevent_get("", 0, "ACTION") == NULL);
}

static void takes_a_record_of_the_kernel_apart(void)
{
	char error[] = "3,339,5140900,-;iwlwifi 0000:00:05.0: no firmware\n SUBSYSTEM=pci\n";
	char info[] = "6,1,1,-;hello; world\n", user[] = "14,1,1,-;from a program\n";
	char broken[] = "nothing", half[] = "7";
	const char *text = NULL;
	uint64_t ms = 0;

	CHECK_INT(kmsg_parse(error, &ms, &text), LEVEL_ERROR);
	CHECK_STR(text, "iwlwifi 0000:00:05.0: no firmware");
	CHECK_INT(ms, 5140);
	CHECK_INT(kmsg_parse(info, &ms, &text), LEVEL_DEBUG);
	CHECK_STR(text, "hello; world");
	CHECK_INT(kmsg_parse(user, &ms, &text), LEVEL_NONE);
	CHECK_INT(kmsg_parse(broken, &ms, &text), LEVEL_NONE);
	CHECK_INT(kmsg_parse(half, &ms, &text), LEVEL_NONE);
}

int main(void)
{
	RUN(finds_a_module_and_what_it_needs);
	RUN(takes_dash_for_underscore);
	RUN(refuses_a_path_that_does_not_fit);
	RUN(goes_through_all_that_match_an_alias);
	RUN(matches_as_the_shell_does);
	RUN(lists_what_should_come_before);
	RUN(takes_an_event_of_the_kernel_apart);
	RUN(takes_a_record_of_the_kernel_apart);
	return check_done();
}
