/*
 * The syntax of airlock.conf(5): what is read, as which values of which
 * lines, and what is refused where.
 */
#include "check.h"
#include "conf/conf.h"

static struct buf seen;
static struct err e;

static int note(void *arg, const struct conf_item *i, struct err *unused)
{
	buf_addf(&seen, "%u:%s.%s%s=%s%s;", i->line, i->section, i->key, i->in_list ? "[]" : "",
	    i->value, i->quoted ? "'" : "");
	return 0;
}

static const char *read_n(const char *text, size_t len)
{
	buf_fini(&seen);
	buf_add(&seen, "", 0);
	memset(&e, 0, sizeof(e));
	return conf_read(text, len, "f", note, NULL, &e) == 0 ? seen.data : e.text;
}

static const char *read_text(const char *text)
{
	return read_n(text, strlen(text));
}

static void values_and_lines(void)
{
	CHECK_STR(read_text(""), "");
	CHECK_STR(read_text("\n \t\r\n;,;"), "");
	CHECK_STR(read_text("a = b"), "1:.a=b;");
	CHECK_STR(read_text("a = b;c: d, e f\ng \"h\""), "1:.a=b;1:.c=d;1:.e=f;2:.g=h';");
	CHECK_STR(read_text("a = 128M; b = -3;"), "1:.a=128M;1:.b=-3;");
	CHECK_STR(read_text("a = tcp 80  h:1 \t;\r\nb = c\r\n"), "1:.a=tcp 80  h:1;2:.b=c;");
	CHECK_STR(read_text("\"a\" = \"\";"), "1:.a=';");
}

static void sections(void)
{
	CHECK_STR(read_text("s { a = b }\nc = d"), "1:s.a=b;2:.c=d;");
	CHECK_STR(read_text("s = { a = b; c = d; };"), "1:s.a=b;1:s.c=d;");
	CHECK_STR(read_text("s\n\n# why\n{\na b\n}\n"), "5:s.a=b;");
	CHECK_STR(read_text("s {} t { }"), "");
}

static void lists(void)
{
	CHECK_STR(
	    read_text("a = [ b, \"c\"\n d; ]\ne = f"), "1:.a[]=b;1:.a[]=c';2:.a[]=d;3:.e=f;");
	CHECK_STR(read_text("a [];b=[\n]"), "");
	CHECK_STR(read_text("s { a [x] }"), "1:s.a[]=x;");
}

static void comments(void)
{
	CHECK_STR(read_text("# a = b\n// c = d\n/* e\n/* = */ f */ g = h"), "4:.g=h;");
	CHECK_STR(read_text("a = b # c\nd = e // f\ng = h /* i */;"), "1:.a=b;2:.d=e;3:.g=h;");
	CHECK_STR(read_text("a = http://x/y#z/* ;"), "1:.a=http://x/y#z/*;");
	CHECK_STR(read_text("a = \"b # c\" # d"), "1:.a=b # c';");
}

static void escapes(void)
{
	CHECK_STR(read_text("a = \"\\\"\\\\\\/\\n\\r\\t\\b\\f\""), "1:.a=\"\\/\n\r\t\b\f';");
	CHECK_STR(read_text("a = \"\\u0041\\u00e9\\u20ac\""), "1:.a=A\xc3\xa9\xe2\x82\xac';");
	CHECK_HAS(read_text("a = \"\\u0000\""), "f:1: \\u names no character");
	CHECK_HAS(read_text("a = \"\\ud800\""), "f:1: \\u names no character");
	CHECK_HAS(read_text("a = \"\\u12\""), "f:1: \\u wants four");
	CHECK_HAS(read_text("a = \"\\x\""), "f:1: an unknown escape");
	CHECK_HAS(read_text("a = \"\\"), "f:1: an unknown escape");
}

