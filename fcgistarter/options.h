/* The command line of fcgistarter, read into one structure and checked. */
#ifndef FCGISTARTER_OPTIONS_H
#define FCGISTARTER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli.h"

/* When an instance counts as started. */
enum ready {
	READY_EXEC,	/* its program is executed */
	READY_ALIVE,	/* ... and has lived for start_grace */
	READY_CONNECT,	/* ... and has accepted a connection */
};

/* Values of an option that may be given several times. */
struct words {
	char **items;
	size_t count;
};

struct options {
	/* where */
	int port;			/* -1: a UNIX socket instead; 0: any free one */
	struct words interfaces;	/* none: loopback */
	char *socket;			/* as given, with its %i; NULL: a port instead */
	int per_instance;		/* 1: a socket for each instance */
	int backlog;
	mode_t mode;

	/* what */
	const char *command;
	char **arguments;		/* of the command, NULL-terminated; NULL: none */
	int instances;
	char *directory;
	struct words changes;		/* of the environment: NAME=VALUE or NAME */
	struct words kept;		/* names that --clean-env spares */
	int clean_env;

	/* start */
	int64_t start_grace_ns;
	enum ready ready;
	int wait;			/* 1: give up after wait_timeout_ns */
	int64_t wait_timeout_ns;
	int print_port;
	char *pid_file;			/* NULL: none */

	struct cli cli;			/* what command and arguments live in */
	char *command_given;		/* private */
};

/* Reads the command line; a wrong one does not return. */
void options_read(struct options *options, int argc, char **argv);

/* Gives back all it holds. */
void options_reset(struct options *options);

#endif
