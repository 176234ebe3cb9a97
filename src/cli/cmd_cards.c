/*
 * cards: the network cards of this host, printed.
 */
#include <stdio.h>

#include "cli/cardlist.h"
#include "cli/cli.h"

static void print_cards(struct cli *c, const struct cardlist *s)
{
	struct buf out = {0};
	size_t count = 0;

	for (size_t i = 0; i < s->pci.count; i++) {
		if (!cardlist_is_network(&s->pci.devices[i]))
			continue;
		if (count++ > 0)
			buf_addf(&out, "\n");
		cardlist_text(s, &s->pci.devices[i], cli_bold(c), cli_plain(c), &out);
	}
	if (count == 0)
		printf("there is no network card on the PCI bus of this host\n");
	else
		fputs(out.data, stdout);
	buf_fini(&out);
}

int cmd_cards(struct cli *c, int argc, char **argv)
{
	bool json = c->json;
	const struct cli_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("cards", argc, argv, options);
	struct probe host;
	struct cardlist s;
	struct err e = {0};
	char *text;

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("cards");
	probe_host(&host);
	if (cardlist_init(&s, &host, &e) < 0)
		return cli_fail(&e);
	if (json) {
		text = cardlist_json(&s);
		puts(text != NULL ? text : "[]");
		free(text);
	} else {
		print_cards(c, &s);
	}
	cardlist_fini(&s);
	return 0;
}