static void refused(void)
{
	CHECK_HAS(read_text("\na ="), "f:2: a value is missing");
	CHECK_HAS(read_text("a\nb = c"), "f:1: a value is missing");
	CHECK_HAS(read_text("a = ;"), "f:1: a value is missing");
	CHECK_HAS(read_text("a = \"b\nc"), "f:1: this string is not closed");
	CHECK_HAS(read_text("a = \"b\" c"), "f:1: more text after a value");
	CHECK_HAS(read_text("a = b\"c"), "f:1: a quote within bare text");
	CHECK_HAS(read_text("a = b{"), "f:1: more text after a value");
	CHECK_HAS(read_text("a = 'b'"), "f:1: single quotes");
	CHECK_HAS(read_text("a = <<EOD\nx\nEOD\n"), "f:1: heredocs");
	CHECK_HAS(read_text("\n.include \"/etc/shadow\""), "f:2: macros such as .include");
	CHECK_HAS(read_text("= b"), "f:1: a key is expected");
	CHECK_HAS(read_text("{ a = b }"), "f:1: a key is expected");
	CHECK_HAS(read_text("}"), "f:1: a \"}\" that closes nothing");
	CHECK_HAS(read_text("a = b }"), "f:1: a \"}\" that closes nothing");
	CHECK_HAS(read_text("\ns {\n\na = b\n"), "f:2: this section is not closed");
	CHECK_HAS(read_text("s { t { } }"), "f:1: a section within a section");
	CHECK_HAS(read_text("a = [ [ b ] ]"), "f:1: a value is missing");
	CHECK_HAS(read_text("a = [\nb\n"), "f:1: this list is not closed");
	CHECK_HAS(read_text("\n/* a\n"), "f:2: this comment is not closed");
	CHECK_HAS(read_text("a = b\x01"), "f:1: a control character");
	CHECK_HAS(read_text("a = \"b\x7f\""), "f:1: a control character");
	CHECK_INT(e.kind, ERR_CONF);
}

static void nul_bytes(void)
{
	CHECK_HAS(read_n("a = b\0c", 7), "f:1: a control character");
	CHECK_HAS(read_n("a = \"\0\"", 7), "f:1: a control character");
	CHECK_HAS(read_n("\0", 1), "f:1: a key is expected");
	CHECK_HAS(read_n("a\0", 2), "f:1: a control character");
	CHECK_HAS(read_n("a = [\0]", 7), "f:1: a control character");
	CHECK_STR(read_n("# \0\na = b", 9), "2:.a=b;");
}

static void limits(void)
{
	static char text[2048];

	memset(text, 'k', 63);
	memcpy(text + 63, "=v", 3);
	CHECK_HAS(read_text(text), "1:.kkk");
	memset(text, 'k', 64);
	memcpy(text + 64, "=v", 3);
	CHECK_HAS(read_text(text), "f:1: this key is too long");
	memcpy(text, "k=", 2);
	memset(text + 2, 'v', 1023);
	text[2 + 1023] = '\0';
	CHECK_HAS(read_text(text), "1:.k=vvv");
	text[2 + 1023] = 'v';
	CHECK_HAS(read_text(text), "f:1: this value is too long");
}

static int refuse(void *arg, const struct conf_item *i, struct err *why)
{
	return i->index == 2 ? err_set(why, 0, "no %s", i->value) : 0;
}

static void callback_errors_get_a_place(void)
{
	const char *text = "x = [ a\n b\n c\n ]";

	memset(&e, 0, sizeof(e));
	CHECK_INT(conf_read(text, strlen(text), "f", refuse, NULL, &e), -1);
	CHECK_STR(e.text, "f:3: no c");
	CHECK_INT(e.kind, ERR_CONF);
}

int main(void)
{
	RUN(values_and_lines);
	RUN(sections);
	RUN(lists);
	RUN(comments);
	RUN(escapes);
	RUN(refused);
	RUN(nul_bytes);
	RUN(limits);
	RUN(callback_errors_get_a_place);
	buf_fini(&seen);
	return check_done();
}
