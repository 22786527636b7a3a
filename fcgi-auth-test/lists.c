#include "lists.h"

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "check.h"
#include "dialects.h"
#include "options.h"
#include "verdict.h"

void
lists_checks(void)
{
	static const char *const words[] = {
		[CHECK_IGNORED] = "",
		[CHECK_WARNING] = "warning",
		[CHECK_FAILURE] = "failure",
	};
	size_t i;

	for (i = 0; i < CHECK_COUNT; i++)
		printf("%-4s %s  %s\n", check_about[i].name, words[check_about[i].severity],
		    check_about[i].what);
}

void
lists_dialects(const struct cli *cli)
{
	struct dialects all = { 0 };
	char why[512];
	size_t i;
	int phase;

	if (dialects_open_all(&all, why, sizeof why) < 0)
		cli_die(cli, EXIT_USAGE, "%s", why);
	for (i = 0; i < all.count; i++) {
		printf("%s %s", all.items[i]->name, auth_phase_names[all.items[i]->phase]);
		for (phase = 0; phase < AUTH_PHASE_COUNT; phase++)
			if (phase != (int)all.items[i]->phase &&
			    dialect_knows(all.items[i], (enum auth_phase)phase))
				printf(" %s", auth_phase_names[phase]);
		putchar('\n');
	}
	dialects_reset(&all);
}

void
lists_refuse_server(const struct cli *cli, const char *name)
{
	struct buffer names = { 0 };
	const char *server;
	int i;

	for (i = 0; i < VERDICT_SERVERS; i++) {
		server = verdict_name((enum verdict_server)i);
		if (buffer_append(&names, server, strlen(server)) < 0 ||
		    buffer_append(&names, " ", 1) < 0)
			cli_die(cli, EXIT_USAGE, "out of memory");
	}
	cli_usage_error(cli, "--verdict %s: there is no such server; there are: %.*sall", name,
	    (int)names.len, (char *)names.data);
}
