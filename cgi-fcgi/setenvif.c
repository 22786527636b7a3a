#include "setenvif.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expression.h"
#include "fcgi_error.h"

static const char directive[] = "ProxyFCGISetEnvIf";

struct rule {
	struct expression *condition;
	char *name;			/* what it sets or takes away */
	struct expression *value;	/* NULL: it takes away */
	char *origin;			/* for messages */
};

struct setenvif {
	struct regexp_library *library;
	struct rule *rules;
	size_t count;
	size_t capacity;
};

/* A word of a rule: where it is, and its text without quotes. */
struct word {
	const char *at;		/* behind the quote */
	size_t len;
	char quote;		/* '\0' without */
	char *text;		/* NULL: there is none */
};

enum { CONDITION, NAME, VALUE, WORDS };

struct setenvif *
setenvif_new(void)
{
	return calloc(1, sizeof(struct setenvif));
}

static void
free_rule(struct rule *rule)
{
	expression_free(rule->condition);
	expression_free(rule->value);
	free(rule->name);
	free(rule->origin);
}

void
setenvif_free(struct setenvif *rules)
{
	size_t i;

	if (rules == NULL)
		return;
	for (i = 0; i < rules->count; i++)
		free_rule(&rules->rules[i]);
	free(rules->rules);
	regexp_library_free(rules->library);
	free(rules);
}

static int
fail_for_memory(char *why, size_t why_size)
{
	snprintf(why, why_size, "%s", strerror(ENOMEM));
	return -FCGI_E_SYSTEM;
}

static void
skip_blanks(const char **p)
{
	while (isspace((unsigned char)**p))
		(*p)++;
}

/* Whether the byte is a backslash that only keeps the next one from its meaning. */
static int
is_escape(const struct word *word, size_t i)
{
	return word->at[i] == '\\' && i + 1 < word->len &&
	    (word->at[i + 1] == '\\' || (word->quote != '\0' && word->at[i + 1] == word->quote));
}

/* Where the byte of the text stands in the word. */
static size_t
offset_in_word(const struct word *word, size_t offset)
{
	size_t i = 0;

	while (i < word->len && offset-- > 0)
		i += 1 + (size_t)is_escape(word, i);
	return i;
}

static char *
unquote(const struct word *word)
{
	char *text = malloc(word->len + 1), *to = text;
	size_t i;

	for (i = 0; text != NULL && i < word->len; i++) {
		i += (size_t)is_escape(word, i);
		*to++ = word->at[i];
	}
	if (text != NULL)
		*to = '\0';
	return text;
}

/* Takes the next word, if there is one.  Returns 0, -FCGI_E_SYNTAX or -FCGI_E_SYSTEM. */
static int
take_word(const char **p, struct word *word, char *why, size_t why_size)
{
	const char *end;

	skip_blanks(p);
	if (**p == '\0')
		return 0;
	word->quote = **p == '"' || **p == '\'' ? **p : '\0';
	word->at = *p + (word->quote != '\0');
	for (end = word->at; *end != '\0'; end++) {
		if (word->quote == '\0' ? isspace((unsigned char)*end) : *end == word->quote)
			break;
		if (word->quote != '\0' && *end == '\\' &&
		    (end[1] == word->quote || end[1] == '\\'))
			end++;
	}
	word->len = (size_t)(end - word->at);
	if (word->quote != '\0' && *end == '\0') {
		snprintf(why, why_size, "a quote is not closed");
		return -FCGI_E_SYNTAX;
	}
	*p = end + (word->quote != '\0');
	word->text = unquote(word);
	return word->text != NULL ? 0 : fail_for_memory(why, why_size);
}

static void
skip_directive(const char **p)
{
	size_t len = sizeof directive - 1;

	skip_blanks(p);
	if (strncasecmp(*p, directive, len) == 0 && isspace((unsigned char)(*p)[len]))
		*p += len;
}

/* Puts "column N: " before what was said. */
static int
fail_at(const char *rule, const char *at, int error, char *why, size_t why_size)
{
	char what[EXPRESSION_WHY_MAX];

	snprintf(what, sizeof what, "%s", why);
	snprintf(why, why_size, "column %zu: %s", (size_t)(at - rule) + 1, what);
	return error;
}

