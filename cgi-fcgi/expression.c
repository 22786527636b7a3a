#include "expression.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "expression_node.h"
#include "parser.h"

/* What is the beginning of another stands behind it. */
static const struct {
	const char *sign;
	enum expression_op op;
} comparisons[] = {
	{ "=~", OP_MATCH },
	{ "!~", OP_NO_MATCH },
	{ "==", OP_EQUAL },
	{ "=", OP_EQUAL },
	{ "!=", OP_NOT_EQUAL },
	{ "<=", OP_LESS_EQUAL },
	{ "<", OP_LESS },
	{ ">=", OP_GREATER_EQUAL },
	{ ">", OP_GREATER },
};

static const struct {
	const char *name;
	enum expression_op op;
} operators[] = {
	{ "eq", OP_NUMBER_EQUAL },
	{ "ne", OP_NUMBER_NOT_EQUAL },
	{ "lt", OP_NUMBER_LESS },
	{ "le", OP_NUMBER_LESS_EQUAL },
	{ "gt", OP_NUMBER_GREATER },
	{ "ge", OP_NUMBER_GREATER_EQUAL },
	{ "in", OP_IN },
};

static struct expression *parse_condition(struct parser *parser);

static int
load_library(struct parser *parser, const char *at)
{
	char why[EXPRESSION_WHY_MAX];

	if (*parser->library == NULL)
		*parser->library = regexp_library_new(why, sizeof why);
	if (*parser->library == NULL)
		parser_fail(parser, at, "%s", why);
	return *parser->library != NULL;
}

/* /REGEX/ or m#REGEX#, and perhaps the flag i.  There is no escape for what ends it. */
static struct regexp *
parse_pattern(struct parser *parser)
{
	const char *start, *end;
	char why[EXPRESSION_WHY_MAX];
	struct regexp *pattern;
	size_t at;

	parser_skip_blanks(parser);
	if (*parser->p == 'm' && parser->p[1] != '\0' &&
	    strchr("/#$%^,;:_?|-!.'\"", parser->p[1]) != NULL)
		parser->p++;
	else if (*parser->p != '/') {
		parser_fail_here(parser, "a regular expression, /.../ or m#...#,");
		return NULL;
	}
	start = parser->p + 1;
	end = strchr(start, *parser->p);
	if (end == NULL) {
		parser_fail(parser, parser->p, "a regular expression is not closed with \"%c\"",
		    *parser->p);
		return NULL;
	}
	parser->p = end + 1 + (end[1] == 'i');
	if (!load_library(parser, start))
		return NULL;
	pattern = regexp_compile(
	    *parser->library, start, (size_t)(end - start), end[1] == 'i', &at, why, sizeof why);
	if (pattern == NULL)
		parser_fail(parser, start + at, "%s", why);
	return pattern;
}

static struct expression *
parse_list(struct parser *parser, struct expression *all)
{
	if (all != NULL && !parser_take_sign(parser, "{")) {
		expression_free(all);
		return parser_fail_here(parser, "{ of a list");
	}
	do {
		all = parser_adopt(all, parser_word(parser));
	} while (all != NULL && parser_take_sign(parser, ","));
	if (all != NULL && !parser_take_sign(parser, "}")) {
		expression_free(all);
		return parser_fail_here(parser, "} of the list");
	}
	return all;
}

/* Returns 0 when there is no operator. */
static int
take_comparison(struct parser *parser, enum expression_op *op)
{
	const char *name;
	size_t i, len;

	for (i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
		*op = comparisons[i].op;
		if (parser_take_sign(parser, comparisons[i].sign))
			return 1;
	}
	name = parser->p + (*parser->p == '-');
	len = parser_name_len(name);
	for (i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (!parser_is_name(name, len, operators[i].name))
			continue;
		*op = operators[i].op;
		parser->p = name + len;
		return 1;
	}
	return 0;
}

