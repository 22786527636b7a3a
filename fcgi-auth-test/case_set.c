#include "case_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "fcgi_error.h"
#include "question.h"
#include "regexp.h"
#include "stanza.h"

/* httpd's module, which is how most authorizers are called. */
static const char default_dialect[] = "mod_authnz_fcgi";

enum { FIELD_WHY_MAX = 600 };

/* What is wrong, and where it stands. */
static int
fail_at(struct case_set *set, const char *path, size_t line, const char *why)
{
	snprintf(set->why, sizeof set->why, "%s:%zu: %s", path, line, why);
	return -1;
}

static int
out_of_memory(struct case_set *set)
{
	snprintf(set->why, sizeof set->why, "out of memory");
	return -1;
}

/* --- one case ------------------------------------------------------------------------------ */

static int
apply(struct case_set *set, struct auth_case *auth_case, const char *path,
    const struct settings *settings)
{
	const struct setting *setting;
	char why[FIELD_WHY_MAX];
	size_t i;

	for (i = 0; settings != NULL && i < settings->count; i++) {
		setting = &settings->items[i];
		if (case_field_set(&set->maker, auth_case, setting, why, sizeof why) >= 0)
			continue;
		/* A header may hold a cookie: the command line's are not repeated. */
		if (setting->option != NULL)
			snprintf(set->why, sizeof set->why, "%s: %s", setting->option, why);
		else
			snprintf(set->why, sizeof set->why, "%s:%zu: %s: %s", path, setting->line,
			    setting->name, why);
		return -1;
	}
	return 0;
}

static int
start_case(struct case_set *set, struct auth_case *auth_case)
{
	char why[FIELD_WHY_MAX];

	*auth_case = (struct auth_case){ 0 };
	auth_case->expect.max_time_ns = CLOCK_NEVER;
	auth_case->method = strdup("GET");
	auth_case->target = strdup("/");
	auth_case->dialect =
	    dialects_find(&set->dialects, default_dialect, why, sizeof why);
	if (auth_case->dialect == NULL) {
		snprintf(set->why, sizeof set->why, "%s", why);
		return -1;
	}
	return auth_case->method != NULL && auth_case->target != NULL ? 0 : out_of_memory(set);
}

static enum auth_phase
phase_in(const struct auth_case *auth_case, const struct dialect *dialect)
{
	return auth_case->has_phase ? auth_case->phase : dialect->phase;
}

/* Whether the case is one for that dialect. */
static int
asks_in(const struct auth_case *auth_case, const struct dialect *dialect)
{
	return (auth_case->dialect == NULL || auth_case->dialect == dialect) &&
	    dialect_knows(dialect, phase_in(auth_case, dialect));
}

/* Returns 0 when that server would ask it, or a negative error with why. */
static int
try_question(const struct auth_case *auth_case, const struct dialect *dialect, char *why,
    size_t why_size)
{
	struct question question;
	int r = question_make(&question, auth_case, dialect, phase_in(auth_case, dialect), why,
	    why_size);

	if (r == 0)
		question_reset(&question);
	return r;
}

/*
 * Returns NULL, or what is wrong with the whole of it: what not even one server would ask is not
 * what was meant.
 */
static const char *
find_contradiction(const struct case_set *set, const struct auth_case *auth_case, char *why,
    size_t why_size)
{
	const struct dialect *dialect;
	size_t i, asking = 0;
	int r = -FCGI_E_SYNTAX;

	for (i = 0; r == -FCGI_E_SYNTAX && i < set->dialects.count; i++) {
		dialect = set->dialects.items[i];
		if (!asks_in(auth_case, dialect))
			continue;
		asking++;
		r = try_question(auth_case, dialect, why, why_size);
	}
	if (asking > 0)
		return r < 0 ? why : NULL;
	if (auth_case->dialect == NULL)
		return "no dialect has this phase";
	snprintf(why, why_size, "%s has no phase %s", auth_case->dialect->name,
	    auth_phase_names[auth_case->phase]);
	return why;
}

/* Makes a case of all that is said of it, the weakest first, and adds it. */
static int
make_case(struct case_set *set, const char *path, size_t line, const struct settings *defaults,
    const struct settings *common, const struct settings *own)
{
	struct auth_case *items = reallocarray(set->items, set->count + 1, sizeof *items);
	struct auth_case *auth_case;
	char why[FIELD_WHY_MAX];
	const char *wrong;

	if (items == NULL)
		return out_of_memory(set);
	set->items = items;
	auth_case = &items[set->count++];
	if (start_case(set, auth_case) < 0 || apply(set, auth_case, path, defaults) < 0 ||
	    apply(set, auth_case, path, common) < 0 || apply(set, auth_case, path, own) < 0)
		return -1;
	auth_case->file = path;
	auth_case->line = line;
	wrong = find_contradiction(set, auth_case, why, sizeof why);
	if (wrong == NULL)
		return 0;
	if (path != NULL)
		return fail_at(set, path, line, wrong);
	snprintf(set->why, sizeof set->why, "%s", wrong);
	return -1;
}

