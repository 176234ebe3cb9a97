/*
 * station_file: networks and the user's wpa_supplicant.conf: what is accepted,
 * what is written, what stays, and the file on its disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "station/station.h"

static struct station_file f;
static struct err e;
static struct buf out;

static int reads(const char *text)
{
	station_file_fini(&f);
	buf_fini(&out);
	e = (struct err){0};
	return station_file_read(&f, text, strlen(text), "x.conf", &e);
}

static struct station_ssid ssid(const char *text)
{
	struct station_ssid s;

	CHECK_INT(station_ssid_take(&s, text, &e), 0);
	return s;
}

static const struct station_block *find(const char *name)
{
	struct station_ssid s = ssid(name);

	return station_file_find(&f, &s, 0);
}

/* --- networks */

static const char *refused(enum station_security security, const char *secret)
{
	struct station_network n = {.security = security};

	str_copy(n.secret, sizeof(n.secret), secret);
	e = (struct err){0};
	return station_network_check(&n, &e) < 0 ? e.text : "";
}

static void each_bad_secret_has_its_sentence(void)
{
	char digits[66], longest[140];

	memset(digits, '0', 64);
	digits[64] = '\0';
	CHECK_HAS(refused(STATION_WPA2, ""), "no passphrase was given");
	CHECK_HAS(
	    refused(STATION_WPA2, "seven77"), "has 7 characters; one of WPA2 has 8 to 63");
	CHECK_STR(refused(STATION_WPA2, "eight888"), "");
	CHECK_STR(refused(STATION_WPA2, digits), "");
	CHECK_STR(refused(STATION_TRANSITION, digits), "");
	CHECK_STR(refused(STATION_WPA2, digits + 1), "");
	digits[5] = 'x';
	CHECK_HAS(refused(STATION_WPA2, digits), "64 are a key in hexadecimal digits");
	digits[64] = '0';
	digits[65] = '\0';
	CHECK_HAS(refused(STATION_WPA2, digits), "has 65 characters");
	CHECK_HAS(refused(STATION_WPA2, "with\nnewline"), "no newline");
	CHECK_HAS(refused(STATION_WPA3, "with\rreturn"), "no newline");
	CHECK_HAS(refused(STATION_WPA2, "p\303\244ssword"), "no printable ASCII");
	CHECK_STR(refused(STATION_WPA3, "p\303\244"), "");
	memset(longest, 'x', STATION_PASSWORD_MAX + 1);
	longest[STATION_PASSWORD_MAX + 1] = '\0';
	CHECK_HAS(refused(STATION_WPA3, longest), "longer than the 128 bytes");
	CHECK_STR(refused(STATION_WPA3, longest + 1), "");
	CHECK_HAS(refused(STATION_WEP, "12345"), "WEP");
	CHECK_HAS(refused(STATION_EAP, ""), "enterprise network");
	CHECK_STR(refused(STATION_OPEN, ""), "");
	/* What was typed is never part of it. */
	CHECK(strstr(refused(STATION_WPA2, "seven77"), "seven77") == NULL);
}

