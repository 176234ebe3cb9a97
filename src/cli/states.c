/*
 * states: the way to online, state by state, as people watch it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void cli_states_begin(struct cli_states *s, const struct cli *c)
{
	*s = (struct cli_states){.cli = c, .state = -1, .began_ms = now_ms()};
	s->since_ms = s->began_ms;
}

/* One line of at most 79 columns: state, time, reason. */
static void print_line(const struct cli_states *s, bool finished)
{
	const struct cli *c = s->cli;
	const char *colour = cli_bold(c);
	char took[32], reason[56];

	if (s->state == WIRE_ONLINE)
		colour = cli_green(c);
	else if (s->state == WIRE_FAILED)
		colour = cli_red(c);
	str_escape(reason, sizeof(reason), s->reason, strlen(s->reason));
	str_duration(took, sizeof(took), now_ms() - s->since_ms);
	if (s->state == WIRE_ONLINE || s->state == WIRE_DOWN || s->state == WIRE_FAILED)
		took[0] = '\0'; /* it lasts */
	printf("%s  %s%-12s%s %8s  %s", c->tty ? "\r\033[K" : "", colour,
	    wire_state_name((unsigned)s->state), cli_plain(c), took, reason);
	if (finished || !c->tty)
		putchar('\n');
	fflush(stdout);
}

void cli_states_show(struct cli_states *s, unsigned state, const char *reason)
{
	if (s->state == (int)state) {
		str_copy(s->reason, sizeof(s->reason), reason);
		if (s->cli->tty)
			print_line(s, false);
		return;
	}
	if (s->state >= 0)
		print_line(s, true);
	s->state = (int)state;
	s->since_ms = now_ms();
	str_copy(s->reason, sizeof(s->reason), reason);
	if (s->cli->tty)
		print_line(s, false);
}

void cli_states_tick(struct cli_states *s)
{
	if (s->state >= 0 && s->cli->tty)
		print_line(s, false);
}

void cli_states_end(struct cli_states *s)
{
	if (s->state >= 0)
		print_line(s, true);
}
