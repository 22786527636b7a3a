#include "expression.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expression_node.h"

/* Parentheses, functions and %{} within each other: far above what httpd evaluates. */
enum { DEPTH_MAX = 64 };

struct parser {
	const char *text;
	const char *p;
	struct pattern_library **library;
	char *buffer;		/* for one piece of text; as long as all of it */
	unsigned depth;
	size_t *offset;
	char *why;		/* empty until something fails */
};

static const struct {
	const char *name;
	enum expression_op op;
} functions[] = {
	{ "env", OP_VARIABLE },
	{ "reqenv", OP_VARIABLE },
	{ "tolower", OP_LOWER },
	{ "toupper", OP_UPPER },
};

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
static struct expression *parse_word(struct parser *parser);
static struct expression *parse_text(struct parser *parser, char end);

/* Keeps the first of them, which the others come from. */
__attribute__((format(printf, 3, 4))) static struct expression *
fail(struct parser *parser, const char *at, const char *format, ...)
{
	va_list args;

	if (parser->why[0] != '\0')
		return NULL;
	*parser->offset = (size_t)(at - parser->text);
	va_start(args, format);
	vsnprintf(parser->why, EXPRESSION_WHY_MAX, format, args);
	va_end(args);
	return NULL;
}

static struct expression *
new_node(struct parser *parser, enum expression_op op)
{
	struct expression *node = calloc(1, sizeof *node);

	if (node == NULL)
		return fail(parser, parser->p, "out of memory");
	node->op = op;
	return node;
}

/* Both or none: what cannot be completed is given back. */
static struct expression *
adopt(struct expression *parent, struct expression *child)
{
	if (parent == NULL || child == NULL) {
		expression_free(parent);
		expression_free(child);
		return NULL;
	}
	if (parent->children == NULL)
		parent->children = child;
	else
		parent->last->next = child;
	parent->last = child;
	return parent;
}

static int
enter(struct parser *parser)
{
	if (++parser->depth <= DEPTH_MAX)
		return 1;
	fail(parser, parser->p, "nested more than %d deep", DEPTH_MAX);
	return 0;
}

static void
skip_blanks(struct parser *parser)
{
	parser->p += strspn(parser->p, " \t\n");
}

