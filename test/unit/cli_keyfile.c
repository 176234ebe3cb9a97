/* keyfile: what NetworkManager knows, as networks of ours. */
#include "check.h"
#include "cli/keyfile.h"

static struct station_network n;
static struct err e;

static int take(const char *text)
{
	e = (struct err){0};
	return keyfile_network(text, strlen(text), &n, &e);
}

#define HEAD "[connection]\nid=x\nuuid=1\ntype=wifi\n"

static void a_network_with_a_passphrase(void)
{
	CHECK_INT(take(HEAD "autoconnect-priority=7\ninterface-name=wlp3s0\n\n[wifi]\n"
			    "mode=infrastructure\nssid=home\n\n[wifi-security]\n"
			    "auth-alg=open\nkey-mgmt=wpa-psk\npsk=correct horse\n\n[ipv4]\n"
			    "method=auto\n"),
	    1);
	CHECK_INT(n.ssid.len, 4);
	CHECK(memcmp(n.ssid.bytes, "home", 4) == 0);
	CHECK_INT(n.security, STATION_TRANSITION);
	CHECK_STR(n.secret, "correct horse");
	CHECK(n.has_priority && n.priority == 7 && !n.hidden);
}

static void old_names_of_groups(void)
{
	CHECK_INT(take("[connection]\r\ntype = 802-11-wireless\r\n[802-11-wireless]\r\n"
		       "ssid = a b\r\nhidden=true\r\n[802-11-wireless-security]\r\n"
		       "key-mgmt=sae\r\npsk=x\r\n"),
	    1);
	CHECK(n.ssid.len == 3 && memcmp(n.ssid.bytes, "a b", 3) == 0);
	CHECK_INT(n.security, STATION_WPA3);
	CHECK(n.hidden && !n.has_priority);
}

static void names_that_are_no_text(void)
{
	CHECK_INT(take(HEAD "[wifi]\nssid=104;0;255;\n"), 1);
	CHECK(n.ssid.len == 3 && memcmp(n.ssid.bytes, "h\0\xff", 3) == 0);
	CHECK_INT(n.security, STATION_OPEN);
	/* A name of digits is a name, as is one with semicolons in it. */
	CHECK_INT(take(HEAD "[wifi]\nssid=1234\n"), 1);
	CHECK(n.ssid.len == 4 && memcmp(n.ssid.bytes, "1234", 4) == 0);
	CHECK_INT(take(HEAD "[wifi]\nssid=1\\;2\\;\n"), 1);
	CHECK(n.ssid.len == 4 && memcmp(n.ssid.bytes, "1;2;", 4) == 0);
	CHECK_INT(take(HEAD "[wifi]\nssid=\\sa\\tb\\\\\n"), 1);
	CHECK(n.ssid.len == 5 && memcmp(n.ssid.bytes, " a\tb\\", 5) == 0);
}

static void what_is_no_network_of_ours(void)
{
	CHECK_INT(take(""), 0);
	CHECK_INT(take("[connection]\ntype=ethernet\n"), 0);
	CHECK_INT(take("type=wifi\n[wifi]\nssid=x\n"), 0);
	CHECK_INT(take(HEAD "[wifi]\nmode=ap\nssid=mine\n"), 0);
}

static void what_cannot_be_taken(void)
{
	CHECK_INT(take(HEAD), -1);
	CHECK_HAS(e.text, "its name");
	CHECK_INT(take(HEAD "[wifi]\nssid=123456789012345678901234567890123\n"), -1);
	CHECK_INT(take(HEAD "[wifi]\nssid=a\\x\n"), -1);
	CHECK_INT(
	    take(HEAD "[wifi]\nssid=a\n[wifi-security]\nkey-mgmt=wpa-psk\npsk-flags=1\n"), -1);
	CHECK_HAS(e.text, "keyring");
	CHECK_INT(take(HEAD "[wifi]\nssid=a\n[wifi-security]\nkey-mgmt=wpa-eap\n"), -1);
	CHECK_HAS(e.text, "enterprise");
	CHECK_INT(
	    take(HEAD "[wifi]\nssid=a\n[wifi-security]\nkey-mgmt=none\nwep-key0=12345\n"), -1);
	CHECK_HAS(e.text, "WEP");
	CHECK_INT(take(HEAD "[wifi]\nssid=a\n[wifi-security]\nkey-mgmt=wpa-none\n"), -1);
	/* A reason tells no secret. */
	CHECK_INT(
	    take(HEAD "[wifi]\nssid=a\n[wifi-security]\nkey-mgmt=wpa-psk\npsk=short\n"), -1);
	CHECK(strstr(e.text, "short") == NULL && n.secret[0] == '\0');
}

int main(void)
{
	RUN(a_network_with_a_passphrase);
	RUN(old_names_of_groups);
	RUN(names_that_are_no_text);
	RUN(what_is_no_network_of_ours);
	RUN(what_cannot_be_taken);
	return check_done();
}
