#include "options.h"

#include <limits.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options_pool.h"

enum {
	OPT_PORT = 1,
	OPT_INTERFACE,
	OPT_SOCKET,
	OPT_PORT_PER_INSTANCE,
	OPT_BACKLOG,
	OPT_MODE,
	OPT_COMMAND,
	OPT_INSTANCES,
	OPT_CHDIR,
	OPT_ENV,
	OPT_CLEAN_ENV,
	OPT_KEEP_ENV,
	OPT_START_GRACE,
	OPT_WAIT,
	OPT_WAIT_TIMEOUT,
	OPT_READY,
	OPT_PRINT_PORT,
	OPT_PID_FILE,
	OPT_SOCKET_OWNER,
	OPT_IPC_DIR,
	OPT_FD,
	OPT_UMASK,
	OPT_NICE,
	OPT_LIMIT_NOFILE,
	OPT_SIGPIPE,
	OPT_ALLOW,
	OPT_START_DELAY,
	OPT_NOTIFY_FD,
};

enum {
	BACKLOG = 1024,
	MODE = 0660,
	PORT_MAX = 65535,
};

static const struct poptOption where_options[] = {
	{ .longName = "port", .shortName = 'p', .argInfo = POPT_ARG_STRING, .val = OPT_PORT,
	    .descrip = "listen on this TCP port; 0 is any free one",
	    .argDescrip = "PORT" },
	{ .longName = "interface", .shortName = 'i', .argInfo = POPT_ARG_STRING,
	    .val = OPT_INTERFACE,
	    .descrip = "listen on this address or host name, '*' for all (127.0.0.1)",
	    .argDescrip = "ADDR" },
	{ .longName = "socket", .shortName = 's', .argInfo = POPT_ARG_STRING, .val = OPT_SOCKET,
	    .descrip = "listen on this UNIX socket; with %i, the number of the instance, each "
		       "has its own",
	    .argDescrip = "PATH" },
	{ .longName = "port-per-instance", .argInfo = POPT_ARG_NONE, .val = OPT_PORT_PER_INSTANCE,
	    .descrip = "a port for each instance, counting up from -p" },
	{ .longName = "backlog", .shortName = 'b', .argInfo = POPT_ARG_STRING, .val = OPT_BACKLOG,
	    .descrip = "how many clients may wait to be accepted (1024)", .argDescrip = "N" },
	{ .longName = "mode", .shortName = 'M', .argInfo = POPT_ARG_STRING, .val = OPT_MODE,
	    .descrip = "mode of the UNIX socket, or a change to it (0660)", .argDescrip = "MODE" },
	{ .longName = "socket-owner", .argInfo = POPT_ARG_STRING, .val = OPT_SOCKET_OWNER,
	    .descrip = "owner of the UNIX socket, and its group", .argDescrip = "USER[:GROUP]" },
	{ .longName = "ipc-dir", .argInfo = POPT_ARG_STRING, .val = OPT_IPC_DIR,
	    .descrip = "the directory that a relative -s is in, made if it is not there",
	    .argDescrip = "DIR" },
	{ .longName = "fd", .argInfo = POPT_ARG_STRING, .val = OPT_FD,
	    .descrip = "use the socket that listens on this descriptor", .argDescrip = "N" },
	POPT_TABLEEND,
};

