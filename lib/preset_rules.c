#include "preset_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "preset_source.h"
#include "preset_url.h"

/* A line is cut into words in place. */
struct word {
	char *text;
	int quoted;
};

struct reader {
	struct preset_rules *rules;
	char *p;		/* what is left of the line */
	char *why;
	size_t why_size;
};

static int __attribute__((format(printf, 2, 3)))
fail(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->why, reader->why_size, format, args);
	va_end(args);
	return -FCGI_E_SYNTAX;
}

/* --- words ------------------------------------------------------------------------------------ */

/* Text in quotes, in which \" is '"' and \\ is '\'. */
static int
take_quoted(struct reader *reader, struct word *word)
{
	char *from = reader->p + 1, *to = from;

	*word = (struct word){ from, 1 };
	while (*from != '"') {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		if (*from == '\0')
			return fail(reader, "there is no '\"' that ends the text");
		*to++ = *from++;
	}
	reader->p = from + 1;
	*to = '\0';
	return 1;
}

/* Returns 1 for a word, 0 at the end of the line. */
static int
take_word(struct reader *reader, struct word *word)
{
	reader->p += strspn(reader->p, " \t\r");
	if (*reader->p == '\0' || *reader->p == '#')
		return 0;
	if (*reader->p == '"')
		return take_quoted(reader, word);
	*word = (struct word){ reader->p, 0 };
	reader->p += strcspn(reader->p, " \t\r");
	if (*reader->p != '\0')
		*reader->p++ = '\0';
	return 1;
}

static int
is_word(const struct word *word, const char *text)
{
	return !word->quoted && strcmp(word->text, text) == 0;
}

static int
need_word(struct reader *reader, struct word *word, const char *what)
{
	int r = take_word(reader, word);

	return r == 0 ? fail(reader, "%s is missing", what) : r;
}

static int
need_end(struct reader *reader)
{
	struct word word;
	int r = take_word(reader, &word);

	return r > 0 ? fail(reader, "'%s' is too much", word.text) : r;
}

/* --- NAME <- source --------------------------------------------------------------------------- */

static int
take_source(struct reader *reader, const struct word *word, struct preset_term *term)
{
	const struct preset_source *source = preset_source_find(word->text);
	struct word argument;
	int r = 1;

	if (word->quoted)
		return fail(reader, "\"%s\" is no source", word->text);
	if (source == NULL)
		return fail(reader, "there is no source '%s'", word->text);
	*term = (struct preset_term){ .kind = TERM_SOURCE, .source = source };
	if (source->has_argument) {
		r = need_word(reader, &argument, "the name of the header");
		term->text = argument.text;
	}
	return r < 0 ? r : 0;
}

static int
take_condition(struct reader *reader, struct preset_line *line)
{
	struct word word;
	int r = need_word(reader, &word, "the source of the condition");

	if (r > 0)
		r = take_source(reader, &word, &line->condition);
	return r < 0 ? r : need_end(reader);
}

/* Each word of the text is one term at most, for which there is room. */
static struct preset_term *
add_term(struct preset_rules *rules, struct preset_line *line)
{
	line->count++;
	return &rules->terms[rules->term_count++];
}

static int
take_terms(struct reader *reader, struct preset_line *line)
{
	struct preset_rules *rules = reader->rules;
	struct word word;
	int r, begun = 0;

	line->first = rules->term_count;
	while ((r = take_word(reader, &word)) > 0) {
		line->unless = is_word(&word, "unless");
		if (begun && (line->unless || is_word(&word, "if")))
			return take_condition(reader, line);
		if (is_word(&word, "else")) {
			if (!begun)
				return fail(reader, "there is no source before 'else'");
			*add_term(rules, line) = (struct preset_term){ .kind = TERM_ELSE };
			begun = 0;
			continue;
		}
		begun = 1;
		if (word.quoted)
			*add_term(rules, line) =
			    (struct preset_term){ .kind = TERM_TEXT, .text = word.text };
		else
			r = take_source(reader, &word, add_term(rules, line));
		if (r < 0)
			return r;
	}
	return r == 0 && !begun ? fail(reader, "a source is missing") : r;
}

static int
read_variable(struct reader *reader, const struct word *name)
{
	struct preset_line *line = &reader->rules->lines[reader->rules->line_count++];
	struct word word;
	int r;

	if (!is_word(name, "HTTP_*")) {
		line->name = name->text;
		return take_terms(reader, line);
	}
	r = need_word(reader, &word, "'headers'");
	if (r > 0 && !is_word(&word, "headers"))
		return fail(reader, "HTTP_* <- headers is all that can be said of HTTP_*");
	return r < 0 ? r : need_end(reader);
}

