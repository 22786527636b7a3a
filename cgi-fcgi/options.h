/* The command line of cgi-fcgi, the devkit's forms and ours, read into one structure. */
#ifndef CGI_FCGI_OPTIONS_H
#define CGI_FCGI_OPTIONS_H

#include <stdint.h>

#include "cli.h"
#include "params.h"

/* What the four forms ask for. */
enum form {
	FORM_BIND,		/* -bind: one request to whoever listens */
	FORM_START,		/* -start: start the application and leave */
	FORM_BIND_OR_START,	/* neither: a request, after starting the application if need be */
};

struct options {
	enum form form;
	char *connect;		/* the address as it was given */
	const char *app;	/* the application's path, NULL without one */
	char **app_arguments;	/* what follows "--", NULL without any */
	long long instances;
	int supervise;

	struct params params;	/* the variables to send */
	char *data;		/* -d: text, @FILE or -; NULL without it */
	int no_stdin;
	uint16_t role;
	uint16_t request_id;
	uint8_t flags;		/* FCGI_KEEP_CONN */
	int64_t connect_timeout_ns; /* CLOCK_NEVER: none */
	int64_t timeout_ns;
	int fail;

	struct cli cli;		/* what the strings above live in */
	char **file_argv;	/* likewise, with -f */
};

/*
 * Reads the command line; a wrong one does not return.
 * argv, envp: stay alive as long as the options.
 */
void options_read(struct options *options, int argc, char **argv, char *const *envp);

/* Gives back all it holds. */
void options_reset(struct options *options);

#endif
