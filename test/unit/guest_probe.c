/* guest_probe: the URL asked, the question, and what an answer means. */
#include "check.h"
#include "guest/lease.h"
#include "guest/probe.h"

static const char asked[] = "http://probe.example/nm";
static char portal[PROBE_URL_MAX];

/* The result of a whole answer. */
static enum wire_internet judged(const char *answer)
{
	enum wire_internet result;

	CHECK(probe_judge(asked, answer, strlen(answer), true, &result, portal));
	return result;
}

/* The bytes of an answer after which it was known; a result on the way must not change. */
static size_t known_after(const char *answer)
{
	enum wire_internet result, last;
	size_t len = strlen(answer), at = 0;
	char where[PROBE_URL_MAX];

	while (at < len && !probe_judge(asked, answer, at, false, &result, where))
		at++;
	CHECK(probe_judge(asked, answer, at, at == len, &result, where));
	last = judged(answer);
	CHECK_INT(result, last);
	CHECK_STR(where, portal);
	return at;
}

static void takes_urls_apart(void)
{
	struct probe_url u;

	CHECK(probe_url_parse("http://network-test.debian.org/nm", &u));
	CHECK_STR(u.host, "network-test.debian.org");
	CHECK_STR(u.port, "80");
	CHECK_STR(u.path, "/nm");
	CHECK(probe_url_parse("HTTP://10.0.0.1:8080?a=b#c", &u));
	CHECK_STR(u.host, "10.0.0.1");
	CHECK_STR(u.port, "8080");
	CHECK_STR(u.path, "/?a=b");
	CHECK(probe_url_parse("http://h", &u));
	CHECK_STR(u.path, "/");
}

static void refuses_other_urls(void)
{
	static const char *const bad[] = {"", "http://", "http:///x", "https://a/", "ftp://a/",
	    "http://a:0/", "http://a:65536/", "http://a:/", "http://a:123456/", "http://a b/",
	    "http://u@a/", "http://a/\r\nX: y", "http://[::1]/", "http://a/\"", "http://a/\\",
	    "http://a/\x7f", "http://a/\xc3\xa4", "http://a:80x/"};
	struct probe_url u;
	char longest[PROBE_URL_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (probe_url_parse(bad[i], &u))
			CHECK_FAIL("taken: %s", bad[i]);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "http://", 7);
	longest[PROBE_URL_MAX] = '\0';
	CHECK(!probe_url_parse(longest, &u));
	longest[PROBE_URL_MAX - 1] = '\0';
	CHECK(probe_url_parse(longest, &u));
	CHECK(probe_url_shown("https://portal.example/login?to=http%3A%2F%2Fx&a=1"));
	CHECK(!probe_url_shown("javascript:alert(1)"));
	CHECK(!probe_url_shown("https://a/ b"));
	CHECK(!probe_url_shown("https://a/\x1b[31m"));
}

static void asks_politely(void)
{
	struct probe_url u;
	struct buf b = {0};

	probe_url_parse("http://a.example:8080/x", &u);
	probe_request(&b, &u);
	CHECK_HAS(b.data, "GET /x HTTP/1.1\r\nHost: a.example:8080\r\nUser-Agent: airlock\r\n");
	CHECK_HAS(b.data, "Connection: close\r\n\r\n");
	buf_fini(&b);
}

static void knows_when_the_address_itself_answers(void)
{
	CHECK_INT(judged("HTTP/1.1 204 No Content\r\n\r\n"), WIRE_INTERNET_REACHABLE);
	CHECK_INT(judged("HTTP/1.0 204\r\n\r\n"), WIRE_INTERNET_REACHABLE);
	CHECK_INT(judged("HTTP/1.1 200 OK\r\nx-networkmanager-status:online \r\n\r\n"),
	    WIRE_INTERNET_REACHABLE);
	CHECK_INT(judged("HTTP/1.1 200 OK\r\n\r\nNetworkManager is online\n"),
	    WIRE_INTERNET_REACHABLE);
	CHECK_INT(judged("HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n"
			 "19\r\nNetworkManager is online\n\r\n0\r\n\r\n"),
	    WIRE_INTERNET_REACHABLE);
	CHECK_STR(portal, "");
	CHECK_INT(known_after("HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"), 25);
}

