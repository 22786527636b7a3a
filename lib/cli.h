/*
 * What every program's command line shares: popt tables, --help and --version, messages, typed
 * values, and the check of stdout at exit.  The only file of lib/ that prints and exits.
 */
#ifndef CLI_H
#define CLI_H

#include <popt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* What a program says of itself.  All constant. */
struct cli_about {
	const char *name;	/* "cgi-fcgi" */
	const char *usage;	/* behind "Usage: NAME " in --help: "[OPTION...] -connect ADDR" */
	const char *purpose;	/* one sentence for --help */
	int usage_status;	/* exit status of a wrong command line */
};

/*
 * Where the values of the options begin that several programs have; a program's own begin at 1 and
 * stay below.
 */
enum {
	CLI_OPT_COMMON = 0x1000,
	CLI_OPT_TIME = 0x1100,
	CLI_OPT_IDENTITY = 0x1200,
	CLI_OPT_VARIABLES = 0x1300,
	CLI_OPT_REQUEST = 0x1400,
};

extern const struct poptOption cli_common_options[];

/* A row of a program's table that stands for a group of options under a title of its own. */
#define CLI_GROUP(table, title)                                                                    \
	{                                                                                          \
		.argInfo = POPT_ARG_INCLUDE_TABLE, .arg = (void *)(uintptr_t)(table),              \
		.descrip = (title),                                                                \
	}

/* The last lines of every program's table. */
#define CLI_COMMON_TABLE CLI_GROUP(cli_common_options, "Common options:")

struct cli {
	const struct cli_about *about;
	int verbose;		/* how often -v was given */
	int quiet;		/* -q was given */
	const char *where;	/* "FILE:LINE" that messages begin with, for a copy of it that reads
				   options out of a file; NULL: the command line */
	char **command;		/* what follows "--", NULL-terminated; NULL without "--" */
	poptContext context;	/* private; operands live as long as it */
	const char **args;	/* private: popt reads them where they are */
	char *value;		/* private */
};

enum cli_flags {
	CLI_STOP_AT_OPERAND = 1, /* options end at the first operand */
};

/*
 * Begins to read the command line.  argv is split at the first "--" before popt sees it.
 * table: ends with CLI_COMMON_TABLE and POPT_TABLEEND; every option is POPT_ARG_NONE or
 * POPT_ARG_STRING and returns its val.
 */
void cli_init(struct cli *cli, const struct cli_about *about, int argc, char **argv,
    const struct poptOption *table, int flags);

/* Gives back what cli_init() took; operands and values are gone then. */
void cli_reset(struct cli *cli);

/*
 * The next option of the program's own; common ones are consumed (--help, --usage and --version do
 * not return).  A wrong command line does not return either.
 * *value: the option's argument, valid until the next call; NULL if it takes none.
 * Returns its val, or -1 when there are no more.
 */
int cli_next(struct cli *cli, const char **value);

/* The next operand, or NULL.  After cli_next() has returned -1.  Lives until cli_reset(). */
const char *cli_operand(struct cli *cli);

/*
 * "NAME: message" and, of the command line, "Try 'NAME --help' ..." on stderr, exit with
 * usage_status.
 */
void cli_usage_error(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/*
 * "NAME: message" on stderr, one line whatever the arguments hold: the message is escaped as a
 * whole, so callers pass untrusted text as it is.  Warnings are left out with -q.
 */
void cli_error(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cli_warn(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* cli_error() and exit. */
void cli_die(const struct cli *cli, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));

/* A copy of a value, which is the caller's to free(3); replace frees what was in its place. */
char *cli_keep(const struct cli *cli, const char *value);
void cli_replace(const struct cli *cli, char **where, const char *value);

/*
 * The same for what there may be but one of: a usage error where there is one already.
 * option: as the user writes it, "-o".
 */
void cli_once(const struct cli *cli, const char *option, char **where, const char *value);

/*
 * Typed values; what is not one is a usage error that names the option.
 * option: as the user writes it, "-p" or "--timeout".
 */
long long cli_number(const struct cli *cli, const char *option, const char *value, long long min,
    long long max);
/* One of words, which ends with NULL: its place in the list. */
int cli_word(const struct cli *cli, const char *option, const char *value,
    const char *const *words);
int64_t cli_duration(const struct cli *cli, const char *option, const char *value); /* ns */
uint64_t cli_size(const struct cli *cli, const char *option, const char *value);    /* bytes */
/* An octal mode, or a change to base such as g-w or o=rw; of the bits 0777, whatever the umask. */
mode_t cli_mode(const struct cli *cli, const char *option, const char *value, mode_t base);

/* In place of an exit status: the errno. */
enum { CLI_STATUS_ERRNO = -1 };

/*
 * Flushes stdout; a failure (a full disk) is an error that exits with status.  A program calls it
 * last.
 */
void cli_close_stdout(const struct cli *cli, int status);

#endif
