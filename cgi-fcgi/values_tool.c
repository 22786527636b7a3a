#include "values_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "exchange.h"
#include "fcgi_error.h"
#include "fcgi_values.h"
#include "fcgi_writer.h"
#include "interrupt.h"
#include "print.h"
#include "trace_file.h"
#include "verdict.h"

struct values_tool {
	struct options options;	/* those that were given, but for reports of a request */
	struct trace_file trace_file;
	struct exchange exchange; /* of which only the connection is used */
	struct fcgi_values values;
	unsigned char content[FCGI_MAX_LENGTH];
	unsigned char question[FCGI_HEADER_LEN + FCGI_MAX_LENGTH + FCGI_MAX_PADDING];
};

static const char *const *
names_of(const struct values_tool *tool)
{
	return tool->options.operands[0] != NULL ? tool->options.operands
						 : fcgi_writer_standard_values;
}

static int
tell_no_answer(const struct values_tool *tool, int error)
{
	const struct cli *cli = &tool->options.cli;
	const char *name = tool->options.connect;
	const struct conn *conn = &tool->exchange.conn;
	char duration[32];

	switch (error) {
	case -FCGI_E_TIMEOUT:
		cli_error(cli, "%s: no answer to GET_VALUES within %s%s", name,
		    clock_format_duration(duration, sizeof duration,
			tool->options.time.timeout_ns),
		    conn->received == 0 ? ": the application is busy or does not know it" : "");
		return ETIMEDOUT;
	case -FCGI_E_SYSTEM:
		cli_error(cli, "%s: %s in answer to GET_VALUES: the application does not know it, "
		    "or does not let us in (" FCGI_WEB_SERVER_ADDRS ")", name,
		    strerror(conn->error));
		return conn->error;
	case -FCGI_E_CLOSED:
		cli_error(cli, "%s: the application closed the connection in answer to GET_VALUES: "
		    "it does not know it, or does not let us in (" FCGI_WEB_SERVER_ADDRS ")", name);
		return EXIT_PROTOCOL;
	default:
		cli_error(cli, "%s: the answer to GET_VALUES is not to be understood: %s", name,
		    fcgi_strerror(error));
		return EXIT_PROTOCOL;
	}
}

static int
print_result(struct values_tool *tool, int wants_json)
{
	const struct options *options = &tool->options;
	enum print_format format = wants_json ? PRINT_JSON : options->print_format;
	const char *const *names = names_of(tool);
	struct params params = { 0 };
	struct fcgi_nv nv;

	while (fcgi_values_next(&tool->values, &nv))
		if (nv.name_len > 0 &&
		    params_add(&params, nv.name, nv.name_len, nv.value, nv.value_len) < 0)
			cli_die(&options->cli, 1, "%s", strerror(errno));
	if (print_params(stdout, &params, format) < 0)
		cli_die(&options->cli, 1, "out of memory");
	params_reset(&params);
	for (; *names != NULL; names++)
		if (!fcgi_values_get(&tool->values, *names, &nv))
			cli_warn(&options->cli, "%s: the application does not tell %s",
			    options->connect, *names);
	return 0;
}

/*
 * Takes what was received.
 * Returns 0 to go on, an enum fcgi_values_event that ends it, or an error.
 */
static int
take_received(struct values_tool *tool)
{
	struct conn *conn = &tool->exchange.conn;
	struct fcgi_slice slice;
	int what;

	while ((what = conn_next(conn, &slice)) > 0) {
		what = fcgi_values_feed(&tool->values, &conn->reader.record, what, &slice);
		if (what != FCGI_VALUES_NOTHING)
			break;
	}
	return what;
}

static void
queue_question(struct values_tool *tool)
{
	struct iovec iov = { .iov_base = tool->question };
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, tool->question, sizeof tool->question, FCGI_NULL_REQUEST_ID);
	if (fcgi_writer_get_values(&writer, names_of(tool)) < 0)
		cli_usage_error(&tool->options.cli,
		    "--get-values: more names than fit into a record");
	iov.iov_len = (size_t)(writer.p - tool->question);
	conn_queue(&tool->exchange.conn, &iov, 1);
}

static int
ask(struct values_tool *tool, int wants_json)
{
	struct exchange *exchange = &tool->exchange;
	int result;

	queue_question(tool);
	do {
		if (!exchange_wait(exchange, 0))
			return exchange->ending == ENDED_PEER
			    ? tell_no_answer(tool, exchange->error)
			    : verdict_tell(exchange);
		result = take_received(tool);
	} while (result == FCGI_VALUES_NOTHING);
	if (result == FCGI_VALUES_RESULT)
		return print_result(tool, wants_json);
	if (result < 0)
		return tell_no_answer(tool, result);
	cli_error(&tool->options.cli,
	    "%s: the application does not know GET_VALUES: it answers UNKNOWN_TYPE",
	    tool->options.connect);
	return EXIT_PROTOCOL_STATUS;
}

/* Time-outs and signals end it as they end a request. */
static void
prepare(struct values_tool *tool)
{
	struct exchange *exchange = &tool->exchange;

	tool->options.json = 0;
	tool->options.write_out = NULL;
	tool->options.no_stdin = 1;
	exchange->interrupt_fd = interrupt_catch();
	if (exchange->interrupt_fd < 0)
		cli_die(&tool->options.cli, 1, "cannot catch signals: %s", strerror(errno));
	exchange->deadline_ns = clock_after(clock_now_ns(), tool->options.time.timeout_ns);
	trace_file_open(&tool->trace_file, &tool->options);
	interrupt_hold();
}

int
values_tool_run(const struct options *options, const struct addr *addr)
{
	struct values_tool *tool = calloc(1, sizeof *tool);
	int status;

	if (tool == NULL)
		cli_die(&options->cli, 1, "out of memory");
	tool->options = *options;
	fcgi_values_init(&tool->values, tool->content, sizeof tool->content);
	prepare(tool);
	if (exchange_open(&tool->exchange, &tool->options, addr, options->wait,
		tool->trace_file.trace) < 0)
		status = verdict_tell(&tool->exchange);
	else
		status = ask(tool, options->json);
	exchange_close(&tool->exchange);
	if (trace_file_close(&tool->trace_file, &tool->options) != 0 && status == 0)
		status = 1;
	free(tool);
	return status;
}