static const struct poptOption what_options[] = {
	{ .longName = "command", .shortName = 'c', .argInfo = POPT_ARG_STRING, .val = OPT_COMMAND,
	    .descrip = "the application; after -- its arguments", .argDescrip = "CMD" },
	{ .longName = "instances", .shortName = 'N', .argInfo = POPT_ARG_STRING,
	    .val = OPT_INSTANCES, .descrip = "how many of it to start (1)", .argDescrip = "N" },
	{ .longName = "chdir", .shortName = 'd', .argInfo = POPT_ARG_STRING, .val = OPT_CHDIR,
	    .descrip = "its working directory (/)", .argDescrip = "DIR" },
	{ .longName = "env", .shortName = 'e', .argInfo = POPT_ARG_STRING, .val = OPT_ENV,
	    .descrip = "set NAME in its environment, without VALUE to ours or to nothing",
	    .argDescrip = "NAME[=VALUE]" },
	{ .longName = "clean-env", .argInfo = POPT_ARG_NONE, .val = OPT_CLEAN_ENV,
	    .descrip = "pass nothing of our environment but what -e and --keep-env name" },
	{ .longName = "keep-env", .argInfo = POPT_ARG_STRING, .val = OPT_KEEP_ENV,
	    .descrip = "with --clean-env: pass NAME if we have it", .argDescrip = "NAME" },
	{ .longName = "umask", .argInfo = POPT_ARG_STRING, .val = OPT_UMASK,
	    .descrip = "its umask (ours)", .argDescrip = "MASK" },
	{ .longName = "nice", .argInfo = POPT_ARG_STRING, .val = OPT_NICE,
	    .descrip = "add to its nice value", .argDescrip = "N" },
	{ .longName = "limit-nofile", .argInfo = POPT_ARG_STRING, .val = OPT_LIMIT_NOFILE,
	    .descrip = "how many files it may open: soft limit and hard",
	    .argDescrip = "SOFT[:HARD]" },
	{ .longName = "sigpipe", .argInfo = POPT_ARG_STRING, .val = OPT_SIGPIPE,
	    .descrip = "start it with SIGPIPE at its default, or ignored (default)",
	    .argDescrip = "default|ignore" },
	{ .longName = "allow", .argInfo = POPT_ARG_STRING, .val = OPT_ALLOW,
	    .descrip = "tell it to accept connections from these IPv4 addresses alone",
	    .argDescrip = "ADDR,..." },
	POPT_TABLEEND,
};

static const struct poptOption start_options[] = {
	{ .longName = "start-grace", .argInfo = POPT_ARG_STRING, .val = OPT_START_GRACE,
	    .descrip = "an instance that dies sooner is a failed start (250ms)",
	    .argDescrip = "DURATION" },
	{ .longName = "wait", .shortName = 'w', .argInfo = POPT_ARG_NONE, .val = OPT_WAIT,
	    .descrip = "wait until every instance accepts connections" },
	{ .longName = "wait-timeout", .argInfo = POPT_ARG_STRING, .val = OPT_WAIT_TIMEOUT,
	    .descrip = "with -w: give up after that long, with 124 (10s)",
	    .argDescrip = "DURATION" },
	{ .longName = "ready", .argInfo = POPT_ARG_STRING, .val = OPT_READY,
	    .descrip = "what to wait for: exec, alive, connect, values or request (connect); "
		       "implies -w",
	    .argDescrip = "WHAT" },
	{ .longName = "start-delay", .argInfo = POPT_ARG_STRING, .val = OPT_START_DELAY,
	    .descrip = "wait between the starts of two instances (0)",
	    .argDescrip = "DURATION" },
	{ .longName = "notify-fd", .argInfo = POPT_ARG_STRING, .val = OPT_NOTIFY_FD,
	    .descrip = "write a newline to this descriptor when all is started",
	    .argDescrip = "N" },
	{ .longName = "print-port", .argInfo = POPT_ARG_NONE, .val = OPT_PRINT_PORT,
	    .descrip = "print the port when all is started, one a line" },
	{ .longName = "pid-file", .shortName = 'P', .argInfo = POPT_ARG_STRING,
	    .val = OPT_PID_FILE,
	    .descrip = "write the instances' process ids there, one a line; with -S ours",
	    .argDescrip = "FILE" },
	POPT_TABLEEND,
};

static const struct poptOption options_table[] = {
	CLI_GROUP(where_options, "Where:"),
	CLI_GROUP(what_options, "What:"),
	CLI_GROUP(options_who, "Who:"),
	CLI_GROUP(start_options, "Start:"),
	CLI_GROUP(options_supervise, "Supervise:"),
	CLI_GROUP(options_control, "Control:"),
	CLI_COMMON_TABLE,
	POPT_TABLEEND,
};