static void knows_who_wants_a_sign_in(void)
{
	CHECK_INT(
	    judged("HTTP/1.1 302 Found\r\nLocation: https://portal.example/in?x=1\r\n\r\n"),
	    WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, "https://portal.example/in?x=1");
	CHECK_INT(judged("HTTP/1.1 200 OK\r\n\r\n<html>Welcome! Pay here</html>"),
	    WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, asked);
	CHECK_INT(judged("HTTP/1.1 511 Network Authentication Required\r\n\r\n"),
	    WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, asked);
	CHECK_INT(judged("HTTP/1.1 200 OK\r\n\r\n"), WIRE_INTERNET_SIGN_IN);
	CHECK_INT(
	    known_after("HTTP/1.1 307 x\r\nA: b\r\nlocation: http://p/\r\n\r\nlong page"), 45);
	known_after("HTTP/1.1 200 OK\r\nA: b\r\n\r\n<html>a page of more bytes than needed");
}

static void a_redirect_that_must_not_be_shown_is_not(void)
{
	char answer[400];

	CHECK_INT(judged("HTTP/1.1 302 Found\r\nLocation: javascript:alert(1)\r\n\r\n"),
	    WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, asked);
	CHECK_INT(judged("HTTP/1.1 302 Found\r\nLocation: http://a/\x1b]0;x\x07\r\n\r\n"),
	    WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, asked);
	CHECK_INT(judged("HTTP/1.1 302 Found\r\n\r\n"), WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, asked);
	str_format(answer, sizeof(answer),
	    "HTTP/1.1 302 Found\r\nLocation: http://a/%0200d\r\n\r\n", 7);
	CHECK_INT(judged(answer), WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, asked);
}

static void knows_when_nothing_is_known(void)
{
	CHECK_INT(judged("HTTP/1.1 301 Moved\r\nLocation: https://PROBE.example/nm\r\n\r\n"),
	    WIRE_INTERNET_UNKNOWN);
	CHECK_INT(judged("HTTP/1.1 301 Moved\r\nLocation: https://probe.example\r\n\r\n"),
	    WIRE_INTERNET_UNKNOWN);
	CHECK_INT(judged("HTTP/1.1 301 Moved\r\nLocation: https://probe.example.evil/\r\n\r\n"),
	    WIRE_INTERNET_SIGN_IN);
	CHECK_INT(judged("HTTP/1.1 404 Not Found\r\n\r\n"), WIRE_INTERNET_UNKNOWN);
	CHECK_INT(judged("HTTP/1.1 503 Busy\r\n\r\n"), WIRE_INTERNET_UNKNOWN);
	CHECK_STR(portal, "");
}

static void knows_when_nobody_answers(void)
{
	static char flood[PROBE_ANSWER_MAX + 10];
	enum wire_internet result;

	CHECK_INT(judged(""), WIRE_INTERNET_UNREACHABLE);
	CHECK_INT(judged("HTTP/1.1 20"), WIRE_INTERNET_UNREACHABLE);
	CHECK_INT(judged("SSH-2.0-x\r\n"), WIRE_INTERNET_UNREACHABLE);
	CHECK_INT(judged("HTTP/1.1 2x4 y\r\n\r\n"), WIRE_INTERNET_UNREACHABLE);
	CHECK_INT(judged("HTTP/1.1 2044 y\r\n\r\n"), WIRE_INTERNET_UNREACHABLE);
	memset(flood, 'x', sizeof(flood));
	CHECK(!probe_judge(asked, flood, PROBE_ANSWER_MAX - 1, false, &result, portal));
	CHECK(probe_judge(asked, flood, sizeof(flood), false, &result, portal));
	CHECK_INT(result, WIRE_INTERNET_UNREACHABLE);
	/* Headers without an end say as much as was read of them. */
	memcpy(flood, "HTTP/1.1 302 F\r\nLocation: http://p.example/\r\nX: ", 49);
	CHECK(probe_judge(asked, flood, sizeof(flood), false, &result, portal));
	CHECK_INT(result, WIRE_INTERNET_SIGN_IN);
	CHECK_STR(portal, "http://p.example/");
}

static void the_same_lease_is_no_reason_to_ask(void)
{
	struct lease a = {.address = 1, .gateway = 2, .dns = {3}, .seconds = 10}, b = a;

	b.seconds = 20;
	CHECK(lease_same(&a, &b));
	b.dns[1] = 4;
	CHECK(!lease_same(&a, &b));
}

int main(void)
{
	RUN(takes_urls_apart);
	RUN(refuses_other_urls);
	RUN(asks_politely);
	RUN(knows_when_the_address_itself_answers);
	RUN(knows_who_wants_a_sign_in);
	RUN(a_redirect_that_must_not_be_shown_is_not);
	RUN(knows_when_nothing_is_known);
	RUN(knows_when_nobody_answers);
	RUN(the_same_lease_is_no_reason_to_ask);
	return check_done();
}
