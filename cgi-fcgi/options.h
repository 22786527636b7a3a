/* The command line of cgi-fcgi, the devkit's forms and ours, read into one structure. */
#ifndef CGI_FCGI_OPTIONS_H
#define CGI_FCGI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "cli.h"
#include "cli_identity.h"
#include "cli_request.h"
#include "cli_time.h"
#include "cli_variables.h"
#include "params.h"

/* What the devkit's four forms ask for. */
enum form {
	FORM_BIND,		/* -bind: a request to whoever listens */
	FORM_START,		/* -start: start the application and leave */
	FORM_BIND_OR_START,	/* neither: a request, after starting the application if need be */
};

/* What is done in place of a request and its answer. */
enum tool {
	TOOL_NONE,
	TOOL_PRINT_PARAMS,	/* -n */
	TOOL_GET_VALUES,
	TOOL_ENCODE,
	TOOL_DECODE,
};

enum print_format { PRINT_ENV, PRINT_ENV0, PRINT_JSON };

enum output_parts { OUTPUT_ALL, OUTPUT_BODY, OUTPUT_HEADERS };

enum stderr_to { STDERR_PASS, STDERR_FILE, STDERR_NULL, STDERR_PREFIX };

enum { OPTIONS_MULTIPLEX_MAX = 1024 };

/* Rules as Apache's ProxyFCGISetEnvIf has them. */
struct rule_source {
	int is_file;
	char *text;		/* the rule, or the file's name */
};

struct options {
	enum form form;
	enum tool tool;
	char *connect;		/* the address as it was given; NULL for a tool that needs none */
	const char *app;	/* the application's path, NULL without one */
	char **app_arguments;	/* what follows "--", NULL without any */
	long long instances;
	int supervise;

	struct cli_request http;
	struct cli_identity identity;
	struct cli_variables variables;
	struct rule_source *rules;
	size_t rule_count;
	struct params params;	/* the variables to send, once request_prepare() has been here */

	int no_stdin;
	int stream;		/* standard input is sent as it comes */
	int64_t content_length;	/* what is said of the body's length; -1: the truth */
	uint16_t role;
	char *filter_data;	/* the file for FCGI_DATA, NULL without one */
	uint16_t request_id;	/* of the first request with --multiplex */
	uint8_t flags;		/* FCGI_KEEP_CONN */
	long long repeat;	/* 1 without the option */
	long long multiplex;	/* likewise */

	struct cli_time time;
	int64_t first_byte_timeout_ns; /* CLOCK_NEVER: none, here and below */
	int64_t idle_timeout_ns;
	int wait;		/* --wait or --wait-timeout */
	int64_t wait_timeout_ns;
	int64_t abort_after_ns;

	enum output_parts parts;
	int status_line;
	char *output_file;	/* NULL: standard output */
	char *header_file;	/* NULL: none */
	int flush;
	enum stderr_to stderr_to;
	char *stderr_file;	/* with STDERR_FILE */
	char *write_out;	/* NULL without -w */
	int json;
	char *seen_by;		/* a web server's name, or NULL */
	int fail;
	int fail_stderr;

	enum print_format print_format;
	char *trace_file;	/* NULL: none */
	int trace_time;
	int show_secrets;
	char *decode_dir;	/* NULL: none */
	const char **operands;	/* of a tool, NULL-terminated; else NULL */

	struct cli cli;		/* what the strings above live in */
	char **file_argv;	/* likewise, with -f */
};

/*
 * Reads the command line; a wrong one does not return.
 * argv: stays alive as long as the options.
 */
void options_read(struct options *options, int argc, char **argv);

/* Gives back all it holds. */
void options_reset(struct options *options);

#endif
