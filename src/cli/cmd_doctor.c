/*
 * doctor: what this host has and lacks, printed.
 *
 * The checks are in doctor.h; here are the colours, the summary and the exit status: 0 when
 * nothing fails, whatever is warned of.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/doctor.h"

/* --- doctor */

static const char *state_colour(const struct cli *c, enum finding_state state)
{
	switch (state) {
	case FINDING_OK:
		return cli_green(c);
	case FINDING_WARNING:
		return cli_bold(c);
	case FINDING_FAILING:
		break;
	}
	return cli_red(c);
}

/* Columns of the terminal; 0: no terminal, lines are as long as they are. */
static size_t columns(const struct cli *c)
{
	struct winsize w;

	return c->tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

/* Words in lines, those after the first with `indent` blanks before them. */
static void print_wrapped(const char *text, size_t indent, size_t width)
{
	size_t room = width > indent + 20 ? width - indent - 1 : SIZE_MAX;

	while (strlen(text) > room) {
		size_t len = room;

		while (len > 0 && text[len] != ' ')
			len--;
		if (len == 0)
			len = strcspn(text, " ");
		printf("%.*s\n%*s", (int)len, text, (int)indent, "");
		text += len;
		text += strspn(text, " ");
	}
	printf("%s\n", text);
}

static void print_findings(const struct cli *c, const struct doctor *d)
{
	size_t width = 0, terminal = columns(c);

	for (size_t i = 0; i < d->count; i++)
		width = MAX(width, strlen(d->list[i].name));
	for (size_t i = 0; i < d->count; i++) {
		const struct finding *f = &d->list[i];

		printf("%s%-7s%s  %-*s  ", state_colour(c, f->state),
		    finding_state_name(f->state), cli_plain(c), (int)width, f->name);
		print_wrapped(f->text, width + 11, terminal);
		/* In one piece, to be copied. */
		if (f->fix[0] != '\0')
			printf("%-9s%-*s  %stry: %s%s\n", "", (int)width, "", cli_bold(c),
			    f->fix, cli_plain(c));
	}
}

static int summary(const struct cli *c, const struct doctor *d)
{
	size_t failing = doctor_count(d, FINDING_FAILING);
	size_t warnings = doctor_count(d, FINDING_WARNING);

	printf("\n");
	if (failing > 0)
		printf(
		    "%s%zu of %zu checks fail%s", cli_red(c), failing, d->count, cli_plain(c));
	else
		printf("%snothing fails%s", cli_green(c), cli_plain(c));
	if (warnings > 0)
		printf(", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	if (!d->root_user)
		printf("; root sees more: sudo %s doctor", c->command);
	printf("\n");
	return failing > 0 ? ERR_HOST : 0;
}

int cmd_doctor(struct cli *c, int argc, char **argv)
{
	static struct doctor d;
	bool json = c->json;
	const struct cli_option options[] = {{"--json", &json, NULL}, {NULL, NULL, NULL}};
	int at = cli_options("doctor", argc, argv, options);
	struct probe host;
	struct err e = {0};
	char *text;
	int rc;

	if (at < 0)
		return ERR_USAGE;
	if (at < argc)
		return cli_usage("doctor");
	probe_host(&host);
	doctor_init(&d, &host, c->conf);
	d.running = cli_get_report(c, &d.report, &e) == 0 && e.kind != ERR_NOT_RUNNING;
	doctor_run(&d);
	if (json) {
		text = doctor_json(&d);
		puts(text != NULL ? text : "[]");
		free(text);
		rc = doctor_count(&d, FINDING_FAILING) > 0 ? ERR_HOST : 0;
	} else {
		print_findings(c, &d);
		rc = summary(c, &d);
	}
	doctor_fini(&d);
	return rc;
}
