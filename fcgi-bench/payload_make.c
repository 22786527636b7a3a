#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "base64.h"
#include "cli_data.h"
#include "credentials.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "number.h"
#include "options.h"
#include "options_check.h"
#include "options_table.h"
#include "params_plain.h"
#include "payload.h"
#include "stanza.h"

enum { WHERE_MAX = 4096 };

/* What all payloads of a target have in common. */
struct maker {
	struct payloads *payloads;
	const struct options *options;	/* of the command line */
	const struct addr *app;
	int keep_conn;
};

/* One request, or one for each of its credentials. */
struct recipe {
	const char *name;
	uint64_t weight;
	const struct options *options;	/* the command line's, or a stanza's made of them */
	const struct cli_identity *identity;
	struct stanza_options *stanza;	/* NULL: of the command line */
	void *body;			/* NULL: none */
	size_t body_len;
	void *data;
	size_t data_len;
	time_t data_modified;
};

static _Noreturn void
die_of_memory(const struct cli *cli)
{
	cli_die(cli, STATUS_USAGE, "out of memory");
}

static void point_at(struct stanza_options *stanza, const char *name);

/* --- variables -------------------------------------------------------------------------------- */

static void
set(const struct cli *cli, struct params *params, const char *name, const char *value)
{
	if (params_set(params, name, strlen(name), value, strlen(value)) < 0)
		die_of_memory(cli);
}

/* As the client said it to the web server: that of nginx and lighttpd passes it on. */
static void
set_authorization(const struct cli *cli, struct params *params, const char *user,
    const char *password)
{
	static const char scheme[] = "Basic ";
	char *plain, *header;
	size_t len;
	int plain_len = asprintf(&plain, "%s:%s", user, password);

	if (plain_len < 0)
		die_of_memory(cli);
	header = malloc(sizeof scheme + BASE64_LEN((size_t)plain_len));
	if (header == NULL)
		die_of_memory(cli);
	memcpy(header, scheme, sizeof scheme - 1);
	len = sizeof scheme - 1;
	len += base64_encode(header + len, plain, (size_t)plain_len);
	header[len] = '\0';
	set(cli, params, "HTTP_AUTHORIZATION", header);
	explicit_bzero(header, len);
	explicit_bzero(plain, (size_t)plain_len);
	free(header);
	free(plain);
}

/* Whatever an authorizer looks at, it finds: there is no one server that it was written for. */
static void
set_credential(const struct cli *cli, struct params *params, const char *user,
    const char *password)
{
	set(cli, params, "FCGI_APACHE_ROLE", "AUTHENTICATOR");
	set(cli, params, "AUTH_TYPE", "Basic");
	set(cli, params, "REMOTE_USER", user);
	set(cli, params, "REMOTE_PASSWD", password);
	if (params_get(params, "HTTP_AUTHORIZATION") == NULL)
		set_authorization(cli, params, user, password);
}

static void
set_filter_data(const struct cli *cli, struct params *params, const struct recipe *recipe)
{
	char number[32];

	snprintf(number, sizeof number, "%zu", recipe->data_len);
	set(cli, params, "FCGI_DATA_LENGTH", number);
	snprintf(number, sizeof number, "%lld", (long long)recipe->data_modified);
	set(cli, params, "FCGI_DATA_LAST_MOD", number);
}

static void
collect(const struct maker *maker, const struct recipe *recipe,
    const struct cli_identity *identity, struct params *params)
{
	const struct options *options = recipe->options;
	const struct cli *cli = &options->cli;

	if (cli_request_is_web(&options->http))
		cli_request_apply(cli, &options->http, identity, maker->app, recipe->body != NULL,
		    (int64_t)recipe->body_len, params);
	else if (params_plain(params, "/", recipe->body_len) < 0)
		die_of_memory(cli);
	if (options->role == FCGI_AUTHORIZER)
		set(cli, params, "FCGI_ROLE", "AUTHORIZER");
	if (options->role == FCGI_AUTHORIZER && identity->user != NULL)
		set_credential(cli, params, identity->user, identity->password);
	if (options->role == FCGI_FILTER)
		set_filter_data(cli, params, recipe);
	cli_variables_apply(&maker->options->cli, &maker->options->variables, params, environ, 0);
	if (options != maker->options)
		cli_variables_apply(cli, &options->variables, params, environ, 0);
}

