#include "preview.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listeners.h"
#include "print_config.h"

/* The command line without --print-config, for the unit file. */
static char **
copy_command_line(char **argv)
{
	size_t count = 0, kept = 0, i;
	char **copy;

	while (argv[count] != NULL)
		count++;
	copy = calloc(count + 1, sizeof *copy);
	for (i = 0; copy != NULL && i < count; i++) {
		if (strcmp(argv[i], "--") == 0) {
			memcpy(copy + kept, argv + i, (count - i) * sizeof *copy);
			break;
		}
		if (strncmp(argv[i], "--print-config=", 15) == 0)
			continue;
		if (strcmp(argv[i], "--print-config") == 0)
			i++;
		else
			copy[kept++] = argv[i];
	}
	return copy;
}

/* The addresses as they would be bound; the strings are the caller's to free. */
static char **
format_addresses(const struct listeners *listeners, const struct options *options)
{
	char **addresses = calloc(listeners->count, sizeof *addresses);
	char text[ADDR_TEXT_MAX];
	size_t i;

	for (i = 0; addresses != NULL && i < listeners->count; i++)
		addresses[i] =
		    strdup(listeners_preview(listeners, options, i, text, sizeof text));
	return addresses;
}

/* The log's file; NULL when it is none. */
static const char *
log_path(const struct options *options)
{
	if (options->log == NULL || strcmp(options->log, "-") == 0 ||
	    strcmp(options->log, "syslog") == 0)
		return NULL;
	return options->log;
}

static int
print(const struct options *options, const struct listeners *listeners, char **argv)
{
	char **addresses = format_addresses(listeners, options);
	char **command_line = copy_command_line(argv);
	char directory[PATH_MAX], why[256];
	/* What a unit has to find again when it begins elsewhere. */
	const char *const paths[] = {
		options->directory, options->pid_file, log_path(options), options->watch_file,
		options->control, options->ipc_dir, options->root, options->wrapper,
	};
	const struct print_config config = {
		.application = options->command,
		.addresses = (const char *const *)addresses,
		.address_count = listeners->count,
		.instances = options->instances,
		.command_line = command_line,
		.supervised = options->supervise,
		.foreground = options->foreground,
		.stop_timeout_ns = options->stop_timeout_ns,
		.directory = getcwd(directory, sizeof directory),
		.paths = paths,
		.path_count = sizeof paths / sizeof *paths,
	};
	int status = 1;
	size_t i;

	if (addresses == NULL || command_line == NULL)
		cli_error(&options->cli, "out of memory");
	else if (print_config_check(options->print_config, &config, why, sizeof why) < 0)
		cli_error(&options->cli, "--print-config: %s", why);
	else {
		print_config_write(stdout, options->print_config, &config);
		cli_close_stdout(&options->cli, 1);
		status = 0;
	}
	for (i = 0; addresses != NULL && i < listeners->count; i++)
		free(addresses[i]);
	free(addresses);
	free(command_line);
	return status;
}

int
preview_configurations(const struct options *options, char **argv)
{
	struct listeners listeners = { 0 };
	int status = 1;

	if (options->socket == NULL && options->port <= 0)
		cli_usage_error(&options->cli, "--print-config needs -p PORT or -s PATH");
	if (listeners_resolve(&listeners, options) == 0)
		status = print(options, &listeners, argv);
	listeners_reset(&listeners);
	return status;
}