static const struct cli_about about = {
	.name = "fcgistarter",
	.usage = "[OPTION...] -c CMD -p PORT [-i ADDR] [-N N] [-- ARG...]\n"
		 "       fcgistarter [OPTION...] -p PORT -- CMD [ARG...]\n"
		 "       fcgistarter [OPTION...] -s PATH -- CMD [ARG...]\n"
		 "       fcgistarter --status|--reload|--stop [-P FILE|--control=PATH]",
	.purpose = "Starts a FastCGI application, listening, in the background, and supervises it.",
	.usage_status = 1,
};

/* What was given, before it is made sense of. */
struct given {
	int port_per_instance;
	int backlog;
	int mode;
	int ready;
};

static void
add_word(const struct cli *cli, struct words *words, const char *value)
{
	char **items = reallocarray(words->items, words->count + 1, sizeof *items);

	if (items == NULL)
		cli_die(cli, 1, "out of memory");
	words->items = items;
	items[words->count++] = cli_keep(cli, value);
}

static void
words_reset(struct words *words)
{
	size_t i;

	for (i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
}

static void
read_interface(struct options *options, const char *value)
{
	if (value[0] == '\0' || value[0] == '-')
		cli_usage_error(&options->cli, "-i %s: not an address or host name", value);
	add_word(&options->cli, &options->interfaces, value);
}

static void
read_change(struct options *options, const char *value)
{
	if (value[0] == '\0' || value[0] == '=')
		cli_usage_error(&options->cli, "-e %s: the name is empty", value);
	add_word(&options->cli, &options->changes, value);
}

static void
read_kept(struct options *options, const char *value)
{
	if (value[0] == '\0' || strchr(value, '=') != NULL)
		cli_usage_error(&options->cli, "--keep-env %s: not the name of a variable", value);
	add_word(&options->cli, &options->kept, value);
}

static enum ready
read_ready(const struct cli *cli, const char *value)
{
	static const struct {
		const char *name;
		enum ready ready;
	} levels[] = {
		{ "exec", READY_EXEC },
		{ "alive", READY_ALIVE },
		{ "connect", READY_CONNECT },
		{ "values", READY_VALUES },
		{ "request", READY_REQUEST },
	};
	size_t i;

	for (i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strcmp(value, levels[i].name) == 0)
			return levels[i].ready;
	cli_usage_error(cli, "--ready %s: not exec, alive, connect, values or request", value);
}

/* SOFT or SOFT:HARD. */
static void
read_open_files(struct options *options, const char *value)
{
	const char *colon = strchr(value, ':');
	char *soft = cli_keep(&options->cli, value);

	if (colon != NULL)
		soft[colon - value] = '\0';
	options->open_files.rlim_cur =
	    (rlim_t)cli_number(&options->cli, "--limit-nofile", soft, 3, INT_MAX);
	options->open_files.rlim_max = colon == NULL
	    ? options->open_files.rlim_cur
	    : (rlim_t)cli_number(&options->cli, "--limit-nofile", colon + 1, 3, INT_MAX);
	free(soft);
	if (options->open_files.rlim_max < options->open_files.rlim_cur)
		cli_usage_error(&options->cli, "--limit-nofile %s: the hard limit is below the soft one",
		    value);
}

static int
read_sigpipe(const struct cli *cli, const char *value)
{
	if (strcmp(value, "ignore") == 0)
		return 1;
	if (strcmp(value, "default") != 0)
		cli_usage_error(cli, "--sigpipe %s: not default or ignore", value);
	return 0;
}

static void
take(struct options *options, struct given *given, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_PORT:
		options->port = (int)cli_number(cli, "-p", value, 0, PORT_MAX);
		break;
	case OPT_INTERFACE:
		read_interface(options, value);
		break;
	case OPT_SOCKET:
		cli_replace(cli, &options->socket, value);
		break;
	case OPT_PORT_PER_INSTANCE:
		given->port_per_instance = 1;
		break;
	case OPT_BACKLOG:
		options->backlog = (int)cli_number(cli, "-b", value, 1, INT_MAX);
		break;
	case OPT_MODE:
		options->mode = cli_mode(cli, "-M", value, MODE);
		given->mode = 1;
		break;
	case OPT_COMMAND:
		cli_replace(cli, &options->command_given, value);
		break;
	case OPT_INSTANCES:
		options->instances = (int)cli_number(cli, "-N", value, 1, INSTANCES_MAX);
		break;
	case OPT_CHDIR:
		cli_replace(cli, &options->directory, value);
		break;
	case OPT_ENV:
		read_change(options, value);
		break;
	case OPT_CLEAN_ENV:
		options->clean_env = 1;
		break;
	case OPT_KEEP_ENV:
		read_kept(options, value);
		break;
	case OPT_START_GRACE:
		options->start_grace_ns = cli_duration(cli, "--start-grace", value);
		break;
	case OPT_WAIT:
		options->wait = 1;
		break;
	case OPT_WAIT_TIMEOUT:
		options->wait_timeout_ns = cli_duration(cli, "--wait-timeout", value);
		break;
	case OPT_READY:
		options->ready = read_ready(cli, value);
		given->ready = 1;
		break;
	case OPT_PRINT_PORT:
		options->print_port = 1;
		break;
	case OPT_PID_FILE:
		cli_replace(cli, &options->pid_file, value);
		break;
	case OPT_SOCKET_OWNER:
		cli_replace(cli, &options->socket_owner, value);
		break;
	case OPT_IPC_DIR:
		cli_replace(cli, &options->ipc_dir, value);
		break;
	case OPT_FD:
		options->fd = (int)cli_number(cli, "--fd", value, 0, INT_MAX);
		break;
	case OPT_UMASK:
		options->umask = cli_mode(cli, "--umask", value, 0);
		options->set_umask = 1;
		break;
	case OPT_NICE:
		options->nice = (int)cli_number(cli, "--nice", value, -40, 40);
		break;
	case OPT_LIMIT_NOFILE:
		read_open_files(options, value);
		break;
	case OPT_SIGPIPE:
		options->ignore_sigpipe = read_sigpipe(cli, value);
		break;
	case OPT_ALLOW:
		cli_replace(cli, &options->allow, value);
		break;
	case OPT_START_DELAY:
		options->start_delay_ns = cli_duration(cli, "--start-delay", value);
		break;
	case OPT_NOTIFY_FD:
		options->notify_fd = (int)cli_number(cli, "--notify-fd", value, 0, INT_MAX);
		break;
	default:
		options_pool_take(options, option, value);
	}
}

