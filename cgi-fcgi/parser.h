/*
 * What the parser of expressions is made of: a place in the text, and the words, of which
 * conditions are made as well as values.  Nodes are the caller's to expression_free().
 */
#ifndef CGI_FCGI_PARSER_H
#define CGI_FCGI_PARSER_H

#include "expression.h"
#include "expression_node.h"

struct parser {
	const char *text;
	const char *p;
	struct regexp_library **library;
	char *buffer;	/* for one piece of text; as long as all of it */
	unsigned depth;
	size_t *offset;
	char *why;	/* empty until something fails */
};

/* Keeps the first failure, which the others come from.  Returns NULL. */
struct expression *parser_fail(struct parser *parser, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says what is wanted where the parser is.  Returns NULL. */
struct expression *parser_fail_here(struct parser *parser, const char *wanted);

/* Returns a node without children, or NULL. */
struct expression *parser_new(struct parser *parser, enum expression_op op);

/* Returns the parent with one more child; NULL if one of both is, and then the other is freed. */
struct expression *parser_adopt(struct expression *parent, struct expression *child);

/* One level deeper; the caller takes it off parser->depth.  Returns 0 when that is too deep. */
int parser_enter(struct parser *parser);

void parser_skip_blanks(struct parser *parser);

/* The length of the name that text begins with, 0 without one. */
size_t parser_name_len(const char *text);
int parser_is_name(const char *text, size_t len, const char *name);

/* Blanks are skipped; returns 1 when what is asked for followed, and is behind the parser. */
int parser_take_sign(struct parser *parser, const char *sign);
int parser_take_name(struct parser *parser, const char *name);

/* A word of a condition: parts with '.' between them. */
struct expression *parser_word(struct parser *parser);

/* Text up to end, which is taken as well; '\0' is the end of everything. */
struct expression *parser_text(struct parser *parser, char end);

#endif
