/*
 * The option group "request", the same in every program that sends one: the HTTP request that a web
 * server is to have received, and how that server is configured.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <stddef.h>

#include "cli.h"
#include "cli_identity.h"
#include "params.h"
#include "preset.h"

/* Zero-filled before use.  NULL where nothing was given. */
struct cli_request {
	char *url;
	char *target;
	char *as;			/* the preset's name */
	char *method;
	char *data;			/* -d: text, @FILE or - */
	char *docroot;
	char *script;
	char *pathinfo;
	char *split;
	char *remote_addr;
	int https;
	struct preset_header *headers;	/* in order; names and values are ours */
	size_t header_count;
	char **pass_headers;
	size_t pass_header_count;
};

/* For CLI_GROUP. */
extern const struct poptOption cli_request_options[];

/* Takes what cli_next() returned.  Returns 1, or 0 when the option is not of this group. */
int cli_request_take(const struct cli *cli, struct cli_request *request, int option,
    const char *value);

/* Makes one that may be changed without changing the other.  to: overwritten. */
void cli_request_copy(const struct cli *cli, struct cli_request *to,
    const struct cli_request *from);

/* 1 when the variables of a web server are asked for (--url, --as and their like), else 0. */
int cli_request_is_web(const struct cli_request *request);

/*
 * The name of an option that was given and says nothing without --url or --as, as the user wrote
 * it; NULL when there is none.
 */
const char *cli_request_stray(const struct cli_request *request);

/*
 * Adds the variables that the preset, or without one that of plain CGI, makes of the request.  A
 * preset that cannot does not return.
 * identity: read already.  app: the application's address, or NULL.
 * body_len: bytes; -1: a body whose length is not known; with has_body 0 there is none.
 */
void cli_request_apply(const struct cli *cli, const struct cli_request *request,
    const struct cli_identity *identity, const struct addr *app, int has_body, int64_t body_len,
    struct params *params);

/* Gives back what it holds. */
void cli_request_reset(struct cli_request *request);

#endif