/* The length of the name that text begins with, 0 without one. */
static size_t
name_len(const char *text)
{
	size_t len = 0;

	if (!isalpha((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

static int
is_name(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

static int
take_sign(struct parser *parser, const char *sign)
{
	skip_blanks(parser);
	if (strncmp(parser->p, sign, strlen(sign)) != 0)
		return 0;
	parser->p += strlen(sign);
	return 1;
}

static int
take_name(struct parser *parser, const char *name)
{
	size_t len;

	skip_blanks(parser);
	len = name_len(parser->p);
	if (!is_name(parser->p, len, name))
		return 0;
	parser->p += len;
	return 1;
}

static struct expression *
fail_here(struct parser *parser, const char *wanted)
{
	skip_blanks(parser);
	if (*parser->p == '\0')
		return fail(parser, parser->p, "%s is missing at the end", wanted);
	return fail(parser, parser->p, "%s is wanted, not \"%.20s\"", wanted, parser->p);
}

/* The name was read; what its argument ends with is in the way of nothing else. */
static struct expression *
parse_call(struct parser *parser, const char *name, size_t len, char end)
{
	struct expression *node = NULL, *argument;
	size_t i;

	for (i = 0; i < sizeof functions / sizeof *functions && node == NULL; i++)
		if (strlen(functions[i].name) == len &&
		    strncasecmp(functions[i].name, name, len) == 0)
			node = new_node(parser, functions[i].op);
	if (node == NULL)
		return fail(parser, name,
		    "function %.*s is not known here; env, reqenv, tolower and toupper are",
		    (int)(len < 40 ? len : 40), name);
	if (!enter(parser)) {
		expression_free(node);
		return NULL;
	}
	argument = end == '}' ? parse_text(parser, end) : parse_word(parser);
	parser->depth--;
	return adopt(node, argument);
}

/* $N or %{FUNCTION:TEXT}. */
static struct expression *
parse_reference(struct parser *parser)
{
	const char *name = parser->p + 2;
	size_t len = name_len(name);
	struct expression *node;

	if (*parser->p == '$') {
		node = new_node(parser, OP_CAPTURE);
		if (node != NULL)
			node->number = (unsigned)(parser->p[1] - '0');
		parser->p += 2;
		return node;
	}
	if (len > 0 && name[len] == '}')
		return fail(parser, name, "%%{%.*s} is not known here; the variable is %%{reqenv:%.*s}",
		    (int)(len < 40 ? len : 40), name, (int)(len < 40 ? len : 40), name);
	if (len == 0 || name[len] != ':')
		return fail(parser, name + len, "%%{ wants FUNCTION:TEXT}");
	parser->p = name + len + 1;
	return parse_call(parser, name, len, '}');
}

static int
is_reference(const char *p)
{
	return (p[0] == '$' && isdigit((unsigned char)p[1])) || (p[0] == '%' && p[1] == '{');
}

/* Behind a backslash.  Returns the byte, or -1. */
static int
parse_escape(struct parser *parser)
{
	static const char letters[] = "nrtbf", bytes[] = "\n\r\t\b\f";
	const char *p = parser->p, *letter;
	size_t digits = strspn(p, "0123456789"), octal = strspn(p, "01234567");
	unsigned long byte;

	if (digits > 0) {
		byte = strtoul(p, NULL, 8);
		parser->p += digits;
		if (octal == digits && digits <= 3 && byte > 0 && byte <= 0xff)
			return (int)byte;
		fail(parser, p - 1, "\\ wants an octal number up to 377, not zero");
		return -1;
	}
	if (*p == '\0') {
		fail(parser, p - 1, "\\ has nothing behind it");
		return -1;
	}
	parser->p++;
	letter = strchr(letters, *p);
	return letter != NULL ? bytes[letter - letters] : (unsigned char)*p;
}

/* Takes one piece of text up to a reference or the end.  Returns its node; of length 0, too. */
static struct expression *
parse_piece(struct parser *parser, char end)
{
	struct expression *node = new_node(parser, OP_TEXT);
	size_t len = 0;
	int c;

	while (node != NULL && *parser->p != end && !is_reference(parser->p)) {
		c = (unsigned char)*parser->p;
		if (c == '\0' || c == '\n')
			fail(parser, parser->p, c == '\n' ? "a line ends inside text"
				: end == '}' ? "%%{ is not closed" : "a quote is not closed");
		else
			parser->p++;
		if (c == '\\')
			c = parse_escape(parser);
		if (parser->why[0] != '\0')
			break;
		parser->buffer[len++] = (char)c;
	}
	if (node != NULL && parser->why[0] == '\0') {
		node->text = strndup(parser->buffer, len);
		if (node->text != NULL)
			return node;
		fail(parser, parser->p, "out of memory");
	}
	expression_free(node);
	return NULL;
}

/* Up to end, which is taken as well; '\0' is the end of everything. */
static struct expression *
parse_text(struct parser *parser, char end)
{
	struct expression *all = new_node(parser, OP_JOIN);

	if (end == '}' && *parser->p == end) {
		expression_free(all);
		return fail(parser, parser->p, "%%{FUNCTION:} wants a name");
	}
	while (all != NULL && *parser->p != end)
		all = adopt(all, is_reference(parser->p) ? parse_reference(parser)
							 : parse_piece(parser, end));
	if (all != NULL && end != '\0')
		parser->p++;
	return all;
}

static struct expression *
parse_number(struct parser *parser)
{
	struct expression *node = new_node(parser, OP_TEXT);
	size_t len = 1 + strspn(parser->p + 1, "0123456789");

	if (node == NULL)
		return NULL;
	node->text = strndup(parser->p, len);
	if (node->text == NULL) {
		expression_free(node);
		return fail(parser, parser->p, "out of memory");
	}
	parser->p += len;
	return node;
}

static struct expression *
parse_one_word(struct parser *parser)
{
	const char *name;
	struct expression *node;
	size_t len;

	skip_blanks(parser);
	name = parser->p;
	if (*name == '\'' || *name == '"') {
		parser->p++;
		return parse_text(parser, *name);
	}
	if (is_reference(name))
		return parse_reference(parser);
	if (isdigit((unsigned char)*name) || (*name == '-' && isdigit((unsigned char)name[1])))
		return parse_number(parser);
	len = name_len(name);
	if (len == 0 || name[len + strspn(name + len, " \t\n")] != '(')
		return fail_here(parser, "a word ('text', reqenv('NAME'), %{reqenv:NAME}, $1)");
	parser->p += len;
	take_sign(parser, "(");
	node = parse_call(parser, name, len, ')');
	if (node != NULL && !take_sign(parser, ")")) {
		expression_free(node);
		return fail_here(parser, ")");
	}
	return node;
}

static struct expression *
parse_word(struct parser *parser)
{
	struct expression *all = adopt(new_node(parser, OP_JOIN), parse_one_word(parser));

	while (all != NULL && take_sign(parser, "."))
		all = adopt(all, parse_one_word(parser));
	return all;
}

static int
load_library(struct parser *parser, const char *at)
{
	char why[EXPRESSION_WHY_MAX];

	if (*parser->library == NULL)
		*parser->library = pattern_library_new(why, sizeof why);
	if (*parser->library == NULL)
		fail(parser, at, "%s", why);
	return *parser->library != NULL;
}

/* /REGEX/ or m#REGEX#, and perhaps the flag i.  There is no escape for what ends it. */
static struct pattern *
parse_pattern(struct parser *parser)
{
	const char *start, *end;
	char why[EXPRESSION_WHY_MAX];
	struct pattern *pattern;
	size_t at;

	skip_blanks(parser);
	if (*parser->p == 'm' && parser->p[1] != '\0' &&
	    strchr("/#$%^,;:_?|-!.'\"", parser->p[1]) != NULL)
		parser->p++;
	else if (*parser->p != '/') {
		fail_here(parser, "a regular expression, /.../ or m#...#,");
		return NULL;
	}
	start = parser->p + 1;
	end = strchr(start, *parser->p);
	if (end == NULL) {
		fail(parser, parser->p, "a regular expression is not closed with \"%c\"",
		    *parser->p);
		return NULL;
	}
	parser->p = end + 1 + (end[1] == 'i');
	if (!load_library(parser, start))
		return NULL;
	pattern = pattern_compile(*parser->library, start, (size_t)(end - start), end[1] == 'i', &at,
	    why, sizeof why);
	if (pattern == NULL)
		fail(parser, start + at, "%s", why);
	return pattern;
}

static struct expression *
parse_list(struct parser *parser, struct expression *all)
{
	if (all != NULL && !take_sign(parser, "{")) {
		expression_free(all);
		return fail_here(parser, "{ of a list");
	}
	do {
		all = adopt(all, parse_word(parser));
	} while (all != NULL && take_sign(parser, ","));
	if (all != NULL && !take_sign(parser, "}")) {
		expression_free(all);
		return fail_here(parser, "} of the list");
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
		if (take_sign(parser, comparisons[i].sign))
			return 1;
	}
	name = parser->p + (*parser->p == '-');
	len = name_len(name);
	for (i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (!is_name(name, len, operators[i].name))
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
	struct expression *word = parse_word(parser), *node;
	enum expression_op op;

	if (word == NULL)
		return NULL;
	if (!take_comparison(parser, &op)) {
		expression_free(word);
		return fail_here(parser, "a comparison (==, !=, =~, !~, -eq ...)");
	}
	node = adopt(new_node(parser, op), word);
	if (op == OP_IN)
		return parse_list(parser, node);
	if (op != OP_MATCH && op != OP_NO_MATCH)
		return adopt(node, parse_word(parser));
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

	if (!enter(parser))
		return NULL;
	node = parse_condition(parser);
	parser->depth--;
	if (node != NULL && !take_sign(parser, ")")) {
		expression_free(node);
		return fail_here(parser, ")");
	}
	return node;
}

static struct expression *
parse_term(struct parser *parser)
{
	const char *p;

	if (take_sign(parser, "("))
		return parse_parentheses(parser);
	if (take_name(parser, "true"))
		return new_node(parser, OP_TRUE);
	if (take_name(parser, "false"))
		return new_node(parser, OP_FALSE);
	p = parser->p;
	if (*p != '-' || (!isalpha((unsigned char)p[1]) && p[1] != '_'))
		return parse_comparison(parser);
	if ((p[1] != 'n' && p[1] != 'z') || isalnum((unsigned char)p[2]) || p[2] == '_')
		return fail(parser, p, "%.*s is not known here; -n and -z are",
		    1 + (int)strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), p);
	parser->p += 2;
	return adopt(new_node(parser, p[1] == 'n' ? OP_NONEMPTY : OP_EMPTY), parse_word(parser));
}

static struct expression *
parse_negation(struct parser *parser)
{
	struct expression *node;
	int negated = 0;

	while (take_sign(parser, "!") || take_name(parser, "not"))
		negated = !negated;
	node = parse_term(parser);
	return negated && node != NULL ? adopt(new_node(parser, OP_NOT), node) : node;
}

static struct expression *
parse_and(struct parser *parser)
{
	struct expression *all = adopt(new_node(parser, OP_AND), parse_negation(parser));

	while (all != NULL && (take_sign(parser, "&&") || take_name(parser, "and")))
		all = adopt(all, parse_negation(parser));
	return all;
}

static struct expression *
parse_condition(struct parser *parser)
{
	struct expression *all = adopt(new_node(parser, OP_OR), parse_and(parser));

	while (all != NULL && (take_sign(parser, "||") || take_name(parser, "or")))
		all = adopt(all, parse_and(parser));
	return all;
}

struct expression *
expression_parse(const char *text, enum expression_kind kind, struct pattern_library **library,
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
		return fail(&parser, text, "out of memory");
	if (kind == EXPRESSION_VALUE)
		all = parse_text(&parser, '\0');
	else
		all = parse_condition(&parser);
	skip_blanks(&parser);
	if (all != NULL && *parser.p != '\0') {
		expression_free(all);
		all = fail_here(&parser, "the end or && or ||");
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
	pattern_free(expression->pattern);
	free(expression);
}
