/*
 * file: a wpa_supplicant.conf(5), read so that it can be edited.  Pure.
 *
 * It is the user's file: comments, settings and blocks that mean nothing to us
 * stay byte for byte.  So it is not turned into anything; what is found are the
 * places of its network blocks, and what they say of interest.  Lines are taken
 * as the supplicant takes them: spaces around them do not count, `#` begins a
 * comment outside of quotes, a block begins with `name={` and ends with `}`,
 * each on a line of its own.
 *
 * What the supplicant would refuse for its form is refused here, with its line:
 * nobody knows where such a file's networks begin and end.
 */
#include <stdio.h>
#include <string.h>

#include "station/internal.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *find_last(const char *text, char c, size_t len)
{
	return len > 0 ? memrchr(text, c, len) : NULL;
}

bool station_line_next(const struct station_file *f, size_t *at, struct station_line *out)
{
	const char *p = f->text + *at, *end = f->text + f->len, *newline, *quote, *comment;

	if (*at >= f->len)
		return false;
	newline = memchr(p, '\n', (size_t)(end - p));
	end = newline != NULL ? newline + 1 : end;
	*out = (struct station_line){.start = *at, .end = (size_t)(end - f->text)};
	*at = out->end;
	while (p < end && is_blank(*p))
		p++;
	out->text = p;
	if (p == end || *p == '#')
		return true;
	/* A comment cannot begin before the last quote. */
	quote = memchr(p, '"', (size_t)(end - p));
	if (quote != NULL)
		quote = find_last(quote + 1, '"', (size_t)(end - quote - 1));
	quote = quote != NULL ? quote : p;
	comment = memchr(quote, '#', (size_t)(end - quote));
	end = comment != NULL ? comment : end;
	while (end > p && is_blank(end[-1]))
		end--;
	out->len = (size_t)(end - p);
	return true;
}

const char *station_line_value(const struct station_line *l, const char *key, size_t *len)
{
	size_t n = strlen(key);

	if (l->len <= n || memcmp(l->text, key, n) != 0 || l->text[n] != '=')
		return NULL;
	*len = l->len - n - 1;
	return l->text + n + 1;
}

/* "text", P"text" with escapes, or hexadecimal. */
static bool read_ssid(const char *value, size_t len, struct station_ssid *out)
{
	char hex[2 * STATION_SSID_MAX + 1];
	ssize_t n;

	if (len >= 3 && value[0] == 'P' && value[1] == '"' && value[len - 1] == '"')
		return station_unescape(value + 2, len - 3, out) && out->len > 0;
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		if (len - 2 > STATION_SSID_MAX || len == 2)
			return false;
		out->len = (uint8_t)(len - 2);
		memcpy(out->bytes, value + 1, out->len);
		return true;
	}
	if (len >= sizeof(hex))
		return false;
	memcpy(hex, value, len);
	hex[len] = '\0';
	n = str_unhex(out->bytes, sizeof(out->bytes), hex);
	out->len = n > 0 ? (uint8_t)n : 0;
	return n > 0;
}

/* What a block says about its protection; settings may come in any order. */
struct protection {
	bool given, psk, sae, eap, owe, none; /* by key_mgmt */
	bool has_eap, has_password, has_wep;
};

static void read_key_mgmt(struct protection *p, const char *value, size_t len)
{
	const char *end = value + len;

	p->given = true;
	while (value < end) {
		size_t n = 0;

		while (value + n < end && !is_blank(value[n]))
			n++;
		p->psk = p->psk || memmem(value, n, "PSK", 3) != NULL;
		p->sae = p->sae || memmem(value, n, "SAE", 3) != NULL;
		p->owe = p->owe || (n == 3 && memcmp(value, "OWE", 3) == 0);
		p->none = p->none || (n == 4 && memcmp(value, "NONE", 4) == 0);
		p->eap = p->eap || memmem(value, n, "EAP", 3) != NULL ||
			 memmem(value, n, "8021X", 5) != NULL;
		value += n;
		while (value < end && is_blank(*value))
			value++;
	}
}

static enum station_security protection_of(const struct protection *p)
{
	if (!p->given) /* the supplicant's own default is WPA-PSK WPA-EAP */
		return p->has_eap ? STATION_EAP : STATION_WPA2;
	if (p->psk || p->sae)
		return !p->sae ? STATION_WPA2 : p->psk ? STATION_TRANSITION : STATION_WPA3;
	if (p->eap)
		return STATION_EAP;
	if (p->owe)
		return STATION_OWE;
	return p->has_wep ? STATION_WEP : STATION_OPEN;
}

static void read_setting(
    struct station_block *b, struct protection *p, const struct station_line *l)
{
	const char *value;
	char number[12];
	size_t len;

