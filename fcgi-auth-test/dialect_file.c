#include "dialect_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "preset_rules.h"

/* What a dialect has beyond a preset is taken out of the text, which then is one for each phase. */
struct reader {
	struct dialect *dialect;
	size_t number;		/* of the line */
	int has_stdin_post;
	char *why;
	size_t why_size;
};

static int __attribute__((format(printf, 2, 3)))
fail(struct reader *reader, const char *format, ...)
{
	char reason[256];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	snprintf(reader->why, reader->why_size, "%s:%zu: %s", reader->dialect->name, reader->number,
	    reason);
	return -FCGI_E_SYNTAX;
}

/* --- words ------------------------------------------------------------------------------------ */

/* The next word of a line, ended in place; NULL when there is none left, or but a comment. */
static char *
take_word(char **p)
{
	char *word = *p + strspn(*p, " \t\r");

	if (*word == '\0' || *word == '#')
		return NULL;
	*p = word + strcspn(word, " \t\r");
	if (**p != '\0')
		*(*p)++ = '\0';
	return word;
}

/* Returns the index of the setting's only word, or -FCGI_E_SYNTAX. */
static int
take_choice(struct reader *reader, char *p, const char *first, const char *second)
{
	const char *word = take_word(&p);

	if (word == NULL || take_word(&p) != NULL ||
	    (strcmp(word, first) != 0 && strcmp(word, second) != 0))
		return fail(reader, "it is '%s' or '%s'", first, second);
	return strcmp(word, second) == 0;
}

/* --- settings --------------------------------------------------------------------------------- */

static int
find_phase(struct reader *reader, const char *name)
{
	int i;

	for (i = 0; i < AUTH_PHASE_COUNT; i++)
		if (strcmp(auth_phase_names[i], name) == 0)
			return i;
	return fail(reader, "there is no phase '%s'", name);
}

static int
read_phases(struct reader *reader, char *p)
{
	struct dialect *dialect = reader->dialect;
	const char *word;
	int phase;

	dialect->phases = 0;
	while ((word = take_word(&p)) != NULL) {
		phase = find_phase(reader, word);
		if (phase < 0)
			return phase;
		if (dialect->phases == 0)
			dialect->phase = (enum auth_phase)phase;
		dialect->phases |= 1u << phase;
	}
	return dialect->phases != 0 ? 0 : fail(reader, "the names of the phases are missing");
}

static int
read_server(struct reader *reader, char *p)
{
	const char *word = take_word(&p);
	size_t i;

	for (i = 0; word != NULL && dialect_builtins[i].name != NULL; i++)
		if (strcmp(dialect_builtins[i].name, word) == 0)
			break;
	if (word == NULL || dialect_builtins[i].name == NULL || take_word(&p) != NULL)
		return fail(reader, "it is the name of one dialect that is built in");
	free(reader->dialect->server);
	reader->dialect->server = strdup(word);
	return reader->dialect->server != NULL ? 0 : -FCGI_E_SYSTEM;
}

static int
read_role(struct reader *reader, char *p)
{
	int r = take_choice(reader, p, "authorizer", "responder");

	if (r < 0)
		return r;
	reader->dialect->role = r ? FCGI_RESPONDER : FCGI_AUTHORIZER;
	return 0;
}

static int
take_stdin(struct reader *reader, char *p, enum dialect_stdin *how)
{
	int r = take_choice(reader, p, "none", "empty");

	if (r < 0)
		return r;
	*how = r ? DIALECT_STDIN_EMPTY : DIALECT_STDIN_NONE;
	return 0;
}

static int
read_stdin(struct reader *reader, char *p)
{
	int r = take_stdin(reader, p, &reader->dialect->stdin_get);

	if (r == 0 && !reader->has_stdin_post)
		reader->dialect->stdin_post = reader->dialect->stdin_get;
	return r;
}

static int
read_stdin_post(struct reader *reader, char *p)
{
	reader->has_stdin_post = 1;
	return take_stdin(reader, p, &reader->dialect->stdin_post);
}

static int
read_keep_conn(struct reader *reader, char *p)
{
	int r = take_choice(reader, p, "no", "yes");

	reader->dialect->keep_conn = r > 0;
	return r < 0 ? r : 0;
}

static int
read_padding(struct reader *reader, char *p)
{
	int r = take_choice(reader, p, "no", "yes");

	reader->dialect->records.padded = r > 0;
	return r < 0 ? r : 0;
}

static int
read_records(struct reader *reader, char *p)
{
	struct dialect_records *records = &reader->dialect->records;
	const char *word = take_word(&p), *number;
	long long max_len = FCGI_MAX_LENGTH;
	char *end;

	if (word != NULL && strcmp(word, "whole") == 0 && (number = take_word(&p)) != NULL) {
		max_len = strtoll(number, &end, 10);
		if (*end != '\0' || max_len < 1 || max_len > FCGI_MAX_LENGTH)
			return fail(reader, "'%s' is not a number from 1 to 65535", number);
	} else if (word == NULL || strcmp(word, "pairs") != 0) {
		return fail(reader, "it is 'whole N' or 'pairs'");
	}
	records->one_pair = *word == 'p';
	records->max_len = (size_t)max_len;
	return take_word(&p) == NULL ? 0 : fail(reader, "there is too much");
}

