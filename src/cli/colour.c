/* colour: on a terminal, and nowhere else. */
#include "cli/cli.h"

const char *cli_bold(const struct cli *c)
{
	return c->tty ? "\033[1m" : "";
}

const char *cli_green(const struct cli *c)
{
	return c->tty ? "\033[1;32m" : "";
}

const char *cli_red(const struct cli *c)
{
	return c->tty ? "\033[1;31m" : "";
}

const char *cli_dim(const struct cli *c)
{
	return c->tty ? "\033[2m" : "";
}

const char *cli_plain(const struct cli *c)
{
	return c->tty ? "\033[0m" : "";
}
