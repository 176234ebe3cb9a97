/* conf_edit: one key set, every other byte as it was. */
#include "check.h"
#include "conf/conf.h"

static void expect(const char *text, const char *want)
{
	struct buf out = {0};
	struct err e = {0};

	CHECK_INT(conf_edit(text, strlen(text), "f", "radio", "0000:03:00.0", &out, &e), 0);
	CHECK_STR(out.data != NULL ? out.data : "", want);
	CHECK_STR(e.text, "");
	buf_fini(&out);
}

static void replaces_a_value(void)
{
	expect("radio = \"auto\";\n", "radio = \"0000:03:00.0\";\n");
	expect("radio auto", "radio \"0000:03:00.0\"");
	expect("mode=router;radio:  simulated  # why\nlog_level = info",
	    "mode=router;radio:  \"0000:03:00.0\"  # why\nlog_level = info");
	expect("/* radio = x */ radio = \"a\\\"b\" // \xff\n",
	    "/* radio = x */ radio = \"0000:03:00.0\" // \xff\n");
}

static void adds_a_key(void)
{
	expect("", "radio = \"0000:03:00.0\";\n");
	expect("mode = router", "mode = router\nradio = \"0000:03:00.0\";\n");
	expect("guest { cpus = 2; }\n", "guest { cpus = 2; }\nradio = \"0000:03:00.0\";\n");
	expect("# note", "# note\nradio = \"0000:03:00.0\";\n");
}

static void goes_below_its_example(void)
{
	expect("# A card.\n#radio = \"auto\";\n\n#mode = \"router\";\n",
	    "# A card.\n#radio = \"auto\";\nradio = \"0000:03:00.0\";\n\n#mode = "
	    "\"router\";\n");
	expect("# radio stays\n", "# radio stays\nradio = \"0000:03:00.0\";\n");
}

static void sees_through_comments(void)
{
	/* Below the example it would be part of the comment. */
	expect("/*\n#radio = x\n*/\n", "/*\n#radio = x\n*/\nradio = \"0000:03:00.0\";\n");
	/* Below this one it would be a key of the section. */
	expect(
	    "guest {\n#radio = x\n}\n", "guest {\n#radio = x\n}\nradio = \"0000:03:00.0\";\n");
}

static void a_key_of_a_section_is_another(void)
{
	expect("guest { radio = 1 }\n", "guest { radio = 1 }\nradio = \"0000:03:00.0\";\n");
}

static void refuses_bad_syntax(void)
{
	struct buf out = {0};
	struct err e = {0};

	CHECK_INT(conf_edit("a = 1;\nb = {", 12, "f", "radio", "x", &out, &e), -1);
	CHECK_HAS(e.text, "f:2: ");
	CHECK_INT(e.kind, ERR_CONF);
	CHECK(out.data == NULL);
}

int main(void)
{
	RUN(replaces_a_value);
	RUN(adds_a_key);
	RUN(goes_below_its_example);
	RUN(sees_through_comments);
	RUN(a_key_of_a_section_is_another);
	RUN(refuses_bad_syntax);
	return check_done();
}