	if ((value = station_line_value(l, "ssid", &len)) != NULL)
		b->has_ssid = read_ssid(value, len, &b->ssid);
	else if ((value = station_line_value(l, "key_mgmt", &len)) != NULL)
		read_key_mgmt(p, value, len);
	else if (station_line_value(l, "eap", &len) != NULL)
		p->has_eap = true;
	else if (station_line_value(l, "wep_key0", &len) != NULL)
		p->has_wep = true;
	else if ((value = station_line_value(l, "priority", &len)) != NULL) {
		str_format(number, sizeof(number), "%.*s", (int)MIN(len, (size_t)11), value);
		b->priority = (int)strtol(number, NULL, 10);
	} else if ((value = station_line_value(l, "disabled", &len)) != NULL)
		b->disabled = len == 1 && value[0] == '1';
}

static int refuse(const char *name, unsigned line, const char *what, struct err *e)
{
	err_set(e, 0, "%s:%u: %s", name, line, what);
	return err_is(e, ERR_CONF);
}

static bool is_text(const struct station_line *l, const char *text)
{
	return l->len == strlen(text) && memcmp(l->text, text, l->len) == 0;
}

/* "network={", "cred={", "blob-base64-name={". */
static bool opens(const struct station_line *l)
{
	return l->len > 2 && memcmp(l->text + l->len - 2, "={", 2) == 0;
}

struct reader {
	struct station_file *f;
	const char *name;
	unsigned line;
	size_t at;
};

/* From the line after its first to the `}` of a block; b is NULL for one of another kind. */
static int read_block(struct reader *r, struct station_block *b, bool blob, struct err *e)
{
	struct protection protection = {0};
	unsigned first = r->line;
	struct station_line l;
	char text[96];

	while (station_line_next(r->f, &r->at, &l)) {
		r->line++;
		if (is_text(&l, "}")) {
			if (b == NULL)
				return 0;
			b->end = l.end;
			b->security = protection_of(&protection);
			return 0;
		}
		if (opens(&l)) {
			str_format(text, sizeof(text),
			    "a block begins within the one of line %u, which is not closed",
			    first);
			return refuse(r->name, r->line, text, e);
		}
		if (l.len > 0 && !blob && memchr(l.text, '=', l.len) == NULL)
			return refuse(r->name, r->line, "this is no setting (key=value)", e);
		if (b != NULL)
			read_setting(b, &protection, &l);
	}
	return refuse(r->name, first, "this block is not closed: its } is missing", e);
}

static struct station_block *new_block(struct station_file *f)
{
	if ((f->blocks & (f->blocks - 1)) == 0) {
		size_t room = f->blocks > 0 ? 2 * f->blocks : 1;
		struct station_block *more = realloc(f->block, room * sizeof(*more));

		if (more == NULL)
			abort();
		f->block = more;
	}
	f->block[f->blocks] = (struct station_block){0};
	return &f->block[f->blocks++];
}

static int read_lines(struct reader *r, struct err *e)
{
	struct station_line l;

	while (station_line_next(r->f, &r->at, &l)) {
		struct station_block *b = NULL;

		r->line++;
		if (l.len == 0)
			continue;
		if (is_text(&l, "network={")) {
			b = new_block(r->f);
			b->start = l.start;
			b->line = r->line;
		}
		if (opens(&l)) {
			bool blob = l.len > 5 && memcmp(l.text, "blob-", 5) == 0;

			if (read_block(r, b, blob, e) < 0)
				return -1;
		} else if (is_text(&l, "}")) {
			return refuse(r->name, r->line, "this } closes nothing", e);
		} else if (memchr(l.text, '=', l.len) == NULL) {
			return refuse(r->name, r->line, "this is no setting (key=value)", e);
		}
	}
	return 0;
}

int station_file_read(
    struct station_file *f, const char *text, size_t len, const char *name, struct err *e)
{
	const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;
	struct reader r = {.f = f, .name = name};
	unsigned line = 1;

	*f = (struct station_file){.text = malloc(len + 1), .len = len};
	if (f->text == NULL)
		abort();
	memcpy(f->text, text, len);
	f->text[len] = '\0';
	if (nul != NULL) {
		for (const char *p = text; p < nul; p++)
			line += *p == '\n';
		station_file_fini(f);
		return refuse(name, line, "there is a zero byte in it: this is no text", e);
	}
	if (read_lines(&r, e) == 0)
		return 0;
	station_file_fini(f);
	return -1;
}

void station_file_fini(struct station_file *f)
{
	if (f->text != NULL)
		explicit_bzero(f->text, f->len);
	free(f->text);
	free(f->block);
	*f = (struct station_file){0};
}

const struct station_block *station_file_find(
    const struct station_file *f, const struct station_ssid *ssid, size_t from)
{
	for (size_t i = 0; i < f->blocks; i++)
		if (f->block[i].start >= from && f->block[i].has_ssid &&
		    station_ssid_same(&f->block[i].ssid, ssid))
			return &f->block[i];
	return NULL;
}