/* --- payloads --------------------------------------------------------------------------------- */

/* One more, as the recipe has it, for that identity. */
static void
add_payload(const struct maker *maker, const struct recipe *recipe, const char *name,
    const struct cli_identity *identity)
{
	struct payloads *payloads = maker->payloads;
	const struct cli *cli = &recipe->options->cli;
	struct payload *items = array_grow(payloads->items, payloads->count, sizeof *items);
	struct payload *payload;
	struct params params = { 0 };
	struct payload_content content = {
		.role = recipe->options->role,
		.keep_conn = maker->keep_conn,
		.params = &params,
		.body = recipe->body,
		.body_len = recipe->body_len,
		.data = recipe->data,
		.data_len = recipe->data_len,
	};

	if (items == NULL)
		die_of_memory(cli);
	payloads->items = items;
	payload = &items[payloads->count++];
	*payload = (struct payload){ .name = cli_keep(cli, name), .weight = recipe->weight };
	collect(maker, recipe, identity, &params);
	if (expect_copy(&payload->expect, &recipe->options->expect) < 0 ||
	    payload_encode(payload, &content) < 0)
		die_of_memory(cli);
	params_reset(&params);
}

static void
read_credentials(struct credentials *credentials, const struct options *options)
{
	const char *path = options->credentials, *why;
	FILE *file = fopen(path, "re");
	size_t line;
	int r;

	if (file == NULL)
		cli_die(&options->cli, STATUS_USAGE, "--credentials %s: %s", path, strerror(errno));
	r = credentials_read(credentials, file, &line, &why);
	if (r == -FCGI_E_SYNTAX)
		cli_die(&options->cli, STATUS_USAGE, "%s:%zu: %s", path, line, why);
	if (r < 0)
		cli_die(&options->cli, STATUS_USAGE, "--credentials %s: %s", path, strerror(errno));
	if (credentials->count == 0)
		cli_die(&options->cli, STATUS_USAGE, "--credentials %s: there is no user in it",
		    path);
	fclose(file);
}

/* One for each user, each with the weight of the whole. */
static void
add_users(const struct maker *maker, const struct recipe *recipe)
{
	struct credentials credentials = { 0 };
	struct cli_identity identity;
	char *name;
	size_t i;

	read_credentials(&credentials, recipe->options);
	for (i = 0; i < credentials.count; i++) {
		identity = (struct cli_identity){
			.user = credentials.items[i].user,
			.password = credentials.items[i].password,
		};
		if (asprintf(&name, "%s of %s", recipe->name, identity.user) < 0)
			die_of_memory(&recipe->options->cli);
		add_payload(maker, recipe, name, &identity);
		free(name);
	}
	credentials_reset(&credentials);
}

static void
follow(const struct maker *maker, struct recipe *recipe)
{
	const struct options *options = recipe->options;

	point_at(recipe->stanza, "Data");
	if (options->http.data != NULL)
		recipe->body = cli_data_read(&options->cli, options->http.data, &recipe->body_len);
	point_at(recipe->stanza, "Filter-Data");
	if (options->filter_data != NULL)
		recipe->data = cli_data_read_file(&options->cli, "--filter-data",
		    options->filter_data, &recipe->data_len, &recipe->data_modified);
	point_at(recipe->stanza, "Credentials");
	if (options->credentials != NULL)
		add_users(maker, recipe);
	else
		add_payload(maker, recipe, recipe->name, recipe->identity);
	free(recipe->body);
	free(recipe->data);
}

/* --- stanzas ---------------------------------------------------------------------------------- */

