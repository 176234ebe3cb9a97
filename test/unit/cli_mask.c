/*
 * cli_mask: what must not be in a report is not.
 */
#include "check.h"
#include "cli/mask.h"

static const char *masked(const char *text, bool names)
{
	static char got[512];
	struct buf b = {0};

	if (names)
		mask_text(&b, text);
	else
		mask_addresses(&b, text);
	str_copy(got, sizeof(got), b.data != NULL ? b.data : "");
	buf_fini(&b);
	return got;
}

static void names_and_addresses_go(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"online: \"My Home\", address 192.168.1.7/24",
		"online: \"***\", address 192.168.1.7/24"},
	    {"wlan0: Trying to associate with 02:ab:CD:00:01:ff (SSID='Joe's' freq=2412 MHz)",
		"wlan0: Trying to associate with 02:ab:CD:**:**:** (SSID='***' freq=2412 MHz)"},
	    {"\"say \\\"hi\\\"\" left", "\"***\" left"},
	    {"\"a\" and \"b\"", "\"***\" and \"***\""},
	    {"a name \"not closed", "a name \"***\""},
	    {"the card's driver doesn't load", "the card's driver doesn't load"},
	    {"ab-cd-ef-01-02-03", "ab-cd-ef-**-**-**"},
	    {"psk=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "psk=***"},
	    {"PMK 00112233445566778899aabbccddeeff.", "PMK ***."},
	    {"image 3f2a01cc55de, 0000:03:00.0, 2a02:db8:1:2:3:4:5:6",
		"image 3f2a01cc55de, 0000:03:00.0, 2a02:db8:1:2:3:4:5:6"},
	    {"", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_STR(masked(rows[i].text, true), rows[i].want);
		CHECK_STR(masked(rows[i].want, true), rows[i].want);
	}
}

static void addresses_alone_go(void)
{
	CHECK_STR(masked("echo 'radio = \"auto\";' on 02:00:00:00:01:02", false),
	    "echo 'radio = \"auto\";' on 02:00:00:**:**:**");
}

/* A secret in one line takes nothing of the lines before it. */
static void lines_before_stay(void)
{
	struct buf b = {0};

	mask_text(&b, "first psk=secret");
	mask_text(&b, ", second password=secret");
	CHECK_STR(b.data, "first psk=***, second password=***");
	CHECK_INT(b.len, strlen(b.data));
	buf_fini(&b);
}

int main(void)
{
	RUN(names_and_addresses_go);
	RUN(addresses_alone_go);
	RUN(lines_before_stay);
	return check_done();
}