static const struct {
	const char *word;
	int (*read)(struct reader *reader, char *p);
} settings[] = {
	{ "phases:", read_phases },
	{ "server:", read_server },
	{ "role:", read_role },
	{ "stdin:", read_stdin },
	{ "stdin-post:", read_stdin_post },
	{ "keep-conn:", read_keep_conn },
	{ "records:", read_records },
	{ "padding:", read_padding },
};

/* --- lines ------------------------------------------------------------------------------------ */

static void
blank(char *line)
{
	memset(line, ' ', strlen(line));
}

/* A setting of ours is read and blanked. */
static int
read_setting(struct reader *reader, char *line)
{
	char *word = line + strspn(line, " \t");
	size_t i, len;
	int r;

	for (i = 0; i < sizeof settings / sizeof *settings; i++) {
		len = strlen(settings[i].word);
		if (strncmp(word, settings[i].word, len) != 0)
			continue;
		word = strdup(word + len);
		r = word != NULL ? settings[i].read(reader, word) : -FCGI_E_SYSTEM;
		free(word);
		blank(line);
		return r;
	}
	return 0;
}

/* Of a line for some phases that is for this one the phases are blanked, of another all. */
static int
choose_line(struct reader *reader, char *line, enum auth_phase wanted)
{
	char *from = line + strspn(line, " \t"), *end, *p, *names, *word;
	int phase = 0, is_wanted = 0;

	if (*from != '[')
		return 0;
	end = strchr(from, ']');
	if (end == NULL)
		return fail(reader, "there is no ']'");
	names = p = strndup(from + 1, (size_t)(end - from) - 1);
	if (names == NULL)
		return -FCGI_E_SYSTEM;
	while (phase >= 0 && (word = take_word(&p)) != NULL) {
		phase = find_phase(reader, word);
		is_wanted |= phase == (int)wanted;
	}
	free(names);
	memset(from, ' ', (size_t)(end + 1 - from));
	if (!is_wanted)
		blank(line);
	return phase < 0 ? phase : 0;
}

/* Each line of the text in turn, for the settings or, else, for the phase. */
static int
each_line(struct reader *reader, char *text, int for_settings, enum auth_phase phase)
{
	char *line, *end;
	int r = 0;

	reader->number = 0;
	for (line = text; r == 0 && line != NULL; line = end != NULL ? end + 1 : NULL) {
		reader->number++;
		end = strchr(line, '\n');
		if (end != NULL)
			*end = '\0';
		r = for_settings ? read_setting(reader, line) : choose_line(reader, line, phase);
		if (end != NULL)
			*end = '\n';
	}
	return r;
}

static int
read_phase(struct reader *reader, const char *text, size_t len, enum auth_phase phase)
{
	struct preset_rules *rules = &reader->dialect->rules[phase];
	char *copy = strndup(text, len), reason[256] = "";
	int r = copy != NULL ? each_line(reader, copy, 0, phase) : -FCGI_E_SYSTEM;

	if (r == 0) {
		r = preset_rules_read(rules, copy, len, &reader->number, reason, sizeof reason);
		if (r == -FCGI_E_SYNTAX)
			(void)fail(reader, "%s", reason);
	}
	free(copy);
	return r;
}

int
dialect_read(struct dialect *dialect, const char *text, size_t len, char *why, size_t why_size)
{
	struct reader reader = { .dialect = dialect, .why = why, .why_size = why_size };
	char *copy = strndup(text, len);
	int phase, r;

	dialect->role = FCGI_AUTHORIZER;
	dialect->stdin_get = dialect->stdin_post = DIALECT_STDIN_EMPTY;
	dialect->records = (struct dialect_records){ .max_len = FCGI_MAX_LENGTH };
	dialect->server = strdup("spec");
	dialect->rules = calloc(AUTH_PHASE_COUNT, sizeof *dialect->rules);
	r = copy != NULL && dialect->rules != NULL && dialect->server != NULL ? 0 : -FCGI_E_SYSTEM;
	if (r == 0 && strlen(copy) != len) {
		reader.number = 1;
		r = fail(&reader, "there is a NUL in it: it is no dialect");
	}
	if (r == 0)
		r = each_line(&reader, copy, 1, AUTH_PHASE_COUNT);
	if (r == 0 && dialect->phases == 0)
		r = fail(&reader, "there is no line 'phases:'");
	for (phase = 0; r == 0 && phase < AUTH_PHASE_COUNT; phase++)
		if (dialect_knows(dialect, (enum auth_phase)phase))
			r = read_phase(&reader, copy, len, (enum auth_phase)phase);
	free(copy);
	return r;
}
