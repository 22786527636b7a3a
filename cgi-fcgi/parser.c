#include "parser.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Parentheses, functions and %{} within each other: far above what httpd evaluates. */
enum { DEPTH_MAX = 64 };

static const struct {
	const char *name;
	enum expression_op op;
} functions[] = {
	{ "env", OP_VARIABLE },
	{ "reqenv", OP_VARIABLE },
	{ "tolower", OP_LOWER },
	{ "toupper", OP_UPPER },
};

struct expression *
parser_fail(struct parser *parser, const char *at, const char *format, ...)
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

struct expression *
parser_new(struct parser *parser, enum expression_op op)
{
	struct expression *node = calloc(1, sizeof *node);

	if (node == NULL)
		return parser_fail(parser, parser->p, "out of memory");
	node->op = op;
	return node;
}

struct expression *
parser_adopt(struct expression *parent, struct expression *child)
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

int
parser_enter(struct parser *parser)
{
	if (++parser->depth <= DEPTH_MAX)
		return 1;
	parser_fail(parser, parser->p, "nested more than %d deep", DEPTH_MAX);
	return 0;
}

void
parser_skip_blanks(struct parser *parser)
{
	parser->p += strspn(parser->p, " \t\n");
}

size_t
parser_name_len(const char *text)
{
	size_t len = 0;

	if (!isalpha((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

int
parser_is_name(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

int
parser_take_sign(struct parser *parser, const char *sign)
{
	parser_skip_blanks(parser);
	if (strncmp(parser->p, sign, strlen(sign)) != 0)
		return 0;
	parser->p += strlen(sign);
	return 1;
}

int
parser_take_name(struct parser *parser, const char *name)
{
	size_t len;

	parser_skip_blanks(parser);
	len = parser_name_len(parser->p);
	if (!parser_is_name(parser->p, len, name))
		return 0;
	parser->p += len;
	return 1;
}

struct expression *
parser_fail_here(struct parser *parser, const char *wanted)
{
	parser_skip_blanks(parser);
	if (*parser->p == '\0')
		return parser_fail(parser, parser->p, "%s is missing at the end", wanted);
	return parser_fail(parser, parser->p, "%s is wanted, not \"%.20s\"", wanted, parser->p);
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
			node = parser_new(parser, functions[i].op);
	if (node == NULL)
		return parser_fail(parser, name,
		    "function %.*s is not known here; env, reqenv, tolower and toupper are",
		    (int)(len < 40 ? len : 40), name);
	if (!parser_enter(parser)) {
		expression_free(node);
		return NULL;
	}
	argument = end == '}' ? parser_text(parser, end) : parser_word(parser);
	parser->depth--;
	return parser_adopt(node, argument);
}

/* $N or %{FUNCTION:TEXT}. */
static struct expression *
parse_reference(struct parser *parser)
{
	const char *name = parser->p + 2;
	size_t len = parser_name_len(name);
	struct expression *node;

	if (*parser->p == '$') {
		node = parser_new(parser, OP_CAPTURE);
		if (node != NULL)
			node->number = (unsigned)(parser->p[1] - '0');
		parser->p += 2;
		return node;
	}
	if (len > 0 && name[len] == '}')
		return parser_fail(parser, name,
		    "%%{%.*s} is not known here; the variable is %%{reqenv:%.*s}",
		    (int)(len < 40 ? len : 40), name, (int)(len < 40 ? len : 40), name);
	if (len == 0 || name[len] != ':')
		return parser_fail(parser, name + len, "%%{ wants FUNCTION:TEXT}");
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
		parser_fail(parser, p - 1, "\\ wants an octal number up to 377, not zero");
		return -1;
	}
	if (*p == '\0') {
		parser_fail(parser, p - 1, "\\ has nothing behind it");
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
	struct expression *node = parser_new(parser, OP_TEXT);
	size_t len = 0;
	int c;

	while (node != NULL && *parser->p != end && !is_reference(parser->p)) {
		c = (unsigned char)*parser->p;
		if (c == '\0' || c == '\n')
			parser_fail(parser, parser->p,
			    c == '\n'	 ? "a line ends inside text"
			    : end == '}' ? "%%{ is not closed"
					 : "a quote is not closed");
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
		parser_fail(parser, parser->p, "out of memory");
	}
	expression_free(node);
	return NULL;
}

struct expression *
parser_text(struct parser *parser, char end)
{
	struct expression *all = parser_new(parser, OP_JOIN);

	if (end == '}' && *parser->p == end) {
		expression_free(all);
		return parser_fail(parser, parser->p, "%%{FUNCTION:} wants a name");
	}
	while (all != NULL && *parser->p != end)
		all = parser_adopt(all,
		    is_reference(parser->p) ? parse_reference(parser) : parse_piece(parser, end));
	if (all != NULL && end != '\0')
		parser->p++;
	return all;
}

static struct expression *
parse_number(struct parser *parser)
{
	struct expression *node = parser_new(parser, OP_TEXT);
	size_t len = 1 + strspn(parser->p + 1, "0123456789");

	if (node == NULL)
		return NULL;
	node->text = strndup(parser->p, len);
	if (node->text == NULL) {
		expression_free(node);
		return parser_fail(parser, parser->p, "out of memory");
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

	parser_skip_blanks(parser);
	name = parser->p;
	if (*name == '\'' || *name == '"') {
		parser->p++;
		return parser_text(parser, *name);
	}
	if (is_reference(name))
		return parse_reference(parser);
	if (isdigit((unsigned char)*name) || (*name == '-' && isdigit((unsigned char)name[1])))
		return parse_number(parser);
	len = parser_name_len(name);
	if (len == 0 || name[len + strspn(name + len, " \t\n")] != '(')
		return parser_fail_here(
		    parser, "a word ('text', reqenv('NAME'), %{reqenv:NAME}, $1)");
	parser->p += len;
	parser_take_sign(parser, "(");
	node = parse_call(parser, name, len, ')');
	if (node != NULL && !parser_take_sign(parser, ")")) {
		expression_free(node);
		return parser_fail_here(parser, ")");
	}
	return node;
}

struct expression *
parser_word(struct parser *parser)
{
	struct expression *all = parser_adopt(parser_new(parser, OP_JOIN), parse_one_word(parser));

	while (all != NULL && parser_take_sign(parser, "."))
		all = parser_adopt(all, parse_one_word(parser));
	return all;
}
