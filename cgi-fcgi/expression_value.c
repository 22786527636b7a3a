#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expression.h"
#include "expression_node.h"
#include "fcgi_error.h"

static int
fail_for_memory(struct expression_state *state)
{
	snprintf(state->why, sizeof state->why, "%s", strerror(ENOMEM));
	return -FCGI_E_SYSTEM;
}

const struct fcgi_nv *
expression_variable(const struct params *params, const char *name, size_t name_len)
{
	size_t i;

	for (i = 0; i < params->count; i++)
		if (params->items[i].name_len == name_len &&
		    strncasecmp((const char *)params->items[i].name, name, name_len) == 0)
			return &params->items[i];
	return NULL;
}

static void
write_capture(const struct expression *word, const struct expression_state *state, FILE *to)
{
	const struct regexp_span *span = &state->spans[word->number];

	if (state->subject != NULL)
		fwrite(state->subject + span->start, 1, span->len, to);
}

static void
write_cased(const char *text, FILE *to, int is_lower)
{
	for (; *text != '\0'; text++)
		putc(is_lower ? tolower((unsigned char)*text) : toupper((unsigned char)*text), to);
}

static void
write_call(const struct expression *word, struct expression_state *state, FILE *to)
{
	char *argument = expression_text(word->children, state);
	const struct fcgi_nv *nv;

	if (argument == NULL) {
		fail_for_memory(state);
		return;
	}
	if (word->op == OP_VARIABLE) {
		nv = expression_variable(state->params, argument, strlen(argument));
		/* Like httpd, which has strings. */
		if (nv != NULL)
			fputs((const char *)nv->value, to);
	} else {
		write_cased(argument, to, word->op == OP_LOWER);
	}
	free(argument);
}

static void
write_word(const struct expression *word, struct expression_state *state, FILE *to)
{
	const struct expression *child;

	switch (word->op) {
	case OP_TEXT:
		fputs(word->text, to);
		break;
	case OP_JOIN:
		for (child = word->children; child != NULL; child = child->next)
			write_word(child, state, to);
		break;
	case OP_CAPTURE:
		write_capture(word, state, to);
		break;
	default:
		write_call(word, state, to);
		break;
	}
}

char *
expression_text(const struct expression *expression, struct expression_state *state)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);
	int failed;

	if (file == NULL)
		return NULL;
	write_word(expression, state, file);
	failed = ferror(file);
	if (fclose(file) != 0 || failed || state->why[0] != '\0') {
		free(text);
		return NULL;
	}
	return text;
}

/* <0, 0 or >0 as the first word is to the second. */
static int
order(enum expression_op op, const char *a, const char *b)
{
	long long x, y;

	if (op < OP_NUMBER_EQUAL)
		return strcmp(a, b);
	x = strtoll(a, NULL, 10);
	y = strtoll(b, NULL, 10);
	return (x > y) - (x < y);
}

static int
satisfies(enum expression_op op, int order)
{
	switch (op) {
	case OP_EQUAL:
	case OP_NUMBER_EQUAL:
		return order == 0;
	case OP_NOT_EQUAL:
	case OP_NUMBER_NOT_EQUAL:
		return order != 0;
	case OP_LESS:
	case OP_NUMBER_LESS:
		return order < 0;
	case OP_LESS_EQUAL:
	case OP_NUMBER_LESS_EQUAL:
		return order <= 0;
	case OP_GREATER:
	case OP_NUMBER_GREATER:
		return order > 0;
	default:
		return order >= 0;
	}
}

static int
compare(const struct expression *node, struct expression_state *state)
{
	char *a = expression_text(node->children, state);
	char *b = expression_text(node->last, state);
	int r;

	if (a == NULL || b == NULL)
		r = fail_for_memory(state);
	else
		r = satisfies(node->op, order(node->op, a, b));
	free(a);
	free(b);
	return r;
}

static int
is_in_list(const struct expression *node, struct expression_state *state)
{
	char *needle = expression_text(node->children, state), *word;
	const struct expression *child;
	int r = 0;

	for (child = node->children->next; child != NULL && r == 0; child = child->next) {
		word = needle != NULL ? expression_text(child, state) : NULL;
		r = word != NULL ? strcmp(needle, word) == 0 : fail_for_memory(state);
		free(word);
	}
	free(needle);
	return r;
}

/*
 * As httpd: an expression without parentheses leaves $0 to $9 as they were, one that does not match
 * empties them.
 */
static int
match(const struct expression *node, struct expression_state *state)
{
	char *subject = expression_text(node->children, state);
	struct regexp_span spans[REGEXP_SPANS];
	int r;

	if (subject == NULL)
		return fail_for_memory(state);
	r = regexp_match(node->pattern, subject, strlen(subject), spans, state->why,
	    sizeof state->why);
	if (r >= 0 && regexp_captures(node->pattern)) {
		free(state->subject);
		state->subject = NULL;
		if (r > 0) {
			state->subject = subject;
			memcpy(state->spans, spans, sizeof spans);
			subject = NULL;
		}
	}
	free(subject);
	return r < 0 ? r : r == (node->op == OP_MATCH);
}

static int
is_empty(const struct expression *node, struct expression_state *state)
{
	char *text = expression_text(node->children, state);
	int r = text != NULL ? *text == '\0' : fail_for_memory(state);

	free(text);
	return r;
}

int
expression_holds(const struct expression *node, struct expression_state *state)
{
	const struct expression *child;
	int r = node->op == OP_AND;

	switch (node->op) {
	case OP_TRUE:
	case OP_FALSE:
		return node->op == OP_TRUE;
	case OP_NOT:
		r = expression_holds(node->children, state);
		return r < 0 ? r : !r;
	case OP_OR:
	case OP_AND:
		for (child = node->children; child != NULL && r == (node->op == OP_AND);
		    child = child->next)
			r = expression_holds(child, state);
		return r;
	case OP_EMPTY:
		return is_empty(node, state);
	case OP_NONEMPTY:
		r = is_empty(node, state);
		return r < 0 ? r : !r;
	case OP_IN:
		return is_in_list(node, state);
	case OP_MATCH:
	case OP_NO_MATCH:
		return match(node, state);
	default:
		return compare(node, state);
	}
}

void
expression_state_reset(struct expression_state *state)
{
	free(state->subject);
	*state = (struct expression_state){ 0 };
}
