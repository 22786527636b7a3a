/* What expression.c parses and expression_value.c evaluates. */
#ifndef CGI_FCGI_EXPRESSION_NODE_H
#define CGI_FCGI_EXPRESSION_NODE_H

#include "regexp.h"

enum expression_op {
	/* conditions */
	OP_TRUE,
	OP_FALSE,
	OP_NOT,		/* of its one child */
	OP_OR,		/* of all its children */
	OP_AND,
	OP_NONEMPTY,	/* of one word */
	OP_EMPTY,
	OP_EQUAL,	/* of two words, as strings */
	OP_NOT_EQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_GREATER,
	OP_GREATER_EQUAL,
	OP_NUMBER_EQUAL,
	OP_NUMBER_NOT_EQUAL,
	OP_NUMBER_LESS,
	OP_NUMBER_LESS_EQUAL,
	OP_NUMBER_GREATER,
	OP_NUMBER_GREATER_EQUAL,
	OP_IN,		/* the first word among the others */
	OP_MATCH,	/* of one word, with pattern */
	OP_NO_MATCH,
	/* words */
	OP_TEXT,	/* text */
	OP_JOIN,	/* of all its children */
	OP_CAPTURE,	/* number */
	OP_VARIABLE,	/* of the name that its one child is */
	OP_LOWER,
	OP_UPPER,
};

struct expression {
	enum expression_op op;
	unsigned number;
	char *text;
	struct regexp *pattern;
	struct expression *children;
	struct expression *last;	/* of them */
	struct expression *next;	/* child of the same parent */
};

#endif
