/*
 * probe_text: URLs, the question, and what an answer means.  Pure.
 *
 * What an answer means, and why:
 *
 *     204, or 200 with NetworkManager's words    the address itself answered
 *     3xx to another place, 511, any other 2xx   somebody answered in its place:
 *                                                who sends the way asked for, or
 *                                                a page, wants a person to see it
 *     3xx to the same host                       nothing is known: the address
 *                                                may insist on https by now
 *     1xx, 4xx, 5xx                              nothing is known: the address may
 *                                                have moved or be ill, and who
 *                                                wants a person to sign in does not
 *                                                show an error
 *     no HTTP, or nothing                        nobody answered
 *
 * Everything read is bounded by `len`; no text in it is trusted to end.
 */
#include <string.h>
#include <strings.h>

#include "guest/probe.h"

static const char online_words[] = "NetworkManager is online";

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-';
}

/* What may stand in a URL, without what a shell or a terminal could take amiss. */
static bool is_url_byte(char c)
{
	return c > 0x20 && c < 0x7f && strchr("\"'`\\<>^{|}", c) == NULL;
}

static size_t scheme_length(const char *text)
{
	if (strncasecmp(text, "http://", 7) == 0)
		return 7;
	return strncasecmp(text, "https://", 8) == 0 ? 8 : 0;
}

bool probe_url_shown(const char *text)
{
	size_t n = scheme_length(text);

	if (n == 0 || !is_host_byte(text[n]) || strlen(text) >= PROBE_URL_MAX)
		return false;
	while (is_url_byte(text[n]))
		n++;
	return text[n] == '\0';
}

bool probe_url_parse(const char *text, struct probe_url *u)
{
	size_t host, port = 0;
	uint64_t number;

	if (scheme_length(text) != 7 || !probe_url_shown(text))
		return false;
	text += 7;
	for (host = 0; is_host_byte(text[host]);)
		host++;
	str_format(u->host, sizeof(u->host), "%.*s", (int)host, text);
	text += host;
	str_copy(u->port, sizeof(u->port), "80");
	if (*text == ':') {
		port = strspn(++text, "0123456789");
		if (!str_format(u->port, sizeof(u->port), "%.*s", (int)port, text) ||
		    !str_u64(u->port, 1, 65535, &number))
			return false;
		text += port;
	}
	if (*text != '\0' && *text != '/' && *text != '?')
		return false;
	str_format(u->path, sizeof(u->path), "%s%.*s", *text == '/' ? "" : "/",
	    (int)strcspn(text, "#"), text);
	return true;
}

void probe_request(struct buf *b, const struct probe_url *u)
{
	bool usual = strcmp(u->port, "80") == 0;

	buf_addf(b,
	    "GET %s HTTP/1.1\r\n"
	    "Host: %s%s%s\r\n"
	    "User-Agent: airlock\r\n"
	    "Accept: */*\r\n"
	    "Connection: close\r\n"
	    "\r\n",
	    u->path, u->host, usual ? "" : ":", usual ? "" : u->port);
}

/* --- answers */

struct span {
	const char *data;
	size_t len;
};

/* Take a line off the front, without its end; false when no whole line is there. */
static bool take_line(struct span *from, struct span *line)
{
	const char *end = from->len > 0 ? memchr(from->data, '\n', from->len) : NULL;
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - from->data);
	*line = (struct span){from->data, n > 0 && end[-1] == '\r' ? n - 1 : n};
	from->data += n + 1;
	from->len -= n + 1;
	return true;
}

/* "HTTP/1.1 204 No Content" to 204; 0 for what is none. */
static int status_of(const struct span *line)
{
	const char *p = line->data;
	int code = 0;

	if (line->len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ' ||
	    (line->len > 12 && p[12] != ' '))
		return 0;
	for (int i = 9; i < 12; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		code = code * 10 + (p[i] - '0');
	}
	return code >= 100 ? code : 0;
}