static int
parse(struct setenvif *rules, const char *text, const struct word *word, enum expression_kind kind,
    struct expression **expression, char *why, size_t why_size)
{
	char what[EXPRESSION_WHY_MAX];
	size_t offset;

	*expression = expression_parse(word->text, kind, &rules->library, &offset, what);
	if (*expression != NULL)
		return 0;
	snprintf(why, why_size, "%s", what);
	return fail_at(text, word->at + offset_in_word(word, offset), -FCGI_E_SYNTAX, why, why_size);
}

/* Takes the name out of its word. */
static int
make_rule(struct setenvif *rules, struct rule *rule, const char *text, struct word words[WORDS],
    char *why, size_t why_size)
{
	const struct word *name = &words[NAME], *value = &words[VALUE];
	struct word nothing = { .at = name->at + name->len, .text = (char[]){ "" } };
	int r;

	r = parse(rules, text, &words[CONDITION], EXPRESSION_CONDITION, &rule->condition, why,
	    why_size);
	if (r < 0)
		return r;
	if (name->text[0] == '!') {
		snprintf(why, why_size, "%s", value->text == NULL ? "! wants a name"
		    : "!NAME takes a variable away and has no value");
		if (value->text != NULL || name->text[1] == '\0')
			return fail_at(text, value->text != NULL ? value->at : name->at,
			    -FCGI_E_SYNTAX, why, why_size);
		rule->name = strdup(name->text + 1);
	} else {
		r = parse(rules, text, value->text != NULL ? value : &nothing, EXPRESSION_VALUE,
		    &rule->value, why, why_size);
		if (r < 0)
			return r;
		rule->name = strdup(name->text);
	}
	return rule->name != NULL ? 0 : fail_for_memory(why, why_size);
}

static int
parse_rule(struct setenvif *rules, struct rule *rule, const char *text, char *why, size_t why_size)
{
	struct word words[WORDS] = { 0 };
	const char *p = text;
	int i, r = 0;

	skip_directive(&p);
	for (i = 0; i < WORDS && r == 0; i++)
		r = take_word(&p, &words[i], why, why_size);
	skip_blanks(&p);
	if (r < 0) {
		r = fail_at(text, p, r, why, why_size);
	} else if (*p != '\0' || words[NAME].text == NULL || words[NAME].text[0] == '\0') {
		snprintf(why, why_size, "a rule is CONDITION NAME [VALUE], each quoted where it has "
		    "blanks");
		r = fail_at(text, p, -FCGI_E_SYNTAX, why, why_size);
	} else {
		r = make_rule(rules, rule, text, words, why, why_size);
	}
	for (i = 0; i < WORDS; i++)
		free(words[i].text);
	return r;
}

/* origin: becomes the rule's; NULL when there was no memory for it. */
static int
add(struct setenvif *rules, const char *text, char *origin, char *why, size_t why_size)
{
	struct rule rule = { .origin = origin }, *larger;
	size_t capacity = rules->capacity == 0 ? 16 : 2 * rules->capacity;
	int r = origin != NULL ? 0 : fail_for_memory(why, why_size);

	if (r == 0)
		r = parse_rule(rules, &rule, text, why, why_size);
	if (r == 0 && rules->count == rules->capacity) {
		larger = reallocarray(rules->rules, capacity, sizeof *larger);
		if (larger == NULL) {
			r = fail_for_memory(why, why_size);
		} else {
			rules->rules = larger;
			rules->capacity = capacity;
		}
	}
	if (r == 0)
		rules->rules[rules->count++] = rule;
	else
		free_rule(&rule);
	return r;
}

int
setenvif_add(struct setenvif *rules, const char *rule, char *why, size_t why_size)
{
	char *origin;

	if (asprintf(&origin, "rule %zu", rules->count + 1) < 0)
		origin = NULL;
	return add(rules, rule, origin, why, why_size);
}

/*
 * Takes a logical line, which has that many of the file's.
 * Returns 1, 0 at the end of the file, -FCGI_E_SYNTAX for a NUL, or -FCGI_E_SYSTEM with errno.
 */
