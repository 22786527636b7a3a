/* The request that a preset is asked about, taken apart as that preset's server would. */
#ifndef PRESET_CONTEXT_H
#define PRESET_CONTEXT_H

#include "preset.h"
#include "preset_headers.h"
#include "preset_rules.h"
#include "preset_url.h"

/* Zero-filled before use; preset_context_reset() gives its memory back. */
struct preset_context {
	const struct preset_request *request;
	const struct preset_rules *rules;
	struct preset_url url;
	struct preset_headers headers;
	const char *method;
	const char *docroot;		/* without a slash at its end */
	const char *target;		/* as it stands in the request line */
	char *path;			/* decoded and normalized, the index appended */
	char *query;			/* as sent, without the '?' */
	size_t script_len;		/* of the path: the script's name; the rest is path info */
	int https;
	char *made;			/* private: the document root, when it had to be cut */
};

/*
 * Takes the request apart.
 * rules, request: have to live as long.
 * why: on -FCGI_E_SYNTAX what is wrong with the URL, or why the server would refuse the request.
 * Returns 0, -FCGI_E_SYNTAX, or -FCGI_E_SYSTEM.
 */
int preset_context_make(struct preset_context *context, const struct preset_rules *rules,
    const struct preset_request *request, char *why, size_t why_size);

void preset_context_reset(struct preset_context *context);

#endif
