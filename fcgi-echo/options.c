#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delay.h"
#include "fault.h"
#include "fcgi_error.h"

enum {
	OPT_LISTEN = 1,
	OPT_BACKLOG,
	OPT_MODE,
	OPT_PRINT_ADDR,
	OPT_MAX_CONNS,
	OPT_MAX_REQS,
	OPT_USERS,
	OPT_ANSWER,
	OPT_SHOW_SECRETS,
	OPT_LOG_ENV,
	OPT_DELAY_LOG,
	OPT_PLAN,
	OPT_FAULT,
	OPT_LIST_FAULTS,
};

enum {
	BACKLOG = 1024,
	MAX_REQS = 16384,
	ANSWER_MAX = 16 << 20,	/* bytes; a request has a copy of its own */
	OWN_FDS = 32,	/* descriptors that are not connections, rounded up generously */
};

static const struct poptOption listen_options[] = {
	{ .longName = "listen", .shortName = 'l', .argInfo = POPT_ARG_STRING, .val = OPT_LISTEN,
	    .descrip = "listen there, not on descriptor 0", .argDescrip = "ADDR" },
	{ .longName = "backlog", .shortName = 'b', .argInfo = POPT_ARG_STRING, .val = OPT_BACKLOG,
	    .descrip = "with --listen: how many clients may wait (1024)", .argDescrip = "N" },
	{ .longName = "mode", .shortName = 'M', .argInfo = POPT_ARG_STRING, .val = OPT_MODE,
	    .descrip = "with --listen: mode of the UNIX socket (0777 less the umask)",
	    .argDescrip = "MODE" },
	{ .longName = "print-addr", .argInfo = POPT_ARG_NONE, .val = OPT_PRINT_ADDR,
	    .descrip = "print the address as soon as clients can connect" },
	{ .longName = "max-conns", .argInfo = POPT_ARG_STRING, .val = OPT_MAX_CONNS,
	    .descrip = "connections at a time (what the open file limit permits)",
	    .argDescrip = "N" },
	{ .longName = "max-reqs", .argInfo = POPT_ARG_STRING, .val = OPT_MAX_REQS,
	    .descrip = "requests at a time, others are OVERLOADED (16384)", .argDescrip = "N" },
	POPT_TABLEEND,
};

static const struct poptOption answer_options[] = {
	{ .longName = "users", .argInfo = POPT_ARG_STRING, .val = OPT_USERS,
	    .descrip = "who is let in by /auth: NAME:HASH lines, as of htpasswd -B",
	    .argDescrip = "FILE" },
	{ .longName = "answer", .argInfo = POPT_ARG_STRING, .val = OPT_ANSWER,
	    .descrip = "answer every request with what is in FILE, header block and all",
	    .argDescrip = "FILE" },
	{ .longName = "show-secrets", .argInfo = POPT_ARG_NONE, .val = OPT_SHOW_SECRETS,
	    .descrip = "show passwords, Authorization and Cookie in /env" },
	{ .longName = "log-env", .argInfo = POPT_ARG_STRING, .val = OPT_LOG_ENV,
	    .descrip = "append the variables of each request to FILE, as /env.json shows them",
	    .argDescrip = "FILE" },
	{ .longName = "delay-log", .argInfo = POPT_ARG_STRING, .val = OPT_DELAY_LOG,
	    .descrip = "append what each answer of /delay was to wait and has waited, in ns",
	    .argDescrip = "FILE" },
	{ .longName = "plan", .argInfo = POPT_ARG_STRING, .val = OPT_PLAN,
	    .descrip = "print the percentiles that such a path of /delay intends, and exit",
	    .argDescrip = "/delay/..." },
	{ .longName = "fault", .argInfo = POPT_ARG_STRING, .val = OPT_FAULT,
	    .descrip = "misbehave in that way", .argDescrip = "NAME[,NAME...]" },
	{ .longName = "list-faults", .argInfo = POPT_ARG_NONE, .val = OPT_LIST_FAULTS,
	    .descrip = "print the faults, one a line, and exit" },
	POPT_TABLEEND,
};

static const struct poptOption options_table[] = {
	CLI_GROUP(listen_options, "Connections:"),
	CLI_GROUP(answer_options, "Answers:"),
	CLI_COMMON_TABLE,
	POPT_TABLEEND,
};

static const struct cli_about about = {
	.name = "fcgi-echo",
	.usage = "[OPTION...]",
	.purpose = "A FastCGI application to try web servers and clients with; the path of the\n"
		   "URL says what it does, and a path that it does not know lists them.",
	.usage_status = 2,
};

static void
read_address(struct options *options, const char *value)
{
	int r = addr_parse(&options->addr, value);

	if (r < 0)
		cli_usage_error(&options->cli, "--listen %s: %s", value, fcgi_strerror(r));
	options->listens = 1;
}

static void
read_users(struct options *options, const char *path)
{
	const char *why = NULL;
	size_t line = 0;
	FILE *file = fopen(path, "re");
	int r;

	if (file == NULL)
		cli_die(&options->cli, 1, "%s: %s", path, strerror(errno));
	r = users_read(&options->users, file, &line, &why);
	if (r == -FCGI_E_SYNTAX)
		cli_die(&options->cli, 1, "%s:%zu: %s", path, line, why);
	if (r < 0)
		cli_die(&options->cli, 1, "%s: %s", path, strerror(errno));
	fclose(file);
	if (options->users.count == 0)
		cli_warn(&options->cli, "%s: no users: nobody is let in", path);
}

