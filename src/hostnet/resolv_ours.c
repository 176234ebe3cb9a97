/*
 * resolv_ours: the /etc/resolv.conf that airlock writes.
 *
 * One heading, then two lines a machine: a comment with its interface and the
 * directory where it noted what the file was before, and its name server.  The
 * machines are in the order in which they came, so the first is asked first, as
 * the first of their default routes is taken first.
 *
 * Pure.  A text counts as ours only when it is, to the byte, what would be
 * written for what was read from it: whoever edited it has made it his.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnet/resolv_conf.h"

#define HEADING "# By airlock, as long as its router is the way out; the original comes back.\n"

void resolv_ours_write(const struct resolv_ours *o, struct buf *b)
{
	char ip[HOSTNET_IP_TEXT];

	buf_addf(b, "%s", HEADING);
	for (size_t i = 0; i < o->count; i++)
		buf_addf(b, "# %s %s\nnameserver %s\n", o->entry[i].interface,
		    o->entry[i].state, hostnet_ip(ip, o->entry[i].router));
}

/* Two lines from text on; where the next begin, or NULL. */
static const char *read_entry(struct resolv_entry *to, const char *text)
{
	const char *second = strchr(text, '\n'), *end = NULL;
	char ip[HOSTNET_IP_TEXT];
	struct in_addr in;

	if (second != NULL)
		end = strchr(second + 1, '\n');
	if (end == NULL || sscanf(text, "# %15s %255[^\n]", to->interface, to->state) != 2 ||
	    sscanf(second + 1, "nameserver %15s", ip) != 1 || inet_pton(AF_INET, ip, &in) != 1)
		return NULL;
	to->router = ntohl(in.s_addr);
	return end + 1;
}

bool resolv_ours_read(struct resolv_ours *o, const struct resolv_conf *now)
{
	const char *at = now->text.data;
	struct buf again = {0};
	bool same;

	memset(o, 0, sizeof(*o));
	if (now->kind != RESOLV_FILE || strncmp(at, HEADING, strlen(HEADING)) != 0)
		return false;
	for (at += strlen(HEADING); *at != '\0' && o->count < RESOLV_MACHINES; o->count++) {
		at = read_entry(&o->entry[o->count], at);
		if (at == NULL)
			break;
	}
	resolv_ours_write(o, &again);
	same = o->count > 0 && again.len == now->text.len &&
	       memcmp(again.data, now->text.data, again.len) == 0;
	buf_fini(&again);
	if (!same)
		o->count = 0;
	return same;
}

bool resolv_ours_put(
    struct resolv_ours *o, const char *interface, const char *state, uint32_t router)
{
	size_t i = 0;

	while (i < o->count && strcmp(o->entry[i].interface, interface) != 0)
		i++;
	if (i == RESOLV_MACHINES)
		return false;
	str_copy(o->entry[i].interface, sizeof(o->entry[i].interface), interface);
	o->entry[i].router = router;
	o->count = MAX(o->count, i + 1);
	return str_copy(o->entry[i].state, sizeof(o->entry[i].state), state);
}

static bool has_line(const struct buf *text, const char *line, size_t len)
{
	const char *at = text->data;

	while (at != NULL) {
		if (strncmp(at, line, len) == 0 && at[len] == '\n')
			return true;
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return false;
}

bool resolv_ours_strip(const struct resolv_ours *last, struct resolv_conf *c)
{
	struct buf lines = {0}, rest = {0};
	const char *at = c->text.data;

	if (c->kind != RESOLV_FILE || !has_line(&c->text, HEADING, strlen(HEADING) - 1))
		return false;
	resolv_ours_write(last, &lines);
	buf_add(&rest, "", 0);
	while (*at != '\0') {
		size_t len = strcspn(at, "\n"), with = len + (at[len] == '\n');

		if (!has_line(&lines, at, len))
			buf_add(&rest, at, with);
		at += with;
	}
	buf_fini(&lines);
	buf_fini(&c->text);
	c->text = rest;
	return true;
}

void resolv_ours_drop(struct resolv_ours *o, size_t i)
{
	o->count--;
	memmove(&o->entry[i], &o->entry[i + 1], (o->count - i) * sizeof(o->entry[0]));
}