int
case_set_add(struct case_set *set, const struct settings *common)
{
	struct auth_case *auth_case;

	set->maker.dialects = &set->dialects;
	if (make_case(set, NULL, 0, NULL, common, NULL) < 0)
		return -1;
	auth_case = &set->items[set->count - 1];
	auth_case->expect.decision = AUTH_WANT_ALLOW;
	return asprintf(&auth_case->name, "%s %s", auth_case->method, auth_case->target) < 0
	    ? out_of_memory(set)
	    : 0;
}

/* --- a file of them ------------------------------------------------------------------------ */

struct file {
	struct case_set *set;
	const char *path;
	const struct settings *common;
	struct settings defaults;
	size_t first;		/* its first case in the set */
};

/* The fields of a stanza; they point into it. */
static int
collect(struct file *file, const struct stanza *stanza, struct settings *settings)
{
	const struct stanza_field *field;
	size_t i, k;

	for (i = 0; i < stanza->count; i++) {
		field = &stanza->fields[i];
		if (strcasecmp(field->name, "Defaults") == 0) {
			if (field->value_len > 0)
				return fail_at(file->set, file->path, field->line,
				    "Defaults: nothing stands behind it");
			continue;
		}
		for (k = 0; k < i; k++)
			if (case_field_collide(stanza->fields[k].name, field->name))
				return fail_at(file->set, file->path, field->line,
				    "this is said already in the same stanza");
		if (settings_add(settings, field->name, field->value, field->value_len, NULL,
			field->line) < 0)
			return out_of_memory(file->set);
	}
	return 0;
}

static int
is_known_name(const struct file *file, const char *name)
{
	size_t i;

	for (i = file->first; i + 1 < file->set->count; i++)
		if (strcmp(file->set->items[i].name, name) == 0)
			return 1;
	return 0;
}

static int
read_case(struct file *file, const struct stanza *stanza)
{
	struct case_set *set = file->set;
	struct settings own = { 0 };
	int r = collect(file, stanza, &own);

	if (r == 0)
		r = make_case(set, file->path, stanza->line, &file->defaults, file->common, &own);
	settings_reset(&own);
	if (r == 0 && is_known_name(file, set->items[set->count - 1].name))
		return fail_at(set, file->path, stanza->line, "another case has this name");
	return r;
}

/* What went before is forgotten.  Tried on a case that nobody asks, for its faults. */
static int
read_defaults(struct file *file, const struct stanza *stanza)
{
	struct auth_case scratch;
	int r;

	settings_reset(&file->defaults);
	r = collect(file, stanza, &file->defaults);
	if (r < 0)
		return r;
	r = start_case(file->set, &scratch);
	if (r == 0)
		r = apply(file->set, &scratch, file->path, &file->defaults);
	auth_case_reset(&scratch);
	return r;
}

static int
read_stanza(struct file *file, const struct stanza *stanza)
{
	int is_case = stanza_get(stanza, "Case") != NULL;
	int is_defaults = stanza_get(stanza, "Defaults") != NULL;

	if (is_case && is_defaults)
		return fail_at(file->set, file->path, stanza->line,
		    "Case and Defaults in the same stanza");
	if (!is_case && !is_defaults)
		return fail_at(file->set, file->path, stanza->line,
		    "neither Case nor Defaults in this stanza");
	return is_case ? read_case(file, stanza) : read_defaults(file, stanza);
}

static int
read_stanzas(struct case_set *set, const char *path, struct stanza_file *stanzas)
{
	struct stanza_fault fault = { 0 };
	int is_stdin = strcmp(path, "-") == 0, r;
	FILE *file = is_stdin ? stdin : fopen(path, "re");

	r = file != NULL ? stanza_read(stanzas, file, &fault) : -FCGI_E_SYSTEM;
	if (r == -FCGI_E_SYNTAX)
		(void)fail_at(set, path, fault.line, fault.why);
	else if (r < 0)
		snprintf(set->why, sizeof set->why, "%s: %s", path, strerror(errno));
	if (file != NULL && !is_stdin)
		fclose(file);
	return r < 0 ? -1 : 0;
}

/* Returns the folder that the file is in, or NULL for the current one and for standard input. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return NULL;
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

int
case_set_read(struct case_set *set, const char *path, const struct settings *common)
{
	struct file file = { .set = set, .path = path, .common = common, .first = set->count };
	struct stanza_file stanzas = { 0 };
	char *folder = folder_of(path);
	size_t i;
	int r = read_stanzas(set, path, &stanzas);

	set->maker.dialects = &set->dialects;
	set->maker.folder = folder;
	for (i = 0; r == 0 && i < stanzas.count; i++)
		r = read_stanza(&file, &stanzas.items[i]);
	if (r == 0 && set->count == file.first)
		r = fail_at(set, path, 1, "there is no case in it");
	settings_reset(&file.defaults);
	stanza_reset(&stanzas);
	set->maker.folder = NULL;
	free(folder);
	return r;
}

int
case_set_sends_password(const struct case_set *set, const struct auth_case *auth_case)
{
	const struct dialect *dialect;
	size_t i;

	for (i = 0; i < set->dialects.count; i++) {
		dialect = set->dialects.items[i];
		if (asks_in(auth_case, dialect) &&
		    question_sends_password(auth_case, dialect, phase_in(auth_case, dialect)))
			return 1;
	}
	return 0;
}

void
case_set_reset(struct case_set *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		auth_case_reset(&set->items[i]);
	free(set->items);
	dialects_reset(&set->dialects);
	regexp_library_free(set->maker.library);
}
