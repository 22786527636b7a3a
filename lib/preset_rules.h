/* A preset as it is written: its lines, read once and kept. */
#ifndef PRESET_RULES_H
#define PRESET_RULES_H

#include <stddef.h>

#include "buffer.h"

struct preset_context;

/*
 * A named source: what it stands for in the request at hand.
 * value: appends it; nothing for what is empty or absent.  Returns 0, or -FCGI_E_SYSTEM.
 */
struct preset_source {
	const char *name;
	int has_argument;	/* a word follows the name */
	int (*value)(const struct preset_context *context, const char *argument,
	    struct buffer *out);
};

enum preset_term_kind {
	TERM_TEXT,		/* text */
	TERM_SOURCE,		/* source, with text as its argument */
	TERM_ELSE,		/* what follows is for when all before is empty */
};

struct preset_term {
	enum preset_term_kind kind;
	const struct preset_source *source;
	const char *text;
};

/* NAME <- term... [else term...] [if|unless source] */
struct preset_line {
	const char *name;	/* NULL: the headers come here */
	size_t first, count;	/* its terms */
	struct preset_term condition;	/* source is NULL without one */
	int unless;
};

enum preset_action {
	HEADER_SEND,		/* as the rules for all of them say */
	HEADER_DROP,
	HEADER_DROP_UNLESS_PASSED,	/* ... by the request's pass_headers */
	HEADER_DROP_IF,		/* ... condition is not empty */
	HEADER_JOIN,		/* by text */
	HEADER_AS,		/* under the name text */
	HEADER_VALUE,		/* with text for its value */
};

/* header NAME: action */
struct preset_header_rule {
	const char *name;
	enum preset_action action;
	const char *text;
	struct preset_term condition;
};

/* A header's name with a character that is no letter, digit or hyphen. */
enum preset_odd_names {
	ODD_DROP,		/* the header is left out */
	ODD_UNDERSCORE,		/* the character becomes '_', as the hyphen does */
	ODD_KEEP,		/* the character stays */
};

/* At which of several places that end a script's name it ends. */
enum preset_split_at {
	SPLIT_FIRST,		/* the first that a slash follows */
	SPLIT_LAST,		/* the last that a slash follows */
	SPLIT_ANYWHERE,		/* the first, be it followed by anything, and in any case */
};

/* Zero-filled before use; preset_rules_reset() gives its memory back. */
struct preset_rules {
	unsigned int path;	/* of enum preset_path_rules */
	const char *index;	/* what a path that ends in '/' gets; NULL: nothing */
	const char *split;	/* where the script's name ends; NULL: it is all of the path */
	enum preset_split_at split_at;
	enum preset_odd_names odd_names;
	int drop_empty;		/* headers without a value */
	const char *join;	/* between the values of headers of one name; NULL: each is sent */
	struct preset_line *lines;
	size_t line_count;
	struct preset_term *terms;
	size_t term_count;
	struct preset_header_rule *headers;
	size_t header_count;
	char *text;		/* private: what all the strings point into */
};

/*
 * Reads a preset.
 * text, len: copied.
 * number: on -FCGI_E_SYNTAX the line at fault; why: what is wrong with it, in why_size bytes.
 * Returns 0, -FCGI_E_SYNTAX, or -FCGI_E_SYSTEM.
 */
int preset_rules_read(struct preset_rules *rules, const char *text, size_t len, size_t *number,
    char *why, size_t why_size);

void preset_rules_reset(struct preset_rules *rules);

#endif