/* The command is -c's, with what follows "--" for arguments; or all of it follows "--". */
static void
settle_command(struct options *options)
{
	struct cli *cli = &options->cli;
	const char *operand = cli_operand(cli);

	if (options->command_given != NULL) {
		options->command = options->command_given;
		options->arguments = cli->command;
	} else if (cli->command != NULL && cli->command[0] != NULL) {
		options->command = cli->command[0];
		options->arguments = cli->command + 1;
	} else if (operand != NULL) {
		cli_usage_error(cli, "%s: the application is given by -c or behind --", operand);
	} else {
		cli_usage_error(cli, "-c CMD or -- CMD is missing");
	}
	/* httpd's ignores them as well, without a word. */
	if (operand != NULL)
		cli_warn(cli, "%s: ignored, with all that follows (arguments are given behind --)",
		    operand);
}

static void
settle_port(struct options *options, const struct given *given)
{
	struct cli *cli = &options->cli;

	if (given->mode)
		cli_usage_error(cli, "-M is for a UNIX socket (-s)");
	if (options->port == 0 && !options->print_port)
		cli_usage_error(cli, "-p 0 needs --print-port, or nobody learns the port");
	if (options->interfaces.count > 1 && !given->port_per_instance)
		cli_usage_error(cli, "-i %s: only --port-per-instance can use several addresses",
		    options->interfaces.items[1]);
	options->per_instance = given->port_per_instance;
	if (options->per_instance && options->port > 0 &&
	    options->port > PORT_MAX + 1 - options->instances)
		cli_usage_error(cli, "-p %d: there are no %d ports from there", options->port,
		    options->instances);
}

