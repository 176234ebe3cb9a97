/* rcfile: one variable of loader.conf or rc.conf set, every other byte as it was. */
#include "check.h"
#include "cli/rcfile.h"

static void expect(enum rcfile_style style, const char *text, const char *name, const char *raw,
    const char *want)
{
	struct buf out = {0};
	struct err e = {0};

	CHECK_INT(rcfile_set(style, text, strlen(text), name, raw, &out, &e), 0);
	CHECK_STR(out.data != NULL ? out.data : "", want);
	CHECK_STR(e.text, "");
	buf_fini(&out);
}

static void expect_value(
    enum rcfile_style style, const char *text, const char *name, const char *want)
{
	struct rcfile_setting s;

	if (!rcfile_find(style, text, strlen(text), name, &s)) {
		CHECK_STR("(not set)", want);
		return;
	}
	CHECK_STR(s.plain ? s.value : "(not plain)", want);
}

static void the_loaders_values(void)
{
	static const char text[] = "# vmm_load=\"NO\"\n"
				   "vmm_load=\"YES\"\n"
				   "  pptdevs = \"3/0/0 4/0/0\"  # mine\r\n"
				   "hw.vmm.amdvi.enable=1\n"
				   "boot-x=\"${currdev}\"\n"
				   "exec=\"echo a\" garbage\n"
				   "open=\"never closed\n"
				   "autoboot_delay=\"3\"";

	expect_value(RCFILE_LOADER, text, "vmm_load", "YES");
	expect_value(RCFILE_LOADER, text, "pptdevs", "3/0/0 4/0/0");
	expect_value(RCFILE_LOADER, text, "hw.vmm.amdvi.enable", "1");
	expect_value(RCFILE_LOADER, text, "boot-x", "(not plain)");
	expect_value(RCFILE_LOADER, text, "exec", "(not set)");
	expect_value(RCFILE_LOADER, text, "open", "(not set)");
	expect_value(RCFILE_LOADER, text, "autoboot_delay", "3");
	expect_value(RCFILE_LOADER, text, "load", "(not set)");
	/* The last one counts. */
	expect_value(RCFILE_LOADER, "a=\"1\"\na=2\n", "a", "2");
}

static void the_shells_values(void)
{
	static const char text[] = "hostname=puffy.example.org\n"
				   "#airlock_enable=YES\n"
				   "wlans_iwlwifi0=\"wlan0\" # the card\n"
				   "ifconfig_wlan0='WPA SYNCDHCP'\n"
				   "a=1; b=\"2 # no comment\"; c=3#4\n"
				   "d=\"$a\" e=x\n"
				   "many=\"one\n"
				   "airlock_enable=NO\n"
				   "two\"\n"
				   "if [ -n \"$a\" ]; then\n"
				   "\tf=yes\n"
				   "fi\n"
				   "echo g=1\n"
				   "h=\"a\\\"b\\\\\"\n"
				   "i=\"a\\nb\"\n";

	expect_value(RCFILE_SHELL, text, "hostname", "puffy.example.org");
	expect_value(RCFILE_SHELL, text, "airlock_enable", "(not set)");
	expect_value(RCFILE_SHELL, text, "wlans_iwlwifi0", "wlan0");
	expect_value(RCFILE_SHELL, text, "ifconfig_wlan0", "WPA SYNCDHCP");
	expect_value(RCFILE_SHELL, text, "a", "1");
	expect_value(RCFILE_SHELL, text, "b", "2 # no comment");
	expect_value(RCFILE_SHELL, text, "c", "3#4");
	expect_value(RCFILE_SHELL, text, "d", "(not plain)");
	expect_value(RCFILE_SHELL, text, "e", "x");
	expect_value(RCFILE_SHELL, text, "many", "one\nairlock_enable=NO\ntwo");
	expect_value(RCFILE_SHELL, text, "f", "yes");
	expect_value(RCFILE_SHELL, text, "g", "(not set)");
	expect_value(RCFILE_SHELL, text, "h", "a\"b\\");
	expect_value(RCFILE_SHELL, text, "i", "(not plain)");
	/* No blanks around it in a script. */
	expect_value(RCFILE_SHELL, "a = 1\n", "a", "(not set)");
}

