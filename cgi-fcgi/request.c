#include "request.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fcgi_writer.h"
#include "number.h"
#include "setenvif.h"

enum { WHY_SIZE = 512 };

static void
set(struct options *options, const char *name, const char *value)
{
	if (params_set(&options->params, name, strlen(name), value, strlen(value)) < 0)
		cli_die(&options->cli, 1, "%s: %s", name, strerror(errno));
}

static void
set_number(struct options *options, const char *name, uint64_t value)
{
	char number[24];

	snprintf(number, sizeof number, "%" PRIu64, value);
	set(options, name, number);
}

/* What a client that posts data says of it, unless the user has said otherwise. */
static void
describe_data(struct options *options, uint64_t len)
{
	set_number(options, "CONTENT_LENGTH", len);
	if (params_get(&options->params, "REQUEST_METHOD") == NULL)
		set(options, "REQUEST_METHOD", "POST");
	if (params_get(&options->params, "CONTENT_TYPE") == NULL)
		set(options, "CONTENT_TYPE", "application/x-www-form-urlencoded");
}

/* --setenvif and --setenvif-file, in the order of the command line. */
static void
apply_rules(struct options *options)
{
	const struct cli *cli = &options->cli;
	struct setenvif *rules = setenvif_new();
	const struct rule_source *source = options->rules;
	const struct rule_source *end = source + options->rule_count;
	char why[WHY_SIZE] = "out of memory";
	int r;

	if (rules == NULL)
		cli_die(cli, 1, "%s", why);
	for (; source < end; source++) {
		if (source->is_file)
			r = setenvif_add_file(rules, source->text, why, sizeof why);
		else
			r = setenvif_add(rules, source->text, why, sizeof why);
		if (r < 0) {
			setenvif_free(rules);
			cli_die(cli, 1, "--setenvif%s%s: %s", source->is_file ? "-file" : " ",
			    source->is_file ? "" : source->text, why);
		}
	}
	r = setenvif_apply(rules, &options->params, why, sizeof why);
	setenvif_free(rules);
	if (r < 0)
		cli_die(cli, 1, "--setenvif: %s; Apache would answer 503", why);
}

/*
 * The variables, in the order in which one may change the other: the web server's, those of the
 * environment, of files and of the command line, what the body needs, and the rules.
 */
static void
collect_params(struct options *options, const struct request *request, const struct addr *addr)
{
	const struct cli *cli = &options->cli;
	int has_body = options->http.data != NULL || options->stream;
	int is_web = cli_request_is_web(&options->http);
	int64_t body_len = options->stream ? -1 : (int64_t)request->body.left;

	if (is_web)
		cli_request_apply(cli, &options->http, &options->identity, addr, has_body,
		    body_len, &options->params);
	cli_variables_apply(cli, &options->variables, &options->params, environ, !is_web);
	if (!is_web && options->http.data != NULL && !options->stream)
		describe_data(options, request->body.left);
	if (options->content_length >= 0)
		set_number(options, "CONTENT_LENGTH", (uint64_t)options->content_length);
	if (options->rule_count > 0)
		apply_rules(options);
}

/* option, name: "-d @FILE". */
static _Noreturn void
die_of_data(const struct options *options, const char *option, const char *name,
    const char *directory, int error)
{
	const struct cli *cli = &options->cli;

	if (error != EINTR && directory != NULL)
		cli_die(cli, 1, "%s%s: cannot keep it in %s: %s", option, name, directory,
		    strerror(error));
	if (error != EINTR)
		cli_die(cli, 1, "%s%s: %s", option, name, strerror(error));
	cli_die(cli, ETIMEDOUT, "timed out reading %s%s", option, name);
}

/* The body that -d asks for, since its length is told in the variables. */
static void
open_data(struct request *request, const struct options *options)
{
	const char *directory;

	body_init(&request->body);
	if (options->http.data == NULL || options->stream)
		return;
	if (body_from_data(&request->body, options->http.data, &directory) < 0)
		die_of_data(options, "-d ", options->http.data, directory, errno);
}