static void
settle_socket(struct options *options, const struct given *given)
{
	struct cli *cli = &options->cli;
	const char *p;

	if (options->port >= 0)
		cli_usage_error(cli, "-p and -s exclude each other: an application has one socket");
	if (options->interfaces.count > 0)
		cli_usage_error(cli, "-i is for a TCP port (-p)");
	if (options->print_port)
		cli_usage_error(cli, "--print-port is for a TCP port (-p)");
	if (given->port_per_instance)
		cli_usage_error(cli, "--port-per-instance is for a TCP port (-p); write %%i in -s");
	for (p = strchr(options->socket, '%'); p != NULL; p = strchr(p + 2, '%')) {
		if (p[1] != 'i' && p[1] != '%')
			cli_usage_error(cli, "-s %s: only %%i (the instance) and %%%% are known",
			    options->socket);
		options->per_instance |= p[1] == 'i';
	}
	if (given->mode && options->socket[0] == '@')
		cli_usage_error(cli, "-M: an abstract socket (%s) has no mode", options->socket);
}

/*
 * With a directory for sockets and no name, the name follows from the application, so that it is
 * the same the next time and a web server can be told of it: its base name, and a digest of the
 * command.
 */
static void
name_socket(struct options *options)
{
	const char *slash = strrchr(options->command, '/');
	const char *base = slash != NULL ? slash + 1 : options->command;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX context;
	size_t i;

	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)options->command, strlen(options->command) + 1);
	for (i = 0; options->arguments != NULL && options->arguments[i] != NULL; i++)
		SHA256Update(&context, (const uint8_t *)options->arguments[i],
		    strlen(options->arguments[i]) + 1);
	SHA256Final(digest, &context);
	if (asprintf(&options->socket, "%.32s-%02x%02x%02x%02x.sock", base, digest[0], digest[1],
		digest[2], digest[3]) < 0)
		cli_die(&options->cli, 1, "out of memory");
	options->print_socket = 1;
}

static void
settle_start(struct options *options, const struct given *given)
{
	struct cli *cli = &options->cli;

	/* Without -w as well, success means that all have lived for a while. */
	options->wait |= given->ready;
	if (!given->ready)
		options->ready = options->wait ? READY_CONNECT : READY_ALIVE;
	if (options->wait && options->ready != READY_EXEC &&
	    options->start_grace_ns >= options->wait_timeout_ns)
		cli_usage_error(cli, "--wait-timeout must be longer than --start-grace");
	if (options->kept.count > 0 && !options->clean_env)
		cli_usage_error(cli, "--keep-env goes with --clean-env");
}

void
options_read(struct options *options, int argc, char **argv)
{
	struct given given = { 0 };
	const char *value;
	int option;

	*options = (struct options){
		.port = -1,
		.backlog = BACKLOG,
		.mode = MODE,
		.instances = 1,
		.fd = -1,
		.notify_fd = -1,
		.start_grace_ns = 250 * CLOCK_NS_PER_MS,
		.wait_timeout_ns = 10 * CLOCK_NS_PER_S,
	};
	options_pool_defaults(options);
	cli_init(&options->cli, &about, argc, argv, options_table, CLI_STOP_AT_OPERAND);
	while ((option = cli_next(&options->cli, &value)) != -1)
		take(options, &given, option, value);
	options_pool_settle(options);
	if (options->action >= ACTION_STATUS && options->action <= ACTION_STOP)
		return;
	settle_command(options);
	if (options->socket == NULL && options->port < 0 && options->ipc_dir != NULL &&
	    options->fd < 0)
		name_socket(options);
	if (options->socket != NULL)
		settle_socket(options, &given);
	else if (options->port >= 0)
		settle_port(options, &given);
	settle_start(options, &given);
}

void
options_reset(struct options *options)
{
	words_reset(&options->interfaces);
	words_reset(&options->changes);
	words_reset(&options->kept);
	free(options->socket);
	free(options->directory);
	free(options->pid_file);
	free(options->command_given);
	free(options->socket_owner);
	free(options->ipc_dir);
	free(options->allow);
	options_pool_reset(options);
	cli_reset(&options->cli);
}