static struct expression *
parse_comparison(struct parser *parser)
{
	struct expression *word = parser_word(parser), *node;
	enum expression_op op;

	if (word == NULL)
		return NULL;
	if (!take_comparison(parser, &op)) {
		expression_free(word);
		return parser_fail_here(parser, "a comparison (==, !=, =~, !~, -eq ...)");
	}
	node = parser_adopt(parser_new(parser, op), word);
	if (op == OP_IN)
		return parse_list(parser, node);
	if (op != OP_MATCH && op != OP_NO_MATCH)
		return parser_adopt(node, parser_word(parser));
	if (node != NULL)
		node->pattern = parse_pattern(parser);
	if (node == NULL || node->pattern != NULL)
		return node;
	expression_free(node);
	return NULL;
}

static struct expression *
parse_parentheses(struct parser *parser)
{
	struct expression *node;

	if (!parser_enter(parser))
		return NULL;
	node = parse_condition(parser);
	parser->depth--;
	if (node != NULL && !parser_take_sign(parser, ")")) {
		expression_free(node);
		return parser_fail_here(parser, ")");
	}
	return node;
}

static struct expression *
parse_term(struct parser *parser)
{
	const char *p;

	if (parser_take_sign(parser, "("))
		return parse_parentheses(parser);
	if (parser_take_name(parser, "true"))
		return parser_new(parser, OP_TRUE);
	if (parser_take_name(parser, "false"))
		return parser_new(parser, OP_FALSE);
	p = parser->p;
	if (*p != '-' || (!isalpha((unsigned char)p[1]) && p[1] != '_'))
		return parse_comparison(parser);
	if ((p[1] != 'n' && p[1] != 'z') || isalnum((unsigned char)p[2]) || p[2] == '_')
		return parser_fail(parser, p, "%.*s is not known here; -n and -z are",
		    1 + (int)strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
		    p);
	parser->p += 2;
	return parser_adopt(
	    parser_new(parser, p[1] == 'n' ? OP_NONEMPTY : OP_EMPTY), parser_word(parser));
}

static struct expression *
parse_negation(struct parser *parser)
{
	struct expression *node;
	int negated = 0;

	while (parser_take_sign(parser, "!") || parser_take_name(parser, "not"))
		negated = !negated;
	node = parse_term(parser);
	return negated && node != NULL ? parser_adopt(parser_new(parser, OP_NOT), node) : node;
}

static struct expression *
parse_and(struct parser *parser)
{
	struct expression *all = parser_adopt(parser_new(parser, OP_AND), parse_negation(parser));

	while (all != NULL && (parser_take_sign(parser, "&&") || parser_take_name(parser, "and")))
		all = parser_adopt(all, parse_negation(parser));
	return all;
}

static struct expression *
parse_condition(struct parser *parser)
{
	struct expression *all = parser_adopt(parser_new(parser, OP_OR), parse_and(parser));

	while (all != NULL && (parser_take_sign(parser, "||") || parser_take_name(parser, "or")))
		all = parser_adopt(all, parse_and(parser));
	return all;
}

struct expression *
expression_parse(const char *text, enum expression_kind kind, struct regexp_library **library,
    size_t *offset, char why[EXPRESSION_WHY_MAX])
{
	struct parser parser = {
		.text = text,
		.p = text,
		.library = library,
		.buffer = malloc(strlen(text) + 1),
		.offset = offset,
		.why = why,
	};
	struct expression *all;

	*offset = 0;
	why[0] = '\0';
	if (parser.buffer == NULL)
		return parser_fail(&parser, text, "out of memory");
	if (kind == EXPRESSION_VALUE)
		all = parser_text(&parser, '\0');
	else
		all = parse_condition(&parser);
	parser_skip_blanks(&parser);
	if (all != NULL && *parser.p != '\0') {
		expression_free(all);
		all = parser_fail_here(&parser, "the end or && or ||");
	}
	free(parser.buffer);
	return all;
}

/* Only what is nested is recursed into: a parent may have any number of children. */
void
expression_free(struct expression *expression)
{
	struct expression *child, *next;

	if (expression == NULL)
		return;
	for (child = expression->children; child != NULL; child = next) {
		next = child->next;
		expression_free(child);
	}
	free(expression->text);
	regexp_free(expression->pattern);
	free(expression);
}