/* What a filter is to filter; -e may say something else of it. */
static void
open_filter_data(struct request *request, struct options *options)
{
	const char *directory;
	time_t modified;

	body_init(&request->data);
	if (options->filter_data == NULL)
		return;
	if (body_from_file(&request->data, options->filter_data, &modified, &directory) < 0)
		die_of_data(options, "--filter-data ", options->filter_data, directory, errno);
	set_number(options, "FCGI_DATA_LENGTH", request->data.left);
	set_number(options, "FCGI_DATA_LAST_MOD", modified > 0 ? (uint64_t)modified : 0);
}

/* Without -d it is what the variables say, as with any CGI program. */
static void
find_body(struct request *request, const struct options *options)
{
	const char *length = params_get(&options->params, "CONTENT_LENGTH");
	long long len;

	if (options->stream)
		body_from_stdin(&request->body, BODY_UNTIL_END);
	if (options->http.data != NULL || options->stream || options->no_stdin ||
	    options->content_length >= 0 || length == NULL || *length == '\0')
		return;
	if (number_parse(&len, length, 0, LLONG_MAX) != NULL)
		cli_die(&options->cli, 1, "CONTENT_LENGTH=%s: not a number of bytes", length);
	body_from_stdin(&request->body, (uint64_t)len);
}

/* Several requests send the same. */
static void
make_repeatable(struct request *request, const struct options *options)
{
	const char *directory;

	if (options->repeat == 1 && options->multiplex == 1)
		return;
	if (body_make_repeatable(&request->body, &directory) < 0)
		die_of_data(options, "standard input", "", directory, errno);
	if (body_make_repeatable(&request->data, &directory) < 0)
		die_of_data(options, "--filter-data ", options->filter_data, directory, errno);
}

static size_t
write_end(unsigned char *dst, size_t size, const struct options *options, uint8_t type)
{
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, dst, size, options->request_id);
	fcgi_writer_stream_end(&writer, type);
	return (size_t)(writer.p - dst);
}

static void
warn_of_split_pairs(const struct options *options)
{
	const struct params *params = &options->params;
	size_t i;

	for (i = 0; i < params->count; i++)
		if (fcgi_writer_splits(&params->items[i]))
			cli_warn(&options->cli,
			    "%.100s has %zu bytes: more than a record holds, so it is split; PHP and "
			    "others refuse that",
			    (const char *)params->items[i].name, params->items[i].value_len);
}

static void
write_head(struct request *request, const struct options *options)
{
	size_t size = fcgi_writer_head_bound(params_wire_len(&options->params));
	uint8_t flags = options->flags;
	struct fcgi_writer writer;

	/* Else the application closes the connection behind the first answer. */
	if (options->multiplex > 1)
		flags |= FCGI_KEEP_CONN;
	request->head = malloc(size);
	if (request->head == NULL)
		cli_die(&options->cli, 1, "out of memory");
	fcgi_writer_init(&writer, request->head, size, options->request_id);
	fcgi_writer_begin(&writer, options->role, flags);
	params_write(&options->params, &writer);
	fcgi_writer_stream_end(&writer, FCGI_PARAMS);
	if (writer.error < 0)
		cli_die(&options->cli, 1, "the variables do not fit into FCGI_PARAMS: %s",
		    fcgi_strerror(writer.error));
	request->head_len = (size_t)(writer.p - request->head);
}

void
request_prepare(struct request *request, struct options *options, const struct addr *addr)
{
	*request = (struct request){ .request_id = options->request_id };
	open_data(request, options);
	open_filter_data(request, options);
	collect_params(options, request, addr);
	find_body(request, options);
	make_repeatable(request, options);
	warn_of_split_pairs(options);
	write_head(request, options);
	if (!options->no_stdin)
		request->body_end_len = write_end(request->body_end, sizeof request->body_end,
		    options, FCGI_STDIN);
	if (options->role == FCGI_FILTER)
		request->data_end_len = write_end(request->data_end, sizeof request->data_end,
		    options, FCGI_DATA);
}

void
request_reset(struct request *request)
{
	free(request->head);
	body_close(&request->body);
	body_close(&request->data);
}