/* The value of a header of that name, cut to fit; false when the line is another. */
static bool header_is(const struct span *line, const char *name, char *dst, size_t size)
{
	size_t n = strlen(name), end = line->len;

	if (line->len <= n || strncasecmp(line->data, name, n) != 0 || line->data[n] != ':')
		return false;
	for (n++; n < end && (line->data[n] == ' ' || line->data[n] == '\t');)
		n++;
	while (end > n && (line->data[end - 1] == ' ' || line->data[end - 1] == '\t'))
		end--;
	/* A NUL in it would end the text early: then it is not taken at all. */
	if (memchr(line->data + n, '\0', end - n) != NULL ||
	    !str_format(dst, size, "%.*s", (int)(end - n), line->data + n))
		dst[0] = '\0';
	return true;
}

struct answer {
	int status;
	bool headed;  /* all headers were read */
	bool online;  /* NetworkManager's header */
	bool chunked; /* the body's length comes in pieces */
	char location[PROBE_URL_MAX];
	struct span body;
};

static bool read_answer(struct span rest, struct answer *a)
{
	struct span line;
	char value[64];

	if (!take_line(&rest, &line))
		return false;
	a->status = status_of(&line);
	while (a->status != 0 && !a->headed && take_line(&rest, &line)) {
		if (line.len == 0)
			a->headed = true;
		else if (header_is(&line, "X-NetworkManager-Status", value, sizeof(value)))
			a->online = a->online || strcasecmp(value, "online") == 0;
		else if (header_is(&line, "Transfer-Encoding", value, sizeof(value)))
			a->chunked = strcasecmp(value, "chunked") == 0;
		else
			header_is(&line, "Location", a->location, sizeof(a->location));
	}
	if (a->headed && a->chunked && !take_line(&rest, &line))
		rest.len = 0;
	a->body = rest;
	return true;
}

static bool has_words(const struct answer *a)
{
	size_t n = sizeof(online_words) - 1;

	return a->headed && a->body.len >= n && memcmp(a->body.data, online_words, n) == 0;
}

/* Whether two URLs, the first one parsed before, name the same host. */
static bool same_host(const char *asked, const char *to)
{
	const char *host = to + scheme_length(to);
	struct probe_url u;
	size_t n;

	if (!probe_url_parse(asked, &u))
		return false;
	n = strlen(u.host);
	return strncasecmp(host, u.host, n) == 0 && strchr(":/?#", host[n]) != NULL;
}

static enum wire_internet judge_redirect(
    const char *asked, const struct answer *a, char portal[PROBE_URL_MAX])
{
	/* One that is too long or not to be shown: a browser is led there from the URL asked.
	 */
	if (!probe_url_shown(a->location)) {
		str_copy(portal, PROBE_URL_MAX, asked);
		return WIRE_INTERNET_SIGN_IN;
	}
	if (same_host(asked, a->location))
		return WIRE_INTERNET_UNKNOWN;
	str_copy(portal, PROBE_URL_MAX, a->location);
	return WIRE_INTERNET_SIGN_IN;
}

bool probe_judge(const char *asked, const void *data, size_t len, bool ended,
    enum wire_internet *result, char portal[PROBE_URL_MAX])
{
	struct answer a = {0};
	bool whole;

	portal[0] = '\0';
	*result = WIRE_INTERNET_UNREACHABLE;
	ended = ended || len >= PROBE_ANSWER_MAX;
	if (!read_answer((struct span){data, MIN(len, (size_t)PROBE_ANSWER_MAX)}, &a))
		return ended;
	if (a.status == 0)
		return true;
	whole = a.headed || ended;
	if (a.status == 204 || (a.status == 200 && (a.online || has_words(&a)))) {
		*result = WIRE_INTERNET_REACHABLE;
		return true;
	}
	if (a.status / 100 == 3) {
		*result = judge_redirect(asked, &a, portal);
		return whole;
	}
	if (a.status / 100 == 2 || a.status == 511) {
		*result = WIRE_INTERNET_SIGN_IN;
		str_copy(portal, PROBE_URL_MAX, asked);
		/* The words may come yet. */
		return ended || (a.headed && (a.status != 200 ||
						 a.body.len >= sizeof(online_words) - 1));
	}
	*result = WIRE_INTERNET_UNKNOWN;
	return true;
}