/* --- settings --------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	unsigned int rule;
} path_words[] = {
	{ "merge-slashes", PATH_MERGE_SLASHES },
	{ "resolve-dots", PATH_DOT_SEGMENTS },
	{ "refuse-above-root", PATH_REFUSE_ABOVE_ROOT },
	{ "refuse-bad-escape", PATH_REFUSE_BAD_ESCAPE },
	{ "refuse-control", PATH_REFUSE_CONTROL },
	{ "refuse-escaped-slash", PATH_REFUSE_SLASH },
	{ "refuse-bad-utf8", PATH_REFUSE_BAD_UTF8 },
};

static int
read_path(struct reader *reader)
{
	struct word word;
	size_t i;
	int r;

	while ((r = take_word(reader, &word)) > 0) {
		for (i = 0; i < sizeof path_words / sizeof *path_words; i++)
			if (is_word(&word, path_words[i].word))
				break;
		if (i == sizeof path_words / sizeof *path_words)
			return fail(reader, "'%s' is nothing that is done to a path", word.text);
		reader->rules->path |= path_words[i].rule;
	}
	return r;
}

static int
read_index(struct reader *reader)
{
	struct word word;
	int r = need_word(reader, &word, "the name of the file");

	reader->rules->index = word.text;
	return r < 0 ? r : need_end(reader);
}

static int
read_split(struct reader *reader)
{
	struct word word;
	int r = need_word(reader, &word, "what the script's name ends in");

	if (r < 0)
		return r;
	if (word.text[0] == '\0')
		return fail(reader, "what the script's name ends in is empty");
	reader->rules->split = word.text;
	r = take_word(reader, &word);
	if (r <= 0)
		return r;
	if (!is_word(&word, "last") && !is_word(&word, "anywhere"))
		return fail(reader, "'%s' is not 'last' or 'anywhere'", word.text);
	reader->rules->split_at = is_word(&word, "last") ? SPLIT_LAST : SPLIT_ANYWHERE;
	return need_end(reader);
}

static int
read_odd_names(struct reader *reader)
{
	static const char *const words[] = {
		[ODD_DROP] = "drop",
		[ODD_UNDERSCORE] = "underscore",
		[ODD_KEEP] = "keep",
	};
	struct word word;
	size_t i;
	int r = need_word(reader, &word, "'drop', 'underscore' or 'keep'");

	if (r < 0)
		return r;
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (is_word(&word, words[i])) {
			reader->rules->odd_names = (enum preset_odd_names)i;
			return need_end(reader);
		}
	return fail(reader, "'%s' is not 'drop', 'underscore' or 'keep'", word.text);
}

static int
read_empty_headers(struct reader *reader)
{
	struct word word;
	int r = need_word(reader, &word, "'keep' or 'drop'");

	if (r < 0)
		return r;
	reader->rules->drop_empty = is_word(&word, "drop");
	if (!reader->rules->drop_empty && !is_word(&word, "keep"))
		return fail(reader, "'%s' is not 'keep' or 'drop'", word.text);
	return need_end(reader);
}

static int
read_repeated_headers(struct reader *reader)
{
	struct word word;
	int r = need_word(reader, &word, "'keep' or 'join'");

	if (r < 0)
		return r;
	reader->rules->join = NULL;
	if (is_word(&word, "join")) {
		r = need_word(reader, &word, "what is put between the values");
		reader->rules->join = word.text;
	} else if (!is_word(&word, "keep")) {
		return fail(reader, "'%s' is not 'keep' or 'join'", word.text);
	}
	return r < 0 ? r : need_end(reader);
}

static int
take_drop(struct reader *reader, struct preset_header_rule *rule)
{
	struct word word;
	int r = take_word(reader, &word);

	rule->action = HEADER_DROP;
	if (r <= 0)
		return r;
	if (is_word(&word, "if")) {
		rule->action = HEADER_DROP_IF;
		r = need_word(reader, &word, "the source of the condition");
		if (r > 0)
			r = take_source(reader, &word, &rule->condition);
		return r < 0 ? r : need_end(reader);
	}
	if (!is_word(&word, "unless") || take_word(reader, &word) <= 0 || !is_word(&word, "passed"))
		return fail(reader, "behind 'drop' there may be 'unless passed' or 'if'");
	rule->action = HEADER_DROP_UNLESS_PASSED;
	return need_end(reader);
}

static int
take_argument(struct reader *reader, struct preset_header_rule *rule, enum preset_action action,
    const char *what)
{
	struct word word;
	int r = need_word(reader, &word, what);

	if (r < 0)
		return r;
	if (action == HEADER_AS && word.text[0] == '\0')
		return fail(reader, "the variable has no name");
	rule->action = action;
	rule->text = word.text;
	return need_end(reader);
}

/* "header NAME:" has been taken. */
static int
read_header(struct reader *reader, char *name)
{
	struct preset_header_rule *rule = &reader->rules->headers[reader->rules->header_count++];
	static const struct {
		const char *word, *what;
		enum preset_action action;
	} actions[] = {
		{ "as", "the variable", HEADER_AS },
		{ "join", "what is put between the values", HEADER_JOIN },
		{ "value", "the value", HEADER_VALUE },
	};
	static const char words[] = "'send', 'drop', 'join', 'as' or 'value'";
	struct word word;
	size_t i;
	int r = need_word(reader, &word, words);

	rule->name = name;
	if (r < 0)
		return r;
	if (is_word(&word, "drop"))
		return take_drop(reader, rule);
	for (i = 0; i < sizeof actions / sizeof *actions; i++)
		if (is_word(&word, actions[i].word))
			return take_argument(reader, rule, actions[i].action, actions[i].what);
	if (!is_word(&word, "send"))
		return fail(reader, "'%s' is not %s", word.text, words);
	return need_end(reader);
}

