#include "values_tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conn.h"
#include "fcgi_error.h"
#include "print.h"
#include "trace_file.h"
#include "values.h"
#include "verdict.h"

struct values_tool {
	const struct options *options;
	struct trace_file trace_file;
	struct conn conn;
	struct values values;
	unsigned char question[FCGI_HEADER_LEN + FCGI_MAX_LENGTH + FCGI_MAX_PADDING];
	unsigned char in[8192];
};

static const char *const *
names_of(const struct values_tool *tool)
{
	return tool->options->operands[0] != NULL ? tool->options->operands : values_standard;
}

/* --- connecting ---------------------------------------------------------------------------- */

static int
tell_not_connected(const struct values_tool *tool, int error, int gai)
{
	const struct options *options = tool->options;
	const struct conn *conn = &tool->conn;
	char why[200] = "";

	if (error == -FCGI_E_RESOLVE) {
		cli_error(&options->cli, "Could not connect to %s: %s", options->connect,
		    gai_strerror(gai));
		return EXIT_RESOLVE;
	}
	if (error != -FCGI_E_SYSTEM) {
		cli_error(&options->cli, "Could not connect to %s: %s", options->connect,
		    fcgi_strerror(error));
		return error == -FCGI_E_TIMEOUT ? ETIMEDOUT : EXIT_RESOLVE;
	}
	if (conn->error == EACCES && conn->peer.sa.ss_family == AF_UNIX)
		addr_explain_denied(why, sizeof why,
		    ((const struct sockaddr_un *)&conn->peer.sa)->sun_path);
	cli_error(&options->cli, "Could not connect to %s: %s%s%s%s", options->connect,
	    strerror(conn->error), *why != '\0' ? " (" : "", why, *why != '\0' ? ")" : "");
	return conn->error;
}

/* Returns 0, or the exit status. */
static int
open_connection(struct values_tool *tool, const struct addr *addr)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	const struct options *options = tool->options;
	struct conn *conn = &tool->conn;
	int64_t now_ns = clock_now_ns();
	int r, gai = 0;

	conn_init(conn, tool->in, sizeof tool->in);
	conn->deadline_ns = clock_after(now_ns, options->time.timeout_ns);
	conn->connect_deadline_ns = clock_after(now_ns, options->time.connect_timeout_ns);
	conn->trace = tool->trace_file.trace;
	if (addr->kind == ADDR_FD) {
		r = conn_attach(conn, addr->port);
	} else {
		r = addr_resolve(addr, 0, sockets, &gai);
		if (r > 0)
			r = conn_open(conn, sockets, r, now_ns);
	}
	while (r >= 0 && conn->state != CONN_OPEN)
		r = conn_run(conn, NULL, 0);
	return r < 0 ? tell_not_connected(tool, r, gai) : 0;
}

/* --- the answer ---------------------------------------------------------------------------- */

static int
tell_no_answer(const struct values_tool *tool, int error)
{
	const struct cli *cli = &tool->options->cli;
	const char *name = tool->options->connect;
	const struct conn *conn = &tool->conn;
	char duration[32];

	switch (error) {
	case -FCGI_E_TIMEOUT:
		cli_error(cli, "%s: no answer to GET_VALUES within %s%s", name,
		    clock_format_duration(duration, sizeof duration,
			tool->options->time.timeout_ns),
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
print_result(struct values_tool *tool)
{
	const struct options *options = tool->options;
	enum print_format format = options->json ? PRINT_JSON : options->print_format;
	const char *const *names = names_of(tool);
	struct params params = { 0 };
	struct fcgi_nv nv;

	while (values_next(&tool->values, &nv))
		if (nv.name_len > 0 &&
		    params_add(&params, nv.name, nv.name_len, nv.value, nv.value_len) < 0)
			cli_die(&options->cli, 1, "%s", strerror(errno));
	if (print_params(stdout, &params, format) < 0)
		cli_die(&options->cli, 1, "out of memory");
	params_reset(&params);
	for (; *names != NULL; names++)
		if (!values_has(&tool->values, *names))
			cli_warn(&options->cli, "%s: the application does not tell %s",
			    options->connect, *names);
	return 0;
}

/*
 * Takes what was received.
 * Returns 1 to go on, else 0 with *status set.
 */
static int
take_received(struct values_tool *tool, int *status)
{
	struct conn *conn = &tool->conn;
	struct fcgi_slice slice;
	int what;

	while ((what = conn_next(conn, &slice)) > 0) {
		what = values_feed(&tool->values, &conn->reader.record, what, &slice);
		if (what != VALUES_NOTHING)
			break;
	}
	if (what == VALUES_NOTHING)
		return 1;
	if (what == VALUES_RESULT) {
		*status = print_result(tool);
	} else if (what == VALUES_UNKNOWN_TYPE) {
		cli_error(&tool->options->cli,
		    "%s: the application does not know GET_VALUES: it answers UNKNOWN_TYPE",
		    tool->options->connect);
		*status = EXIT_PROTOCOL_STATUS;
	} else {
		*status = tell_no_answer(tool, what);
	}
	return 0;
}

static int
ask(struct values_tool *tool)
{
	struct iovec iov = { .iov_base = tool->question };
	struct fcgi_writer writer;
	int r, status = 0;

	fcgi_writer_init(&writer, tool->question, sizeof tool->question, FCGI_NULL_REQUEST_ID);
	if (values_ask(&writer, names_of(tool)) < 0)
		cli_usage_error(&tool->options->cli,
		    "--get-values: more names than fit into a record");
	iov.iov_len = (size_t)(writer.p - tool->question);
	conn_queue(&tool->conn, &iov, 1);
	do {
		r = conn_run(&tool->conn, NULL, 0);
		if (r == -FCGI_E_SYSTEM && tool->conn.error == EINTR)
			r = CONN_WAIT;
		if (r < 0)
			return tell_no_answer(tool, r);
	} while (take_received(tool, &status));
	return status;
}

int
values_tool_run(const struct options *options, const struct addr *addr)
{
	struct values_tool *tool = calloc(1, sizeof *tool);
	int status;

	if (tool == NULL)
		cli_die(&options->cli, 1, "out of memory");
	tool->options = options;
	trace_file_open(&tool->trace_file, options);
	status = open_connection(tool, addr);
	if (status == 0)
		status = ask(tool);
	conn_close(&tool->conn);
	if (trace_file_close(&tool->trace_file, options) != 0 && status == 0)
		status = 1;
	free(tool);
	return status;
}