static void
read_answer(struct options *options, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		cli_die(&options->cli, 1, "%s: %s", path, strerror(errno));
	options->answer.len = 0;
	if (buffer_read(&options->answer, fd, ANSWER_MAX) < 0) {
		if (errno == EFBIG)
			cli_die(&options->cli, 1, "%s: longer than %d MiB", path, ANSWER_MAX >> 20);
		cli_die(&options->cli, 1, "%s: %s", path, strerror(errno));
	}
	close(fd);
}

static void
open_log(const struct options *options, int *fd, const char *path)
{
	if (*fd >= 0)
		close(*fd);
	*fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (*fd < 0)
		cli_die(&options->cli, 1, "%s: %s", path, strerror(errno));
}

static void
read_faults(struct options *options, const char *value)
{
	char names[1024] = "", bad[64];
	size_t i, len = 0;

	if (fault_parse(&options->faults, value, bad, sizeof bad) == 0)
		return;
	for (i = 0; i < FAULT_COUNT; i++)
		len += (size_t)snprintf(names + len, sizeof names - len, " %s",
		    fault_about[i].name);
	cli_usage_error(&options->cli, "--fault %s: no such fault; there are:%s", bad, names);
}

static _Noreturn void
list_faults(struct options *options)
{
	size_t i;

	for (i = 0; i < FAULT_COUNT; i++)
		printf("%-18s  %s\n", fault_about[i].name, fault_about[i].what);
	cli_close_stdout(&options->cli, 1);
	options_reset(options);
	exit(0);
}

/* In milliseconds to the microsecond. */
static _Noreturn void
print_plan(struct options *options, const char *path)
{
	static const double percents[] = { 50, 75, 90, 95, 99, 99.9, 99.99, 99.999 };
	static const char action[] = "/delay/";
	struct delay delay;
	size_t i;

	if (strncmp(path, action, sizeof action - 1) != 0 ||
	    delay_parse_url(&delay, path + sizeof action - 1) < 0)
		cli_usage_error(&options->cli, "--plan %s: not /delay/DURATION[?jitter=...]", path);
	for (i = 0; i < sizeof percents / sizeof *percents; i++)
		printf("p%g %.3f ms\n", percents[i],
		    (double)delay_quantile_ns(&delay, percents[i] / 100) / 1e6);
	cli_close_stdout(&options->cli, 1);
	options_reset(options);
	exit(0);
}

/* How many connections the process can have at all; as much as the hard limit permits. */
static size_t
find_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return OWN_FDS;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur <= 2 * OWN_FDS)
		return OWN_FDS;
	/* FCGI_MAX_CONNS is to be a number that others can read. */
	return limit.rlim_cur > INT32_MAX ? INT32_MAX : (size_t)limit.rlim_cur - OWN_FDS;
}

static void
set_defaults(struct options *options)
{
	mode_t mask = umask(0);

	umask(mask);
	options->listen = (struct addr_listen_options){
		.backlog = BACKLOG,
		.mode = 0777 & ~mask,
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
	};
	options->max_conns = find_limit();
	options->max_reqs = MAX_REQS;
	options->env_log_fd = -1;
	options->delay_log_fd = -1;
}

static void
take(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_LISTEN:
		read_address(options, value);
		break;
	case OPT_BACKLOG:
		options->listen.backlog = (int)cli_number(cli, "--backlog", value, 0, INT32_MAX);
		break;
	case OPT_MODE:
		options->listen.mode = cli_mode(cli, "--mode", value, options->listen.mode);
		break;
	case OPT_PRINT_ADDR:
		options->print_addr = 1;
		break;
	case OPT_MAX_CONNS:
		options->max_conns = (size_t)cli_number(cli, "--max-conns", value, 1,
		    (long long)options->max_conns);
		break;
	case OPT_MAX_REQS:
		options->max_reqs = (size_t)cli_number(cli, "--max-reqs", value, 1, INT32_MAX);
		break;
	case OPT_USERS:
		read_users(options, value);
		break;
	case OPT_ANSWER:
		read_answer(options, value);
		break;
	case OPT_SHOW_SECRETS:
		options->show_secrets = 1;
		break;
	case OPT_LOG_ENV:
		open_log(options, &options->env_log_fd, value);
		break;
	case OPT_DELAY_LOG:
		open_log(options, &options->delay_log_fd, value);
		break;
	case OPT_PLAN:
		print_plan(options, value);
		break;
	case OPT_FAULT:
		read_faults(options, value);
		break;
	default:
		list_faults(options);
	}
}

void
options_read(struct options *options, int argc, char **argv)
{
	const char *value, *operand;
	int option;

	memset(options, 0, sizeof *options);
	set_defaults(options);
	cli_init(&options->cli, &about, argc, argv, options_table, 0);
	while ((option = cli_next(&options->cli, &value)) > 0)
		take(options, option, value);
	operand = cli_operand(&options->cli);
	if (operand == NULL && options->cli.command != NULL)
		operand = options->cli.command[0];
	if (operand != NULL)
		cli_usage_error(&options->cli, "%s: there are no operands", operand);
}

void
options_reset(struct options *options)
{
	if (options->env_log_fd >= 0)
		close(options->env_log_fd);
	if (options->delay_log_fd >= 0)
		close(options->delay_log_fd);
	users_reset(&options->users);
	buffer_free(&options->answer);
	cli_reset(&options->cli);
}