/* What is being read of -i. */
struct stanza_maker {
	const struct maker *maker;
	const char *file;		/* as messages name it */
	const struct stanza *defaults;	/* or NULL */
	size_t number;			/* of the stanza, from 1 */
};

/* A stanza as a command line. */
struct stanza_options {
	struct options options;
	char *name;
	uint64_t weight;
	int has_password;
	const struct stanza_maker *from;
	const struct stanza *stanza;
	char where[WHERE_MAX];		/* of what is read now, for messages */
};

/*
 * From here on messages are about that field, whichever stanza it is in; where there is none of
 * that name, about the stanza.  stanza: NULL for the command line.
 */
static void
point_at(struct stanza_options *stanza, const char *name)
{
	const struct stanza_field *field;

	if (stanza == NULL)
		return;
	field = stanza_get(stanza->stanza, name);
	if (field == NULL && stanza->from->defaults != NULL)
		field = stanza_get(stanza->from->defaults, name);
	if (field != NULL)
		snprintf(stanza->where, sizeof stanza->where, "%s:%zu: %s", stanza->from->file,
		    field->line, field->name);
	else
		snprintf(stanza->where, sizeof stanza->where, "%s:%zu", stanza->from->file,
		    stanza->stanza->line);
}

static const struct poptOption *
find_option(const struct poptOption *table, const char *name)
{
	const struct poptOption *row, *found;

	for (row = table; row->longName != NULL || row->shortName != '\0' || row->arg != NULL; row++) {
		if (row->argInfo == POPT_ARG_INCLUDE_TABLE) {
			found = find_option(row->arg, name);
			if (found != NULL)
				return found;
		} else if (row->longName != NULL && strcasecmp(row->longName, name) == 0) {
			return row;
		}
	}
	return NULL;
}

static int
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcasecmp(name, *names) == 0)
			return 1;
	return 0;
}

static void
take_option(struct stanza_options *to, int option, const char *value)
{
	const struct cli *cli = &to->options.cli;

	if (!options_take_request(&to->options, option, value))
		cli_usage_error(cli, "not a field of a request");
}

/* An option for each of the lines. */
static void
take_lines(struct stanza_options *to, const struct stanza_field *field, int option)
{
	const char *text;
	size_t at = 0, len;
	char *line;

	while (stanza_next_line(field, &at, &text, &len)) {
		line = strndup(text, len);
		if (line == NULL)
			die_of_memory(&to->options.cli);
		take_option(to, option, line);
		free(line);
	}
}

static void
take_switch(struct stanza_options *to, const struct stanza_field *field, int option)
{
	if (strcmp(field->value, "yes") == 0)
		take_option(to, option, NULL);
	else if (strcmp(field->value, "no") != 0)
		cli_usage_error(&to->options.cli, "neither yes nor no");
}

/* There is one body, and standard input is not to be shared by stanzas. */
static void
take_data(struct stanza_options *to, const struct stanza_field *field)
{
	if (strcmp(field->value, "-") == 0)
		cli_usage_error(&to->options.cli, "standard input is no body of a stanza");
	cli_replace(&to->options.cli, &to->options.http.data, field->value);
}

static void
take_option_field(struct stanza_options *to, const struct stanza_field *field)
{
	static const char *const lists[] = { "env", "env-file", "header", "inherit", "params0",
		"pass-header", "unset", NULL };
	static const char *const texts[] = { "expect-body", NULL };
	const struct poptOption *row = find_option(options_table, field->name);
	const struct cli *cli = &to->options.cli;

	if (row == NULL)
		cli_usage_error(cli, "not a field of a request");
	if (strcmp(row->longName, "data") == 0)
		take_data(to, field);
	else if (row->argInfo == POPT_ARG_NONE)
		take_switch(to, field, row->val);
	else if (is_one_of(row->longName, lists))
		take_lines(to, field, row->val);
	else if (strchr(field->value, '\n') != NULL && !is_one_of(row->longName, texts))
		cli_usage_error(cli, "has one line");
	else
		take_option(to, row->val, field->value);
}

