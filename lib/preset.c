#include "preset.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"
#include "preset_builtin.h"
#include "preset_context.h"
#include "preset_rules.h"
#include "preset_source.h"

/* --- one variable ----------------------------------------------------------------------------- */

static int
put_term(const struct preset_context *context, const struct preset_term *term, struct buffer *value)
{
	if (term->kind == TERM_TEXT)
		return buffer_append(value, term->text, strlen(term->text));
	return term->source->value(context, term->text, value);
}

static int
put_terms(const struct preset_context *context, const struct preset_line *line,
    struct buffer *value)
{
	const struct preset_term *term = &context->rules->terms[line->first];
	const struct preset_term *end = term + line->count;
	int r = 0;

	for (; r == 0 && term < end; term++) {
		if (term->kind != TERM_ELSE)
			r = put_term(context, term, value);
		else if (value->len > 0)
			break;
	}
	return r;
}

/* Returns 1 when the line is to be sent. */
static int
is_wanted(const struct preset_context *context, const struct preset_line *line,
    struct buffer *value)
{
	int r;

	if (line->condition.source == NULL)
		return 1;
	value->len = 0;
	r = put_term(context, &line->condition, value);
	return r < 0 ? r : (value->len > 0) != line->unless;
}

static int
add_line(struct params *params, const struct preset_context *context,
    const struct preset_line *line, struct buffer *value)
{
	int r = is_wanted(context, line, value);

	if (r <= 0)
		return r;
	value->len = 0;
	r = put_terms(context, line, value);
	if (r == 0)
		r = params_add(params, line->name, strlen(line->name), value->data, value->len);
	return r;
}

/* --- the headers ------------------------------------------------------------------------------ */

static const struct preset_header_rule *
find_rule(const struct preset_rules *rules, const char *name)
{
	static const struct preset_header_rule send = { .action = HEADER_SEND };
	size_t i;

	for (i = 0; i < rules->header_count; i++)
		if (strcasecmp(rules->headers[i].name, name) == 0)
			return &rules->headers[i];
	return &send;
}

static int
is_passed(const struct preset_request *request, const char *name)
{
	size_t i;

	for (i = 0; i < request->pass_header_count; i++)
		if (strcasecmp(request->pass_headers[i], name) == 0)
			return 1;
	return 0;
}

static int
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* X-Foo is HTTP_X_FOO.  Returns 1, or 0 when a header of such a name is not sent. */
static int
put_name(const struct preset_rules *rules, const char *name, struct buffer *out)
{
	char c;
	int r = buffer_append(out, "HTTP_", 5);

	for (; r == 0 && *name != '\0'; name++) {
		c = *name;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (c == '-' || (!is_alnum(c) && rules->odd_names == ODD_UNDERSCORE))
			c = '_';
		else if (!is_alnum(c) && rules->odd_names == ODD_DROP)
			return 0;
		r = buffer_append(out, &c, 1);
	}
	return r < 0 ? r : 1;
}

/* A variable that has a line of its own is not made of a header too. */
static int
has_line(const struct preset_rules *rules, const struct buffer *name)
{
	const char *other;
	size_t i;

	for (i = 0; i < rules->line_count; i++) {
		other = rules->lines[i].name;
		if (other != NULL && strlen(other) == name->len &&
		    memcmp(other, name->data, name->len) == 0)
			return 1;
	}
	return 0;
}

static int
is_first_of_name(const struct preset_headers *headers, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (strcasecmp(headers->items[i].name, headers->items[index].name) == 0)
			return 0;
	return 1;
}

/* The values of all headers of that name, the first of which is at index. */
static int
put_joined(const struct preset_context *context, size_t index, const char *between,
    struct buffer *value)
{
	const struct preset_headers *headers = &context->headers;
	const char *name = headers->items[index].name, *text;
	int r = 0, begun = 0;

	for (; r == 0 && index < headers->count; index++) {
		text = headers->items[index].value;
		if (strcasecmp(headers->items[index].name, name) != 0 ||
		    (context->rules->drop_empty && *text == '\0'))
			continue;
		if (begun)
			r = buffer_append(value, between, strlen(between));
		if (r == 0)
			r = buffer_append(value, text, strlen(text));
		begun = 1;
	}
	return r;
}

/* Returns 1 when the rule keeps the header back.  value: to use. */
static int
is_dropped(const struct preset_context *context, const struct preset_header_rule *rule,
    struct buffer *value)
{
	int r;