static int
next_line(FILE *file, char **text, size_t *lines)
{
	char *line = NULL;
	size_t size = 0, len;
	ssize_t n;
	FILE *all = open_memstream(text, &len);
	int r = all != NULL ? 1 : -FCGI_E_SYSTEM, more = 1;

	*lines = 0;
	while (r > 0 && more && (n = getline(&line, &size, file)) > 0) {
		++*lines;
		if (memchr(line, '\0', (size_t)n) != NULL)
			r = -FCGI_E_SYNTAX;
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			n--;
		more = n > 0 && line[n - 1] == '\\';
		fwrite(line, 1, (size_t)(n - more), all);
	}
	free(line);
	if (all == NULL)
		return r;
	if (r > 0 && (ferror(file) || ferror(all)))
		r = -FCGI_E_SYSTEM;
	if (fclose(all) != 0 && r > 0)
		r = -FCGI_E_SYSTEM;
	if (r > 0 && *lines == 0)
		r = 0;
	if (r <= 0)
		free(*text);
	return r;
}

static int
add_line(struct setenvif *rules, const char *path, size_t number, const char *line, char *why,
    size_t why_size)
{
	char what[EXPRESSION_WHY_MAX + 32], *origin;
	const char *p = line;
	int r;

	skip_blanks(&p);
	if (*p == '\0' || *p == '#')
		return 0;
	if (asprintf(&origin, "%s:%zu", path, number) < 0)
		origin = NULL;
	r = add(rules, line, origin, what, sizeof what);
	if (r < 0)
		snprintf(why, why_size, "%s:%zu: %s", path, number, what);
	return r;
}

static int
add_stream(struct setenvif *rules, const char *path, FILE *file, char *why, size_t why_size)
{
	size_t number = 1, lines;
	char *line;
	int r;

	while ((r = next_line(file, &line, &lines)) > 0) {
		r = add_line(rules, path, number, line, why, why_size);
		free(line);
		if (r < 0)
			return r;
		number += lines;
	}
	if (r == -FCGI_E_SYNTAX)
		snprintf(why, why_size, "%s:%zu: a NUL byte", path, number);
	else if (r < 0)
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
	return r;
}

int
setenvif_add_file(struct setenvif *rules, const char *path, char *why, size_t why_size)
{
	FILE *file;
	int r;

	if (strcmp(path, "-") == 0)
		return add_stream(rules, "standard input", stdin, why, why_size);
	file = fopen(path, "re");
	if (file == NULL) {
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
		return -FCGI_E_SYSTEM;
	}
	r = add_stream(rules, path, file, why, why_size);
	fclose(file);
	return r;
}

/* Sets it, or takes it away without a value, under every case of its name that is there. */
static int
put(struct params *params, const char *wanted, const char *value)
{
	const struct fcgi_nv *nv = expression_variable(params, wanted, strlen(wanted));
	char *name = strdup(nv != NULL ? (const char *)nv->name : wanted), *other;
	size_t i;
	int r = name != NULL ? 0 : -FCGI_E_SYSTEM;

	if (r == 0 && value != NULL)
		r = params_set(params, name, strlen(name), value, strlen(value));
	for (i = 0; r == 0 && i < params->count;) {
		other = (char *)params->items[i].name;
		if (strcasecmp(other, name) != 0 || (value != NULL && strcmp(other, name) == 0)) {
			i++;
			continue;
		}
		other = strdup(other);
		if (other == NULL)
			r = -FCGI_E_SYSTEM;
		else
			params_unset(params, other);
		free(other);
	}
	free(name);
	return r;
}

static int
apply_rule(const struct rule *rule, struct params *params, struct expression_state *state)
{
	char *value = NULL;
	int r = expression_holds(rule->condition, state);

	if (r <= 0)
		return r;
	if (rule->value != NULL)
		value = expression_text(rule->value, state);
	r = rule->value != NULL && value == NULL ? -FCGI_E_SYSTEM : put(params, rule->name, value);
	if (r < 0)
		snprintf(state->why, sizeof state->why, "%s: %s", rule->name, strerror(errno));
	free(value);
	return r;
}

int
setenvif_apply(const struct setenvif *rules, struct params *params, char *why, size_t why_size)
{
	struct expression_state state = { .params = params };
	size_t i;
	int r = 0;

	for (i = 0; i < rules->count && r >= 0; i++) {
		r = apply_rule(&rules->rules[i], params, &state);
		if (r < 0)
			snprintf(why, why_size, "%s: %s", rules->rules[i].origin, state.why);
	}
	expression_state_reset(&state);
	return r < 0 ? r : 0;
}
