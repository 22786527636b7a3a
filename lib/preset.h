/*
 * The variables that a web server would send to an application for one HTTP request.  What each
 * server sends is data: a file of lines "NAME <- source", built in under a name (those of presets)
 * or read at run time; cgi-fcgi(1) describes them under PRESETS.
 */
#ifndef PRESET_H
#define PRESET_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "buffer.h"
#include "params.h"

struct preset_rules;

/* As curl's -H: an empty value leaves a header out that would be sent by default. */
struct preset_header {
	const char *name;
	const char *value;	/* NULL: the header is sent with an empty value ("Name;") */
};

/* One HTTP request and where it arrives.  All of it is the caller's; zero or NULL: the default. */
struct preset_request {
	/* http://host[:port]/path?query, https://..., or what begins with '/': http://localhost/ */
	const char *url;
	/* Sent in the request line in place of the URL's path and query: a URL for absolute form */
	const char *target;
	const char *method;			/* GET, or POST with a body */
	const struct preset_header *headers;	/* in order, duplicates kept */
	size_t header_count;
	int has_body;
	int length_unknown;			/* the body's: it is sent in chunks */
	uint64_t body_len;
	const char *user, *password;		/* for Authorization: Basic */
	const char *remote_addr;		/* 127.0.0.1 */
	int https;				/* also without a URL that says so */
	const char *docroot;			/* /var/www/html */
	const char *script;			/* the file, whatever the URL says */
	const char *pathinfo;			/* Apache's proxy-fcgi-pathinfo; NULL: not set */
	const char *split;			/* where the script's name ends: .php */
	const struct addr *app;			/* which Apache puts into SCRIPT_FILENAME */
	const char *const *pass_headers;	/* sent though the server would keep them back */
	size_t pass_header_count;
};

/*
 * Adds the variables that the preset makes of the request, in the order the server sends them.
 * name: one of preset_name(), or a file when there is a slash in it.
 * why: on failure, one line without the program's name: what is wrong with the URL, or why the
 * server would refuse it; "FILE:LINE: what is wrong"; which presets there are; why a file cannot be
 * read.  May hold untrusted bytes, but no password of the URL's.
 * Returns 0, -FCGI_E_SYNTAX, or -FCGI_E_SYSTEM; on failure params hold what was added until then.
 */
int preset_apply(struct params *params, const char *name, const struct preset_request *request,
    char *why, size_t why_size);

/* The same by the rules of a preset that has been read already. */
int preset_apply_rules(struct params *params, const struct preset_rules *rules,
    const struct preset_request *request, char *why, size_t why_size);

/* The names of those built in, sorted: index 0 and up.  Returns NULL behind the last. */
const char *preset_name(size_t index);

#endif
