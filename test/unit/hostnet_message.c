/*
 * hostnet_message: FreeBSD's routing messages against bytes as its kernel lays them out:
 * some by hand, and two lists that a FreeBSD 15.1 gave (in the fuzzer's corpus).
 */
#include "check.h"
#include "hostnet/bsd.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static uint8_t bytes[4096];
static size_t len;
static struct bsd_route got[8];
static size_t count;
static struct err e;

static int keep(void *arg, const struct bsd_route *r)
{
	if (count == ARRAY_LEN(got))
		return 7;
	got[count++] = *r;
	return 0;
}

static int parse(void)
{
	count = 0;
	e = (struct err){0};
	return bsd_routes(bytes, len, keep, NULL, &e);
}

/* Append hexadecimal text; blanks are for the reader. */
static void hex(const char *text)
{
	unsigned byte;
	int used;

	while (sscanf(text, " %2x%n", &byte, &used) == 1) {
		bytes[len++] = (uint8_t)byte;
		text += used;
	}
}

static void zeros(size_t n)
{
	memset(bytes + len, 0, n);
	len += n;
}

/* A head: length, type, interface, flags, which addresses. */
static void head(const char *length, const char *type, const char *index, const char *flags,
    const char *which)
{
	hex(length);
	hex("05");
	hex(type);
	hex(index);
	hex("0000");
	hex(flags);
	hex(which);
	zeros(152 - 16);
}

/* default 192.168.1.1 em0; 192.168.1.0/24 on em0; 192.168.1.9 (the host's own) on lo0. */
static void usual(void)
{
	len = 0;
	/* GATEWAY | UP | STATIC; DST GATEWAY NETMASK IFP IFA: 152 + 16 + 16 + 16 + 56 + 16 */
	head("1001", "04", "0100", "03080000", "37000000");
	hex("1002 0000 00000000 00000000 00000000");
	hex("1002 0000 c0a80101 00000000 00000000");
	hex("1002 0000 00000000 00000000 00000000");
	hex("3612 0100 06030600 656d30 020000000001");
	zeros(56 - 17);
	hex("1002 0000 c0a80109 00000000 00000000");
	head("e800", "04", "0100", "01001000", "07000000");
	hex("1002 0000 c0a80100 00000000 00000000");
	hex("3612 0100 06000000");
	zeros(48);
	/* Cut off after the last byte that is not 0, as FreeBSD 13 does. */
	hex("0702 0000 ffffff00");
	head("b800", "04", "0200", "05002000", "03000000");
	hex("1002 0000 c0a80109 00000000 00000000");
	hex("0a12 0200 18000000 0000 000000000000");
}

static void a_dump_is_taken_apart(void)
{
	usual();
	CHECK_INT(len, 272 + 232 + 184);
	CHECK_INT(parse(), 0);
	CHECK_INT(count, 3);
	CHECK_INT(got[0].to.prefix, 0);
	CHECK_INT(got[0].to.address, 0);
	CHECK_INT(got[0].gateway, IP(192, 168, 1, 1));
	CHECK_INT(got[0].index, 1);
	CHECK_INT(got[0].flags, BSD_UP | BSD_GATEWAY | BSD_STATIC);
	CHECK_INT(got[1].to.address, IP(192, 168, 1, 0));
	CHECK_INT(got[1].to.prefix, 24);
	CHECK_INT(got[1].gateway, 0);
	CHECK_INT(got[2].to.prefix, 32);
	CHECK_INT(got[2].index, 2);
	CHECK((got[2].flags & BSD_LOCAL) != 0);
}

/* The mask of a default route has length 0 there, and takes eight bytes all the same. */
static void an_empty_mask_is_a_default_route(void)
{
	len = 0;
	head("c000", "04", "0300", "03080000", "07000000");
	hex("1002 0000 00000000 00000000 00000000");
	hex("1002 0000 0a000001 00000000 00000000");
	hex("0000000000000000");
	CHECK_INT(len, 192);
	CHECK_INT(parse(), 0);
	CHECK_INT(count, 1);
	CHECK_INT(got[0].to.prefix, 0);
	CHECK_INT(got[0].gateway, IP(10, 0, 0, 1));
}

/* Of IPv6 only default routes are told. */
static void ipv6(void)
{
	for (int other = 0; other < 2; other++) {
		len = 0;
		head("0000", "04", "0400", "03080000", "07000000");
		for (int i = 0; i < 3; i++) {
			hex("1c1c 0000 00000000");
			zeros(24);
		}
		bytes[0] = (uint8_t)len;
		bytes[152 + 8] = other ? 0x20 : 0;
		bytes[152 + 64 + 8] = other ? 0xff : 0;
		CHECK_INT(parse(), 0);
		CHECK_INT(count, other ? 0 : 1);
		CHECK_INT(got[0].family, BSD_FAMILY_IN6);
		CHECK_INT(got[0].index, 4);
	}
}

/* What a listener stops with is what is returned. */
static void a_listener_stops(void)
{
	usual();
	for (size_t i = 0; i < 3; i++) {
		memcpy(bytes + len, bytes, 272 + 232 + 184);
		len += 688;
	}
	CHECK_INT(parse(), 7);
	CHECK_INT(e.kind, 0);
}

