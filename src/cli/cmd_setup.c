/*
 * setup: a host made ready for the router, by question and answer.
 *
 * Which card, what will change, shall it be done: each is asked on a terminal only, and
 * has an option for everybody else.  The present driver keeps the card until
 * `airlock start`, so nobody loses a network by this.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cardlist.h"
#include "cli/cli.h"
#include "cli/setup.h"
#include "image/image.h"

struct request {
	struct cli *c;
	bool dry, yes, undo, import;
	const char *radio;
	struct probe host;
	struct cardlist cards;
	struct setup setup;
};

/* A line of the terminal; false at its end. */
static bool ask(const char *question, char *dst, size_t size)
{
	printf("%s ", question);
	fflush(stdout);
	if (fgets(dst, (int)size, stdin) == NULL) {
		printf("\n");
		return false;
	}
	dst[strcspn(dst, "\r\n")] = '\0';
	return true;
}

/* --- which card */

/* Wireless cards, or when there are none the Ethernet cards; at most max. */
static size_t candidates(const struct cardlist *s, const struct pci_device **list, size_t max)
{
	static const enum pci_kind kinds[] = {PCI_WIRELESS, PCI_ETHERNET};
	size_t n = 0;

	for (size_t k = 0; n == 0 && k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < s->pci.count && n < max; i++)
			if (s->pci.devices[i].kind == kinds[k])
				list[n++] = &s->pci.devices[i];
	return n;
}

static void list_cards(const struct request *q, const struct pci_device **list, size_t n)
{
	struct buf out = {0};

	for (size_t i = 0; i < n; i++) {
		buf_addf(&out, "%zu. ", i + 1);
		cardlist_text(&q->cards, list[i], cli_bold(q->c), cli_plain(q->c), &out);
	}
	fputs(out.data != NULL ? out.data : "", stdout);
	buf_fini(&out);
}

static const struct pci_device *ask_card(
    const struct request *q, const struct pci_device **list, size_t n, struct err *e)
{
	char answer[32];
	uint64_t number;

	list_cards(q, list, n);
	if (!isatty(STDIN_FILENO)) {
		err_set(e, 0,
		    n == 1 ? "the only card is an Ethernet card"
			   : "there are %zu cards that could be meant",
		    n);
		err_hint(e, "airlock setup --radio %s", list[0]->shown);
		err_is(e, ERR_USAGE);
		return NULL;
	}
	while (ask("Which card shall the guest have? Its number:", answer, sizeof(answer)))
		if (str_u64(answer, 1, n, &number))
			return list[number - 1];
	err_set(e, 0, "no card was chosen; nothing was changed");
	return NULL;
}

static const struct pci_device *choose(const struct request *q, struct err *e)
{
	const char *radio = q->radio;
	const struct pci_device *list[16];
	size_t n;

	/* What airlock.conf names is meant, unless something else is said. */
	if (radio == NULL && conf_has_card(q->c->conf) &&
	    strcmp(q->c->conf->radio, "auto") != 0)
		radio = q->c->conf->radio;
	if (radio != NULL && strcmp(radio, "auto") != 0)
		return pci_choose(&q->cards.pci, radio, e);
	n = candidates(&q->cards, list, ARRAY_LEN(list));
	if (n == 1 && list[0]->kind == PCI_WIRELESS)
		return list[0];
	if (n > 0)
		return ask_card(q, list, n, e);
	return pci_choose(&q->cards.pci, "auto", e);
}

static int check_card(const struct request *q, const struct pci_device *card, struct err *e)
{
	char title[256];

	if (strcmp(card->driver, "vfio-pci") == 0 && card->interface_count == 0) {
		err_set(e, 0, "%s is handed over now, so who else uses it cannot be seen",
		    pci_title(card, title, sizeof(title)));
		err_hint(e, "airlock stop, then airlock setup");
		return err_is(e, ERR_HOST);
	}
	printf("card: %s\n", pci_title(card, title, sizeof(title)));
	switch (cardlist_verdict(&q->cards, card, q->yes, e)) {
	case PCI_OK:
		break;
	case PCI_WARNED:
		printf("warning: %s\n", e->text);
		*e = (struct err){0};
		break;
	case PCI_REFUSED:
		return err_is(e, ERR_HOST);
	}
	return 0;
}

/* The passphrases that this host has already: taken over when that is wanted. */
static void ask_import(struct request *q)
{
	struct buf names = {0};
	char answer[16];
	size_t n;

	q->setup.import = q->import;
	n = q->import ? 0 : setup_importable(&q->setup, &names);
	if (n > 0 && (q->yes || !isatty(STDIN_FILENO))) {
		printf(
		    "note: NetworkManager knows %zu wireless network%s: %s; %s setup --import "
		    "takes over what it knows\n",
		    n, n == 1 ? "" : "s", names.data, q->c->command);
	} else if (n > 0) {
		printf("NetworkManager knows %zu wireless network%s: %s\n", n,
		    n == 1 ? "" : "s", names.data);
		q->setup.import =
		    ask("Take over what it knows? [y/N]", answer, sizeof(answer)) &&
		    (strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0);
	}
	buf_fini(&names);
}

/* --- the image */

static bool wants_image(const struct request *q)
{
	struct image_card card;
	struct err ignored = {0};

	return image_card(
		   q->c->conf->image.store, NULL, q->setup.card->modalias, &card, &ignored) < 0;
}