static uint64_t
read_weight(const struct cli *cli, const char *value)
{
	long long weight;
	const char *wrong = number_parse(&weight, value, 1, PAYLOAD_TURNS_MAX);

	if (wrong != NULL)
		cli_usage_error(cli, "%s: number is %s (1 to %d)", value, wrong,
		    PAYLOAD_TURNS_MAX);
	return (uint64_t)weight;
}

static void
take_fields(const struct stanza_maker *from, struct stanza_options *to,
    const struct stanza *stanza)
{
	static const char *const passwords[] = { "password-file", "password-fd", NULL };
	const struct stanza_field *field;
	size_t i;

	for (i = 0; stanza != NULL && i < stanza->count; i++) {
		field = &stanza->fields[i];
		snprintf(to->where, sizeof to->where, "%s:%zu: %s", from->file, field->line,
		    field->name);
		to->has_password |= is_one_of(field->name, passwords);
		if (strcasecmp(field->name, "name") == 0)
			cli_replace(&to->options.cli, &to->name, field->value);
		else if (strcasecmp(field->name, "weight") == 0)
			to->weight = read_weight(&to->options.cli, field->value);
		else if (strcasecmp(field->name, "defaults") != 0)
			take_option_field(to, field);
	}
}

/* The options of the command line hold for every stanza that does not say otherwise. */
static void
init_options(struct stanza_options *to, const struct options *options)
{
	const struct cli *cli = &options->cli;
	struct options *copy = &to->options;

	*to = (struct stanza_options){ .options = *options, .weight = 1 };
	copy->cli.where = to->where;
	copy->input_file = NULL;
	copy->identity = (struct cli_identity){ 0 };
	copy->variables = (struct cli_variables){ 0 };
	cli_request_copy(cli, &copy->http, &options->http);
	copy->filter_data = options->filter_data != NULL ? cli_keep(cli, options->filter_data)
							 : NULL;
	copy->credentials = options->credentials != NULL ? cli_keep(cli, options->credentials)
							 : NULL;
	if (expect_copy(&copy->expect, &options->expect) < 0)
		die_of_memory(cli);
}

static void
reset_options(struct stanza_options *to)
{
	cli_request_reset(&to->options.http);
	cli_identity_reset(&to->options.identity);
	cli_variables_reset(&to->options.variables);
	expect_reset(&to->options.expect);
	free(to->options.filter_data);
	free(to->options.credentials);
	free(to->name);
}

static void
name_stanza(const struct stanza_maker *from, struct stanza_options *to)
{
	const char *url = to->options.http.url;

	if (to->name != NULL)
		return;
	if (url != NULL)
		to->name = cli_keep(&to->options.cli, url);
	else if (asprintf(&to->name, "request %zu", from->number) < 0)
		die_of_memory(&to->options.cli);
}

static void
read_password(struct stanza_options *to)
{
	point_at(to, to->options.identity.has_password_fd ? "Password-Fd" : "Password-File");
	cli_identity_read(&to->options.cli, &to->options.identity);
}

static void
take_stanza(const struct stanza_maker *from, const struct stanza *stanza)
{
	const struct options *options = from->maker->options;
	struct stanza_options to;
	struct recipe recipe = {
		.options = &to.options,
		.identity = &to.options.identity,
		.stanza = &to,
	};

	init_options(&to, options);
	to.from = from;
	to.stanza = stanza;
	take_fields(from, &to, from->defaults);
	take_fields(from, &to, stanza);
	snprintf(to.where, sizeof to.where, "%s:%zu", from->file, stanza->line);
	options_check_request(&to.options);
	if (to.options.identity.user == NULL && !to.has_password)
		recipe.identity = &options->identity;
	else if (!to.has_password)
		cli_usage_error(&to.options.cli, "User, but no Password-File");
	else
		read_password(&to);
	name_stanza(from, &to);
	recipe.name = to.name;
	recipe.weight = to.weight;
	follow(from->maker, &recipe);
	reset_options(&to);
}

