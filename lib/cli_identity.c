#include "cli_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PASSWORD_MAX = 4096 };

enum { OPT_USER = CLI_OPT_IDENTITY, OPT_PASSWORD_FILE, OPT_PASSWORD_FD };

const struct poptOption cli_identity_options[] = {
	{ .longName = "user", .shortName = 'u', .argInfo = POPT_ARG_STRING, .val = OPT_USER,
	    .descrip = "ask as this user, with a password (HTTP Basic)", .argDescrip = "USER" },
	{ .longName = "password-file", .argInfo = POPT_ARG_STRING, .val = OPT_PASSWORD_FILE,
	    .descrip = "the password is the first line of FILE", .argDescrip = "FILE" },
	{ .longName = "password-fd", .argInfo = POPT_ARG_STRING, .val = OPT_PASSWORD_FD,
	    .descrip = "the password is the next line of descriptor N", .argDescrip = "N" },
	POPT_TABLEEND,
};

int
cli_identity_take(const struct cli *cli, struct cli_identity *identity, int option,
    const char *value)
{
	switch (option) {
	case OPT_USER:
		/* Basic has no way to send a name with a colon, so this is a password. */
		if (strchr(value, ':') != NULL)
			cli_usage_error(cli,
			    "-u: no password on the command line, everybody can read it there: "
			    "--password-file, --password-fd, or wait to be asked");
		cli_replace(cli, &identity->user, value);
		return 1;
	case OPT_PASSWORD_FILE:
		cli_replace(cli, &identity->password_file, value);
		return 1;
	case OPT_PASSWORD_FD:
		identity->password_fd =
		    (int)cli_number(cli, "--password-fd", value, 0, INT_MAX);
		identity->has_password_fd = 1;
		return 1;
	default:
		return 0;
	}
}

/*
 * The first line of what an open descriptor holds, byte by byte: what follows belongs to others.
 * Returns a string, or NULL with errno.
 */
static char *
read_line(int fd)
{
	char *line = calloc(1, PASSWORD_MAX + 1);
	size_t len = 0;
	ssize_t n;
	char c;

	if (line == NULL)
		return NULL;
	while ((n = read(fd, &c, 1)) == 1 && c != '\n') {
		if (len == PASSWORD_MAX) {
			n = -1;
			errno = EMSGSIZE;
			break;
		}
		line[len++] = c;
	}
	/* A file that was made on another system. */
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (n >= 0 && strlen(line) == len)
		return line;
	if (n >= 0)
		errno = EILSEQ;
	explicit_bzero(line, PASSWORD_MAX);
	free(line);
	return NULL;
}

static void
read_file(const struct cli *cli, struct cli_identity *identity)
{
	int fd = open(identity->password_file, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		identity->password = read_line(fd);
	if (identity->password == NULL)
		cli_die(cli, cli->about->usage_status, "--password-file %s: %s",
		    identity->password_file, strerror(errno));
	close(fd);
}

static void
ask_terminal(const struct cli *cli, struct cli_identity *identity)
{
	char *prompt, *answer;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	/* getpass(3) would turn to standard input, which is the request's body. */
	if (fd < 0)
		cli_usage_error(cli,
		    "-u %s: no password (--password-file, --password-fd), and no terminal to ask at",
		    identity->user);
	close(fd);
	if (asprintf(&prompt, "Password of %s: ", identity->user) < 0)
		cli_die(cli, cli->about->usage_status, "out of memory");
	answer = getpass(prompt);
	free(prompt);
	if (answer == NULL)
		cli_die(cli, cli->about->usage_status, "-u %s: no password was given",
		    identity->user);
	identity->password = cli_keep(cli, answer);
	explicit_bzero(answer, strlen(answer));
}

void
cli_identity_read(const struct cli *cli, struct cli_identity *identity)
{
	if (identity->user == NULL) {
		if (identity->password_file != NULL || identity->has_password_fd)
			cli_usage_error(cli, "a password, but no user: -u USER is missing");
		return;
	}
	if (identity->password_file != NULL && identity->has_password_fd)
		cli_usage_error(cli, "--password-file and --password-fd exclude each other");
	if (identity->password_file != NULL)
		read_file(cli, identity);
	else if (!identity->has_password_fd)
		ask_terminal(cli, identity);
	else if ((identity->password = read_line(identity->password_fd)) == NULL)
		cli_die(cli, cli->about->usage_status, "--password-fd %d: %s",
		    identity->password_fd, strerror(errno));
}

void
cli_identity_reset(struct cli_identity *identity)
{
	if (identity->password != NULL)
		explicit_bzero(identity->password, strlen(identity->password));
	free(identity->password);
	free(identity->password_file);
	free(identity->user);
	*identity = (struct cli_identity){ 0 };
}