/* For the card that airlock.conf names now, and for those of other machines. */
static int build_image(const struct request *q)
{
	char verb[] = "image", build[] = "build";
	char *argv[] = {verb, build, NULL};
	struct conf conf = *q->c->conf;
	struct cli c = *q->c;

	str_copy(conf.radio, sizeof(conf.radio), q->setup.card->address);
	c.conf = &conf;
	printf("\n%s image build\n", q->c->command);
	return cmd_image(&c, 2, argv);
}

/* --- doing it */

static void show_plan(const struct request *q, bool image)
{
	struct buf out = {0};

	setup_describe(&q->setup, &out);
	if (image)
		buf_addf(&out,
		    "run %s image build\n  there is no image that drives this card yet; it "
		    "stays when setup is undone\n",
		    q->c->command);
	printf("\n%s", out.len > 0 ? out.data : "nothing is to be changed\n");
	buf_fini(&out);
}

static bool agreed(const struct request *q, struct err *e)
{
	char answer[16];

	if (q->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		err_set(e, 0,
		    "standard input is no terminal, so nobody can be asked; nothing was "
		    "changed");
		err_hint(e, "airlock setup --yes");
		err_is(e, ERR_USAGE);
		return false;
	}
	if (ask("\nDo all this? [y/N]", answer, sizeof(answer)) &&
	    (strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0))
		return true;
	err_set(e, 0, "nothing was changed");
	return false;
}

static void say_next(const struct request *q)
{
	const char *command = q->c->command;
	bool wireless = q->setup.card->kind == PCI_WIRELESS, reboot = false;

	for (size_t i = 0; i < q->setup.count; i++)
		reboot = reboot || (q->setup.step[i].kind == SETUP_SETTING &&
				       q->setup.step[i].style == RCFILE_LOADER);
	printf("\nnext:\n");
	if (reboot)
		printf("  shutdown -r now   the loader reserves the card for the guest\n");
	printf("  %s doctor    what is still missing, if anything\n"
	       "  %s start     the card goes to the guest; until then nothing changes\n",
	    command, command);
	if (wireless)
		printf("  %s scan, %s join SSID\n", command, command);
	printf("back: %s setup --undo\n", command);
}

static int carry_out(struct request *q, struct err *e)
{
	bool image = wants_image(q);
	int status = 0;

	show_plan(q, image);
	if (q->dry)
		return 0;
	if (setup_changes(&q->setup) > 0 || image) {
		if (geteuid() != 0) {
			err_set(e, 0, "setup changes files of root's");
			err_hint(e, "sudo airlock setup");
			return err_is(e, ERR_HOST);
		}
		if (!agreed(q, e) || setup_do(&q->setup, e) < 0)
			return -1;
	}
	if (image)
		status = build_image(q);
	if (status != 0) {
		err_set(e, 0, "all is set up but for the image");
		err_hint(e, "airlock image build");
		return err_is(e, ERR_IMAGE);
	}
	say_next(q);
	return 0;
}

static int with_card(struct request *q, struct err *e)
{
	int rc;

	if (check_card(q, q->setup.card, e) < 0)
		return -1;
	ask_import(q);
	rc = setup_plan(&q->setup, e) < 0 || carry_out(q, e) < 0 ? -1 : 0;
	setup_fini(&q->setup);
	return rc;
}

static int set_up(struct request *q, struct err *e)
{
	int rc;

	if (cardlist_init(&q->cards, &q->host, e) < 0)
		return -1;
	/* What else may go is the configuration's to say. */
	q->cards.want.extras = q->c->conf->guest.extras;
	for (size_t i = 0; i < q->cards.want.extras; i++)
		str_copy(q->cards.want.extra[i], sizeof(q->cards.want.extra[i]),
		    q->c->conf->guest.extra_pci[i]);
	q->setup.probe = &q->host;
	q->setup.conf = q->c->conf;
	q->setup.conf_path = q->c->conf_path;
	q->setup.cards = &q->cards;
	q->setup.stop_after = -1;
	q->setup.card = choose(q, e);
	rc = q->setup.card != NULL ? with_card(q, e) : -1;
	cardlist_fini(&q->cards);
	return rc;
}

static int undo(struct request *q, struct err *e)
{
	struct wire_report report;
	struct err gone = {0};
	struct buf said = {0};
	int done = setup_undo(&q->host, q->c->conf, -1, &said, e);

	fputs(said.data != NULL ? said.data : "", stdout);
	buf_fini(&said);
	if (done == 0)
		printf("there is nothing to undo\n");
	else if (done > 0 && cli_get_report(q->c, &report, &gone) == 0 &&
		 gone.kind != ERR_NOT_RUNNING)
		printf("the router still runs: %s stop\n", q->c->command);
	return done < 0 ? -1 : 0;
}

int cmd_setup(struct cli *c, int argc, char **argv)
{
	static struct request q;
	const struct cli_option options[] = {{"--dry-run", &q.dry, NULL},
	    {"--yes", &q.yes, NULL}, {"--undo", &q.undo, NULL}, {"--import", &q.import, NULL},
	    {"--radio", NULL, &q.radio}, {NULL, NULL, NULL}};
	int at = cli_options("setup", argc, argv, options);
	struct err e = {0};

	if (at < 0)
		return ERR_USAGE;
	if (at < argc || (q.undo && (q.dry || q.import || q.radio != NULL)))
		return cli_usage("setup");
	q.c = c;
	probe_host(&q.host);
	if (q.undo && geteuid() != 0) {
		err_set(&e, 0, "setup changes files of root's");
		err_hint(&e, "sudo airlock setup --undo");
		err_is(&e, ERR_HOST);
		return cli_fail(&e);
	}
	return (q.undo ? undo(&q, &e) : set_up(&q, &e)) < 0 ? cli_fail(&e) : 0;
}