static void a_name_is_1_to_32_bytes(void)
{
	struct station_ssid s;

	CHECK_INT(station_ssid_take(&s, "", &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_INT(station_ssid_take(&s, "123456789012345678901234567890123", &e), -1);
	CHECK_HAS(e.text, "has 33 bytes");
	CHECK_INT(station_ssid_take(&s, "12345678901234567890123456789012", &e), 0);
	CHECK_INT(s.len, 32);
}

static void setting_is(const struct station_setting *s, const char *key, const char *value)
{
	CHECK_STR(s->key, key);
	CHECK_STR(s->value, value);
}

static void settings_are_what_the_supplicant_takes(void)
{
	struct station_setting s[STATION_SETTINGS_MAX];
	struct station_network n = {.security = STATION_WPA3, .hidden = true};

	n.ssid = ssid("caf\303\251");
	str_copy(n.secret, sizeof(n.secret), "p\303\244");
	CHECK_INT(station_settings(&n, true, s), 5);
	setting_is(&s[0], "ssid", "636166c3a9");
	setting_is(&s[1], "scan_ssid", "1");
	setting_is(&s[2], "key_mgmt", "SAE");
	setting_is(&s[3], "sae_password", "70c3a4");
	setting_is(&s[4], "ieee80211w", "2");
	n.ssid = ssid("a \"b\"");
	n.security = STATION_OPEN;
	n.hidden = false;
	n.has_priority = true;
	n.priority = -3;
	CHECK_INT(station_settings(&n, true, s), 3);
	setting_is(&s[0], "ssid", "6120226222");
	setting_is(&s[2], "priority", "-3");
	n.ssid = ssid("plain");
	n.security = STATION_TRANSITION;
	memset(n.secret, 'a', 64);
	n.secret[64] = '\0';
	CHECK_INT(station_settings(&n, true, s), 4);
	setting_is(&s[0], "ssid", "\"plain\"");
	/* The key alone is no password for SAE. */
	setting_is(&s[1], "key_mgmt", "WPA-PSK");
	setting_is(&s[2], "psk", n.secret);
	n.security = STATION_OWE;
	CHECK_INT(station_settings(&n, false, s), 4);
	setting_is(&s[0], "ssid", "706c61696e");
	setting_is(&s[1], "key_mgmt", "OWE");
}

/* --- the text */

static const char users[] = "# mine\n"
			    "country=DE\n"
			    "\n"
			    "network={\n"
			    "\tssid=\"home\"   # where\n"
			    "\t#psk=\"old\"\n"
			    "\tpsk=\"my # secret\"\n"
			    "\tpriority=5\n"
			    "\tbgscan=\"\"\n"
			    "}\n"
			    "network={\n"
			    "  ssid=636166c3a9\n"
			    "  key_mgmt=NONE\n"
			    "  disabled=1\n"
			    "}\n"
			    "cred={\n"
			    "\tssid=\"none of ours\"\n"
			    "}\n"
			    "blob-base64-x={\n"
			    "bm90aGluZw\n"
			    "}\n"
			    "network={\n"
			    "\tssid=P\"e\\x64u\\n\"\n"
			    "\tkey_mgmt=WPA-EAP\n"
			    "}\n"
			    "network={\n"
			    "\tssid=\"new\"\n"
			    "\tkey_mgmt=SAE WPA-PSK\n"
			    "}\n";

static void networks_are_found_in_every_form(void)
{
	CHECK_INT(reads(users), 0);
	CHECK_INT(f.blocks, 4);
	CHECK(find("home") == &f.block[0]);
	CHECK_INT(find("home")->priority, 5);
	CHECK_INT(find("home")->security, STATION_WPA2);
	CHECK_INT(find("home")->line, 4);
	CHECK(find("caf\303\251") == &f.block[1]);
	CHECK(f.block[1].disabled);
	CHECK_INT(f.block[1].security, STATION_OPEN);
	CHECK(find("edu\n") == &f.block[2]);
	CHECK_INT(f.block[2].security, STATION_EAP);
	CHECK_INT(find("new")->security, STATION_TRANSITION);
	CHECK(find("none of ours") == NULL);
}

static void another_secret_leaves_the_rest(void)
{
	struct station_network n = {.security = STATION_TRANSITION};

	CHECK_INT(reads(users), 0);
	n.ssid = ssid("home");
	str_copy(n.secret, sizeof(n.secret), "another one");
	station_file_change(&f, find("home"), &n, &out);
	CHECK_HAS(out.data, "country=DE\n\nnetwork={\n\tssid=\"home\"   # where\n"
			    "\tkey_mgmt=WPA-PSK SAE\n\tieee80211w=1\n\tpsk=\"another one\"\n"
			    "\t#psk=\"old\"\n\tpriority=5\n\tbgscan=\"\"\n}\nnetwork={\n");
	CHECK(strstr(out.data, "my # secret") == NULL);
	CHECK_STR(strstr(out.data, "network={\n  ssid"), strstr(users, "network={\n  ssid"));
}

static void a_priority_is_set_or_added(void)
{
	struct station_ssid home = ssid("home"), cafe = ssid("caf\303\251");

	CHECK_INT(reads(users), 0);
	CHECK_INT(station_file_priority(&f, &home, -12, &out), 1);
	CHECK_HAS(out.data, "\tpriority=-12\n\tbgscan");
	CHECK_INT(out.len, f.len + 2);
	buf_fini(&out);
	CHECK_INT(station_file_priority(&f, &cafe, 7, &out), 1);
	CHECK_HAS(out.data, "  disabled=1\n\tpriority=7\n}\ncred");
}

static void removing_takes_all_of_a_name(void)
{
	struct station_ssid a = ssid("a");

	CHECK_INT(
	    reads("x=1\n\nnetwork={\n\tssid=\"a\"\n}\n# c\nnetwork={\n\tssid=61\n}\n"), 0);
	CHECK_INT(station_file_remove(&f, &a, &out), 2);
	CHECK_STR(out.data, "x=1\n# c\n");
}

static void adding_keeps_the_form_of_the_file(void)
{
	struct station_network n = {.security = STATION_OPEN};

	n.ssid = ssid("b\\");
	CHECK_INT(reads("a=1\r\nb=2"), 0);
	station_file_add(&f, &n, &out);
	CHECK_STR(out.data, "a=1\r\nb=2\r\n\r\nnetwork={\r\n\t# \"b\\\\\"\r\n\tssid=625c\r\n"
			    "\tkey_mgmt=NONE\r\n}");
	CHECK_INT(reads(""), 0);
	station_file_add(&f, &n, &out);
	CHECK_STR(out.data, "network={\n\t# \"b\\\\\"\n\tssid=625c\n\tkey_mgmt=NONE\n}\n");
}

static void what_is_broken_is_refused_with_its_line(void)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
	    {"a=1\nnetwork={\n\tssid=\"x\"\n", "x.conf:2: this block is not closed"},
	    {"network={\n\nnetwork={\n}\n}\n",
		"x.conf:3: a block begins within the one of line 1"},
	    {"a=1\n}\n", "x.conf:2: this } closes nothing"},
	    {"what\n", "x.conf:1: this is no setting"},
	    {"network={\nssid\n}\n", "x.conf:2: this is no setting"},
	    {"blob-base64-x={\nYQ\n", "x.conf:1: this block is not closed"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_INT(reads(bad[i].text), -1);
		CHECK_INT(e.kind, ERR_CONF);
		CHECK_HAS(e.text, bad[i].error);
	}
	e = (struct err){0};
	CHECK_INT(station_file_read(&f, "a=1\n\0b", 6, "x.conf", &e), -1);
	CHECK_HAS(e.text, "x.conf:2: there is a zero byte");
}

/* --- the disk */

static char dir[] = "/tmp/station-file.XXXXXX";
static char path[64], other[64];

static void put(const char *where, const char *text)
{
	CHECK_INT(file_replace(where, text, strlen(text), 0644, &e), 0);
}

static void is_file(const char *where, const char *text)
{
	size_t len = 0;
	char *have = file_read(where, 4096, &len, &e);

	CHECK_STR(have, text);
	free(have);
}

static void the_file_is_replaced_for_its_owner_alone(void)
{
	struct station_store s;
	struct buf text = {0};
	struct stat st;

	put(other, "a=1\n");
	CHECK(chown(other, 65534, 65534) == 0 || geteuid() != 0);
	CHECK(symlink("other.conf", path) == 0);
	CHECK_INT(station_store_open(&s, path, true, &e), 0);
	CHECK_INT(s.file.len, 4);
	buf_addf(&text, "b=2\n");
	CHECK_INT(station_store_put(&s, &text, &e), 0);
	station_store_close(&s);
	is_file(other, "b=2\n");
	CHECK(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(stat(other, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(geteuid() != 0 || st.st_uid == 65534);
	buf_fini(&text);
	unlink(path);
	unlink(other);
}

static void a_missing_file_gets_a_head(void)
{
	struct station_network n = {.security = STATION_OPEN};
	struct station_store s;
	struct buf text = {0};

	n.ssid = ssid("cafe");
	CHECK_INT(station_store_open(&s, path, true, &e), 0);
	CHECK(s.missing);
	station_file_add(&s.file, &n, &text);
	CHECK_INT(station_store_put(&s, &text, &e), 0);
	station_store_close(&s);
	CHECK_INT(station_store_open(&s, path, false, &e), 0);
	CHECK_INT(s.file.blocks, 1);
	CHECK_HAS(s.file.text, "# The wireless networks of this host");
	station_store_close(&s);
	buf_fini(&text);
	unlink(path);
}

static void somebody_elses_change_is_kept(void)
{
	struct station_store s;
	struct buf text = {0};

	put(path, "a=1\n");
	CHECK_INT(station_store_open(&s, path, true, &e), 0);
	put(path, "a=2\n");
	buf_addf(&text, "a=3\n");
	CHECK_INT(station_store_put(&s, &text, &e), -1);
	CHECK_HAS(e.text, "was changed by somebody else");
	is_file(path, "a=2\n");
	station_store_close(&s);
	unlink(path);
	/* One that was not there, too. */
	CHECK_INT(station_store_open(&s, path, true, &e), 0);
	put(path, "a=2\n");
	e = (struct err){0};
	CHECK_INT(station_store_put(&s, &text, &e), -1);
	station_store_close(&s);
	is_file(path, "a=2\n");
	unlink(path);
	buf_fini(&text);
}

static void two_of_us_wait_for_each_other(void)
{
	struct station_store s;
	struct buf text = {0};
	char byte;
	pid_t pid;
	int p[2];

	put(path, "a=1\n");
	CHECK(pipe(p) == 0);
	CHECK_INT(station_store_open(&s, path, true, &e), 0);
	pid = fork();
	if (pid == 0) {
		struct station_store mine;
		int status;

		close(s.lock); /* a child of ours would hold it too */
		status =
		    write(p[1], "x", 1) != 1 || station_store_open(&mine, path, true, &e) < 0;
		buf_add(&text, mine.file.text, mine.file.len);
		buf_addf(&text, "child=1\n");
		_exit(status != 0 || station_store_put(&mine, &text, &e) < 0);
	}
	CHECK(read(p[0], &byte, 1) == 1);
	usleep(50000);
	buf_addf(&text, "a=1\nparent=1\n");
	CHECK_INT(station_store_put(&s, &text, &e), 0);
	station_store_close(&s);
	CHECK_INT(child_wait(pid), 0);
	is_file(path, "a=1\nparent=1\nchild=1\n");
	buf_fini(&text);
	close(p[0]);
	close(p[1]);
	unlink(path);
}

static void what_cannot_be_is_said(void)
{
	struct station_store s;
	char none[80];

	str_format(none, sizeof(none), "%s/no/such/file", dir);
	e = (struct err){0};
	CHECK_INT(station_store_open(&s, none, true, &e), -1);
	CHECK_INT(e.num, ENOENT);
	CHECK(symlink("nowhere", path) == 0);
	e = (struct err){0};
	CHECK_INT(station_store_open(&s, path, true, &e), -1);
	CHECK_HAS(e.text, "leads nowhere");
	unlink(path);
	put(path, "}\n");
	e = (struct err){0};
	CHECK_INT(station_store_open(&s, path, false, &e), -1);
	CHECK_INT(e.kind, ERR_CONF);
	is_file(path, "}\n");
	unlink(path);
	/* Closed once more it is still closed. */
	station_store_close(&s);
}

int main(void)
{
	RUN(each_bad_secret_has_its_sentence);
	RUN(a_name_is_1_to_32_bytes);
	RUN(settings_are_what_the_supplicant_takes);
	RUN(networks_are_found_in_every_form);
	RUN(another_secret_leaves_the_rest);
	RUN(a_priority_is_set_or_added);
	RUN(removing_takes_all_of_a_name);
	RUN(adding_keeps_the_form_of_the_file);
	RUN(what_is_broken_is_refused_with_its_line);
	CHECK(mkdtemp(dir) != NULL);
	str_format(path, sizeof(path), "%s/user.conf", dir);
	str_format(other, sizeof(other), "%s/other.conf", dir);
	RUN(the_file_is_replaced_for_its_owner_alone);
	RUN(a_missing_file_gets_a_head);
	RUN(somebody_elses_change_is_kept);
	RUN(two_of_us_wait_for_each_other);
	RUN(what_cannot_be_is_said);
	rmdir(dir);
	station_file_fini(&f);
	buf_fini(&out);
	return check_done();
}