static void
read_stanzas(struct stanza_file *stanzas, const struct options *options, const char *name)
{
	struct stanza_fault fault;
	FILE *file = stdin;
	int r;

	if (strcmp(options->input_file, "-") != 0)
		file = fopen(options->input_file, "re");
	if (file == NULL)
		cli_die(&options->cli, STATUS_USAGE, "-i %s: %s", name, strerror(errno));
	r = stanza_read(stanzas, file, &fault);
	if (r == -FCGI_E_SYNTAX)
		cli_die(&options->cli, STATUS_USAGE, "%s:%zu: %s", name, fault.line, fault.why);
	if (r < 0)
		cli_die(&options->cli, STATUS_USAGE, "-i %s: %s", name, strerror(errno));
	if (file != stdin)
		fclose(file);
}

/* where: what is to be blamed when the weights are too large. */
static void
order(const struct maker *maker, const char *where)
{
	const struct cli *cli = &maker->options->cli;
	int r = payload_order(maker->payloads);

	if (r == -FCGI_E_SPACE)
		cli_die(cli, STATUS_USAGE,
		    "%s: the weights, divided by what divides all of them, add up to more than %d",
		    where, PAYLOAD_TURNS_MAX);
	if (r < 0)
		die_of_memory(cli);
}

/* The field with the largest weight; NULL where there is none.  They have been read before. */
static const struct stanza_field *
find_heaviest(const struct stanza_file *stanzas)
{
	const struct stanza_field *field, *heaviest = NULL;
	size_t i;

	for (i = 0; i < stanzas->count; i++) {
		field = stanza_get(&stanzas->items[i], "Weight");
		if (field != NULL && (heaviest == NULL ||
			strtoull(field->value, NULL, 10) > strtoull(heaviest->value, NULL, 10)))
			heaviest = field;
	}
	return heaviest;
}

static void
order_stanzas(const struct stanza_maker *from, const struct stanza_file *stanzas)
{
	const struct stanza_field *heaviest = find_heaviest(stanzas);
	char where[WHERE_MAX];

	if (heaviest != NULL)
		snprintf(where, sizeof where, "%s:%zu: %s", from->file, heaviest->line,
		    heaviest->name);
	else
		snprintf(where, sizeof where, "-i %s", from->file);
	order(from->maker, where);
}

/* A stanza with the field Defaults is no request: the ones behind it have its fields too. */
static void
make_of_stanzas(const struct maker *maker)
{
	const struct options *options = maker->options;
	int is_stdin = strcmp(options->input_file, "-") == 0;
	struct stanza_maker from = {
		.maker = maker,
		.file = is_stdin ? "standard input" : options->input_file,
	};
	struct stanza_file stanzas;
	size_t i;

	read_stanzas(&stanzas, options, from.file);
	for (i = 0; i < stanzas.count; i++) {
		if (stanza_get(&stanzas.items[i], "Defaults") != NULL) {
			from.defaults = &stanzas.items[i];
			continue;
		}
		from.number++;
		take_stanza(&from, &stanzas.items[i]);
	}
	if (maker->payloads->count == 0)
		cli_die(&options->cli, STATUS_USAGE, "-i %s: there is no request in it", from.file);
	order_stanzas(&from, &stanzas);
	stanza_reset(&stanzas);
}

void
payload_make(struct payloads *payloads, const struct options *options, const struct addr *app,
    int keep_conn)
{
	struct maker maker = { payloads, options, app, keep_conn };
	struct recipe recipe = {
		.name = "request",
		.weight = 1,
		.options = options,
		.identity = &options->identity,
	};

	if (options->input_file != NULL) {
		make_of_stanzas(&maker);
		return;
	}
	follow(&maker, &recipe);
	order(&maker, "--credentials");
}