	switch (rule->action) {
	case HEADER_DROP:
		return 1;
	case HEADER_DROP_UNLESS_PASSED:
		return !is_passed(context->request, rule->name);
	case HEADER_DROP_IF:
		value->len = 0;
		r = put_term(context, &rule->condition, value);
		return r < 0 ? r : value->len > 0;
	default:
		return 0;
	}
}

/* Returns 1 when the value is to be sent, 0 when the first of that name has it, or it is empty. */
static int
put_value(const struct preset_context *context, size_t index, const struct preset_header_rule *rule,
    struct buffer *value)
{
	const struct preset_header *header = &context->headers.items[index];
	const char *join = rule->action == HEADER_JOIN ? rule->text : context->rules->join;
	int r;

	if (join == NULL && rule->action != HEADER_VALUE)
		r = buffer_append(value, header->value, strlen(header->value));
	else if (!is_first_of_name(&context->headers, index))
		return 0;
	else if (rule->action == HEADER_VALUE)
		r = buffer_append(value, rule->text, strlen(rule->text));
	else
		r = put_joined(context, index, join, value);
	return r < 0 ? r : value->len > 0 || !context->rules->drop_empty;
}

/* Returns 1 when name and value are to be sent. */
static int
make_header(const struct preset_context *context, size_t index, struct buffer *name,
    struct buffer *value)
{
	const struct preset_header *header = &context->headers.items[index];
	const struct preset_header_rule *rule = find_rule(context->rules, header->name);
	/* One that has a rule for its variable is sent besides a line for when there is none. */
	int has_rule = rule->action == HEADER_AS || rule->action == HEADER_VALUE;
	int r;

	r = is_dropped(context, rule, value);
	if (r != 0)
		return r < 0 ? r : 0;
	name->len = value->len = 0;
	if (rule->action == HEADER_AS)
		r = buffer_append(name, rule->text, strlen(rule->text)) < 0 ? -FCGI_E_SYSTEM : 1;
	else
		r = put_name(context->rules, header->name, name);
	if (r <= 0 || (!has_rule && has_line(context->rules, name)))
		return r < 0 ? r : 0;
	return put_value(context, index, rule, value);
}

static int
add_headers(struct params *params, const struct preset_context *context, struct buffer *value)
{
	struct buffer name = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < context->headers.count; i++) {
		r = make_header(context, i, &name, value);
		if (r > 0)
			r = params_add(params, name.data, name.len, value->data, value->len);
	}
	buffer_free(&name);
	return r < 0 ? r : 0;
}

/* --- the preset ------------------------------------------------------------------------------- */

int
preset_apply_rules(struct params *params, const struct preset_rules *rules,
    const struct preset_request *request, char *why, size_t why_size)
{
	struct preset_context context = { 0 };
	struct buffer value = { 0 };
	size_t i;
	int r;

	*why = '\0';
	r = preset_context_make(&context, rules, request, why, why_size);

	for (i = 0; r == 0 && i < rules->line_count; i++) {
		if (rules->lines[i].name == NULL)
			r = add_headers(params, &context, &value);
		else
			r = add_line(params, &context, &rules->lines[i], &value);
	}
	buffer_free(&value);
	preset_context_reset(&context);
	if (r == -FCGI_E_SYSTEM)
		snprintf(why, why_size, "%s", strerror(errno));
	return r;
}

int
preset_apply(struct params *params, const char *name, const struct preset_request *request,
    char *why, size_t why_size)
{
	struct preset_rules rules = { 0 };
	struct buffer text = { 0 };
	char reason[256] = "";
	size_t number;
	int r;

	r = preset_builtin_read(&text, preset_builtins, "preset", name, why, why_size);
	if (r == 0) {
		r = preset_rules_read(&rules, (const char *)text.data, text.len, &number, reason,
		    sizeof reason);
		if (r == -FCGI_E_SYNTAX)
			snprintf(why, why_size, "%s:%zu: %s", name, number, reason);
	}
	if (r == 0)
		r = preset_apply_rules(params, &rules, request, why, why_size);
	if (r == -FCGI_E_SYSTEM && *why == '\0')
		snprintf(why, why_size, "%s", strerror(errno));
	preset_rules_reset(&rules);
	buffer_free(&text);
	return r;
}

const char *
preset_name(size_t index)
{
	return preset_builtin_name(preset_builtins, index);
}