static void replaces_a_value(void)
{
	expect(RCFILE_LOADER, "  pptdevs = \"3/0/0\"  # mine\nx=1\n", "pptdevs",
	    "\"3/0/0 4/0/0\"", "  pptdevs = \"3/0/0 4/0/0\"  # mine\nx=1\n");
	expect(RCFILE_LOADER, "vmm_load=NO", "vmm_load", "\"YES\"", "vmm_load=\"YES\"");
	expect(RCFILE_SHELL, "a=1;wlans_iwm0=\"wlan0\"#x\nb=2", "wlans_iwm0", "\"\"",
	    "a=1;wlans_iwm0=\"\"\nb=2");
	expect(RCFILE_SHELL, "a='x\ny' ; b=1\n", "a", "\"\"", "a=\"\" ; b=1\n");
	/* Only the one that counts. */
	expect(RCFILE_SHELL, "a=1\na=2\n", "a", "3", "a=1\na=3\n");
	expect(RCFILE_SHELL, "a=\n", "a", "\"YES\"", "a=\"YES\"\n");
}

static void adds_a_variable(void)
{
	expect(RCFILE_LOADER, "", "vmm_load", "\"YES\"", "vmm_load=\"YES\"\n");
	expect(RCFILE_LOADER, "a=1\n", "vmm_load", "\"YES\"", "a=1\nvmm_load=\"YES\"\n");
	expect(RCFILE_LOADER, "#vmm_load=\"NO\"", "vmm_load", "\"YES\"",
	    "#vmm_load=\"NO\"\nvmm_load=\"YES\"\n");
	expect(RCFILE_SHELL, "a=1 # \xff\xfe", "airlock_enable", "\"YES\"",
	    "a=1 # \xff\xfe\nairlock_enable=\"YES\"\n");
}

static void takes_one_away(void)
{
	static const char text[] = "a=1\n  b=\"2\n3\" # why\nc=4\nd=5; e=6\nf=7";
	struct buf out = {0};
	struct err e = {0};

	CHECK_INT(rcfile_unset(RCFILE_SHELL, text, strlen(text), "b", &out, &e), 0);
	CHECK_STR(out.data, "a=1\nc=4\nd=5; e=6\nf=7");
	buf_fini(&out);
	CHECK_INT(rcfile_unset(RCFILE_SHELL, text, strlen(text), "f", &out, &e), 0);
	CHECK_STR(out.data, "a=1\n  b=\"2\n3\" # why\nc=4\nd=5; e=6\n");
	buf_fini(&out);
	CHECK_INT(rcfile_unset(RCFILE_SHELL, text, strlen(text), "x", &out, &e), 0);
	CHECK_STR(out.data, text);
	buf_fini(&out);
	CHECK_INT(rcfile_unset(RCFILE_SHELL, text, strlen(text), "d", &out, &e), -1);
	CHECK_HAS(e.text, "more than d");
	CHECK_INT(rcfile_unset(RCFILE_SHELL, text, strlen(text), "e", &out, &e), -1);
	CHECK(out.data == NULL);
}

/* What were put behind it would be part of something else. */
static void refuses_what_does_not_end(void)
{
	static const char *const texts[] = {
	    "a=\"1\n", "echo 'x\n", "a=1\\\n", "a=1\\", "x=\"\\", "# fine\necho \"a"};
	struct buf out = {0};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err e = {0};

		CHECK_INT(rcfile_set(RCFILE_SHELL, texts[i], strlen(texts[i]), "airlock_enable",
			      "\"YES\"", &out, &e),
		    -1);
		CHECK_HAS(e.text, "does not end");
	}
	CHECK(out.data == NULL);
	/* An apostrophe of a comment is no quote, and neither is one of another's. */
	expect(RCFILE_SHELL, "a=1 # don't\nb=\"it's\"\n", "b", "2", "a=1 # don't\nb=2\n");
	expect(RCFILE_SHELL, "a=1\\\\\n", "b", "2", "a=1\\\\\nb=2\n");
}

static void words_of_a_list(void)
{
	CHECK(rcfile_has_word("3/0/0 4/0/0", "4/0/0"));
	CHECK(rcfile_has_word(" 3/0/0\t", "3/0/0"));
	CHECK(!rcfile_has_word("13/0/0 3/0/01", "3/0/0"));
	CHECK(!rcfile_has_word("", ""));
}

int main(void)
{
	RUN(the_loaders_values);
	RUN(the_shells_values);
	RUN(replaces_a_value);
	RUN(adds_a_variable);
	RUN(takes_one_away);
	RUN(refuses_what_does_not_end);
	RUN(words_of_a_list);
	return check_done();
}