static int
read_setting(struct reader *reader, struct word *word)
{
	static const struct {
		const char *word;
		int (*read)(struct reader *reader);
	} settings[] = {
		{ "path:", read_path },
		{ "index:", read_index },
		{ "split:", read_split },
		{ "odd-names:", read_odd_names },
		{ "empty-headers:", read_empty_headers },
		{ "repeated-headers:", read_repeated_headers },
	};
	size_t i, len;
	int r;

	for (i = 0; i < sizeof settings / sizeof *settings; i++)
		if (is_word(word, settings[i].word))
			return settings[i].read(reader);
	if (!is_word(word, "header"))
		return fail(reader, "'%s' is neither a setting nor followed by '<-'", word->text);
	r = need_word(reader, word, "the name of the header");
	if (r < 0)
		return r;
	len = strlen(word->text);
	if (word->quoted || len < 2 || word->text[len - 1] != ':')
		return fail(reader, "behind 'header' there is not 'NAME:'");
	word->text[len - 1] = '\0';
	return read_header(reader, word->text);
}

static int
read_line(struct reader *reader)
{
	struct word name, word;
	char *rest;
	int r = take_word(reader, &name);

	if (r <= 0)
		return r;
	if (name.quoted)
		return fail(reader, "a line does not begin with a text");
	rest = reader->p;
	if (strncmp(rest + strspn(rest, " \t\r"), "<-", 2) != 0)
		return read_setting(reader, &name);
	r = take_word(reader, &word);
	if (r > 0 && !is_word(&word, "<-"))
		return fail(reader, "there is no blank behind '<-'");
	return r < 0 ? r : read_variable(reader, &name);
}

/* --- the file --------------------------------------------------------------------------------- */

/* One line has one name and a header rule at most, and a term takes a character at least. */
static int
reserve(struct preset_rules *rules, const char *text, size_t len)
{
	size_t lines = 1, i;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	rules->text = malloc(len + 1);
	rules->lines = calloc(lines, sizeof *rules->lines);
	rules->headers = calloc(lines, sizeof *rules->headers);
	rules->terms = calloc(len / 2 + 1, sizeof *rules->terms);
	if (rules->text == NULL || rules->lines == NULL || rules->headers == NULL ||
	    rules->terms == NULL)
		return -FCGI_E_SYSTEM;
	memcpy(rules->text, text, len);
	rules->text[len] = '\0';
	return 0;
}

int
preset_rules_read(struct preset_rules *rules, const char *text, size_t len, size_t *number,
    char *why, size_t why_size)
{
	struct reader reader = { .rules = rules, .why = why, .why_size = why_size };
	char *line, *next;
	int r = reserve(rules, text, len);

	*number = 0;
	if (r == 0 && memchr(text, '\0', len) != NULL) {
		snprintf(why, why_size, "there is a NUL in it: it is no preset");
		*number = 1;
		return -FCGI_E_SYNTAX;
	}
	for (line = rules->text; r == 0 && line != NULL; line = next) {
		++*number;
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		reader.p = line;
		r = read_line(&reader);
	}
	return r;
}

void
preset_rules_reset(struct preset_rules *rules)
{
	free(rules->lines);
	free(rules->terms);
	free(rules->headers);
	free(rules->text);
	*rules = (struct preset_rules){ 0 };
}
