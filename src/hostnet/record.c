/*
 * record: an operation as a line of the journal.
 *
 *     KIND INTERFACE NET/PREFIX ROUTER MAC SERVICES CHECKSUM
 *
 * A line is believed when writing what was read of it gives the same bytes,
 * checksum included: so whatever is torn, damaged or not canonical is skipped
 * without a list of what can be wrong.  What is read must also be something
 * that airlock could have done.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hostnet/internal.h"

const char *const hostnet_kinds[HOSTNET_KINDS] = {
    [HOSTNET_TAP] = "tap",
    [HOSTNET_QUIET] = "quiet",
    [HOSTNET_FILTER] = "filter",
    [HOSTNET_ADDRESS] = "address",
    [HOSTNET_UP] = "up",
    [HOSTNET_ROUTE] = "route",
    [HOSTNET_RESOLVER] = "resolver",
};
static_assert(HOSTNET_RESOLVER + 1 == HOSTNET_KINDS, "a word for each kind");

/* FNV-1a, 32 bits: against tearing and decay, not against malice. */
static uint32_t checksum(const char *text, size_t len)
{
	uint32_t sum = UINT32_C(2166136261);

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)text[i]) * UINT32_C(16777619);
	return sum;
}

void hostnet_record_add(struct buf *b, const struct hostnet_op *op)
{
	char net[HOSTNET_IP_TEXT], router[HOSTNET_IP_TEXT], mac[18];
	size_t start = b->len;

	buf_addf(b, "%s %s %s/%u %s %s ", hostnet_kinds[op->kind], op->interface,
	    hostnet_ip(net, op->net.address), op->net.prefix, hostnet_ip(router, op->router),
	    hostnet_mac(mac, op->router_mac));
	for (uint32_t i = 0; i < op->open_count; i++)
		buf_addf(b, "%s%s:%u", i > 0 ? "," : "", hostnet_protocol(op->open[i].protocol),
		    op->open[i].port);
	if (op->open_count == 0)
		buf_addf(b, "-");
	buf_addf(b, " %08" PRIx32 "\n", checksum(b->data + start, b->len - start));
}

static bool parse_ip(const char *text, uint32_t *address)
{
	unsigned a, b, c, d;

	if (sscanf(text, "%3u.%3u.%3u.%3u", &a, &b, &c, &d) != 4)
		return false;
	*address = a << 24 | b << 16 | c << 8 | d;
	return true;
}

static bool parse_open(const char *text, struct hostnet_op *op)
{
	char protocol[4];
	unsigned port;
	int used;

	if (strcmp(text, "-") == 0)
		return true;
	for (; *text != '\0'; text += used + (text[used] == ',')) {
		if (op->open_count == HOSTNET_OPEN_MAX ||
		    sscanf(text, "%3[a-z]:%5u%n", protocol, &port, &used) != 2)
			return false;
		op->open[op->open_count].protocol = strcmp(protocol, "udp") == 0 ? 17 : 6;
		op->open[op->open_count++].port = (uint16_t)port;
	}
	return true;
}

/* One line without its newline, as what it says if it says something. */
static bool parse_line(const char *line, struct hostnet_op *op)
{
	char kind[12], net[HOSTNET_IP_TEXT], router[HOSTNET_IP_TEXT], open[512];
	unsigned prefix, mac[6];

	memset(op, 0, sizeof(*op));
	if (sscanf(line, "%11s %15s %15[0-9.]/%2u %15s %2x:%2x:%2x:%2x:%2x:%2x %511s", kind,
		op->interface, net, &prefix, router, &mac[0], &mac[1], &mac[2], &mac[3],
		&mac[4], &mac[5], open) != 12)
		return false;
	while (op->kind < HOSTNET_KINDS && strcmp(hostnet_kinds[op->kind], kind) != 0)
		op->kind++;
	for (size_t i = 0; i < ARRAY_LEN(mac); i++)
		op->router_mac[i] = (uint8_t)mac[i];
	op->net.prefix = (uint8_t)prefix;
	return parse_ip(net, &op->net.address) && parse_ip(router, &op->router) &&
	       parse_open(open, op);
}

static bool read_line(const char *text, size_t len, struct hostnet_op *op)
{
	char line[HOSTNET_RECORD_MAX];
	struct buf again = {0};
	bool good;

	if (len >= sizeof(line))
		return false;
	memcpy(line, text, len);
	line[len] = '\0';
	if (!parse_line(line, op) || hostnet_allowed(op, op->interface, NULL, NULL) < 0)
		return false;
	hostnet_record_add(&again, op);
	good = again.len == len + 1 && memcmp(again.data, text, len) == 0;
	buf_fini(&again);
	return good;
}

size_t hostnet_records(
    const char *text, size_t len, struct hostnet_op *ops, size_t max, size_t *damaged)
{
	size_t count = 0;

	*damaged = 0;
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline != NULL ? (size_t)(newline - text) : len;
		struct hostnet_op op;

		/* Without its newline a record may have lost more than that. */
		if (newline != NULL && count < max && read_line(text, line, &op))
			ops[count++] = op;
		else
			++*damaged;
		line += newline != NULL;
		text += line;
		len -= line;
	}
	return count;
}