static void other_messages_are_passed_over(void)
{
	len = 0;
	hex("0800 050e 0000 0000");
	CHECK_INT(parse(), 0);
	CHECK_INT(count, 0);
}

static void torn_bytes_are_an_error(void)
{
	usual();
	for (size_t whole = len; len > 0; len--) {
		int r = parse();
		bool edge = len == whole || len == 272 || len == 272 + 232;

		CHECK_INT(r, edge ? 0 : -1);
		CHECK_INT(e.kind, edge ? 0 : ERR_FAILED);
	}
	usual();
	bytes[2] = 6; /* another version */
	CHECK_INT(parse(), -1);
	usual();
	bytes[152] = 200; /* an address that reaches beyond its message */
	CHECK_INT(parse(), -1);
	usual();
	memset(bytes + 12, 0xff, 4); /* more addresses than there are */
	CHECK_INT(parse(), -1);
	usual();
	bytes[0] = bytes[1] = 0;
	CHECK_INT(parse(), -1);
}

static void expect(uint8_t type, const struct bsd_route *r)
{
	uint8_t m[BSD_MESSAGE_MAX];
	size_t n = bsd_message(m, type, 3, r);

	CHECK_INT(n, len);
	for (size_t i = 0; i < MIN(n, len); i++)
		if (m[i] != bytes[i])
			CHECK_FAIL("byte %zu is %02x, not %02x", i, m[i], bytes[i]);
}

static void messages_are_made(void)
{
	struct bsd_route r = {.family = BSD_FAMILY_INET,
	    .gateway = IP(10, 0, 0, 1),
	    .index = 0x105,
	    .flags = BSD_STATIC | BSD_LOCAL};

	len = 0;
	/* UP | GATEWAY | STATIC; DST GATEWAY NETMASK IFP; sequence number 3 */
	hex("0001 0501 0501 0000 03080000 17000000 00000000 03000000");
	zeros(152 - 24);
	hex("1002 0000 00000000 00000000 00000000");
	hex("1002 0000 0a000001 00000000 00000000");
	hex("1002 0000 00000000 00000000 00000000");
	hex("3612 0501");
	zeros(52);
	expect(BSD_ADD, &r);
	/* And taken apart again: an addition is no part of a dump, so it plays one. */
	bytes[3] = BSD_GET;
	CHECK_INT(parse(), 0);
	CHECK_INT(count, 1);
	CHECK_INT(got[0].gateway, r.gateway);

	r = (struct bsd_route){.family = BSD_FAMILY_INET, .index = 2};
	len = 0;
	hex("2801 0502 0200 0000 01000000 17000000 00000000 03000000");
	zeros(152 - 24);
	hex("1002 0000 00000000 00000000 00000000");
	hex("3612 0200");
	zeros(52);
	hex("1002 0000 00000000 00000000 00000000");
	hex("3612 0200");
	zeros(52);
	expect(BSD_DELETE, &r);
}

static void record(const char *name)
{
	char path[512];
	char *text;

	str_format(path, sizeof(path), "%s/%s", HOSTNET_RECORDED, name);
	text = file_read(path, sizeof(bytes), &len, &e);
	CHECK(text != NULL);
	if (text != NULL)
		memcpy(bytes, text, len);
	free(text);
}

/* A host with a wire (1), loopback (2) and a tunnel (3), as `netstat -rn` showed it. */
static void a_recorded_list(void)
{
	static const struct {
		uint32_t to;
		uint8_t prefix;
		uint32_t gateway;
		unsigned index;
	} want[] = {
	    {0, 0, IP(192, 168, 1, 1), 1},
	    {IP(10, 9, 0, 1), 32, 0, 2},
	    {IP(10, 9, 0, 2), 32, 0, 3},
	    {IP(10, 20, 0, 0), 16, 0, 3},
	    {IP(127, 0, 0, 1), 32, 0, 2},
	    {IP(172, 16, 0, 0), 12, IP(192, 168, 1, 2), 1},
	    {IP(192, 168, 1, 0), 24, 0, 1},
	    {IP(192, 168, 1, 9), 32, 0, 2},
	};

	record("freebsd-15.1-inet");
	CHECK_INT(parse(), 0);
	CHECK_INT(count, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		CHECK_INT(got[i].to.address, want[i].to);
		CHECK_INT(got[i].to.prefix, want[i].prefix);
		CHECK_INT(got[i].gateway, want[i].gateway);
		CHECK_INT(got[i].index, want[i].index);
	}
	CHECK_INT(
	    got[0].flags & (BSD_GATEWAY | BSD_STATIC | BSD_HOST), BSD_GATEWAY | BSD_STATIC);
	CHECK((got[1].flags & BSD_HOST) != 0);

	record("freebsd-15.1-inet6");
	CHECK_INT(parse(), 0);
	CHECK_INT(count, 1);
	CHECK_INT(got[0].family, BSD_FAMILY_IN6);
	CHECK_INT(got[0].index, 1);
}

int main(void)
{
	RUN(a_recorded_list);
	RUN(a_dump_is_taken_apart);
	RUN(an_empty_mask_is_a_default_route);
	RUN(ipv6);
	RUN(a_listener_stops);
	RUN(other_messages_are_passed_over);
	RUN(torn_bytes_are_an_error);
	RUN(messages_are_made);
	return check_done();
}
