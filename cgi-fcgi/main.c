/*
 * cgi-fcgi: one request from the shell to a FastCGI application, with our environment as its
 * variables; or start the application.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "clock.h"
#include "exchange.h"
#include "fcgi_error.h"
#include "interrupt.h"
#include "options.h"
#include "report.h"
#include "request.h"
#include "spawn.h"
#include "start.h"
#include "tool.h"
#include "trace_file.h"
#include "verdict.h"

/* Returns addr, or NULL when none was given. */
static const struct addr *
read_address(struct addr *addr, const struct options *options)
{
	int r;

	if (options->connect == NULL)
		return NULL;
	r = addr_parse(addr, options->connect);
	if (r < 0)
		cli_usage_error(&options->cli, "-connect %s: %s", options->connect,
		    fcgi_strerror(r));
	return addr;
}

/* Whether nobody serves the address, so that starting an application there takes it from nobody. */
static int
is_unserved(const struct exchange *exchange)
{
	return exchange->ending == ENDED_CONNECT && exchange->error == -FCGI_E_SYSTEM &&
	    (exchange->conn.error == ECONNREFUSED || exchange->conn.error == ENOENT);
}

static int
ask(struct options *options, const struct addr *addr)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	struct trace_file trace_file;
	struct request request;
	int status = 0, opened;

	if (exchange == NULL)
		cli_die(&options->cli, 1, "out of memory");
	exchange->deadline_ns = clock_after(clock_now_ns(), options->time.timeout_ns);
	exchange->interrupt_fd = interrupt_catch(exchange->deadline_ns);
	if (exchange->interrupt_fd < 0)
		cli_die(&options->cli, 1, "cannot catch signals: %s", strerror(errno));
	trace_file_open(&trace_file, options);
	output_init(&exchange->output, options);
	report_check(options);
	request_prepare(&request, options, addr);
	opened = exchange_open(exchange, options, addr);
	if (opened < 0 && options->form == FORM_BIND_OR_START && is_unserved(exchange)) {
		status = start_application(options, addr);
		if (status == 0)
			opened = exchange_open(exchange, options, addr);
	}
	if (opened == 0)
		exchange_run(exchange, &request, trace_file.trace);
	else
		output_unreached(&exchange->output);
	/* At once: many applications serve nobody else until we have gone. */
	exchange_close(exchange);
	if (status == 0)
		status = verdict_tell(exchange);
	status = verdict_close(exchange, status);
	if (trace_file_close(&trace_file, options) != 0 && status == 0)
		status = 1;
	request_reset(&request);
	free(exchange);
	return status;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct addr storage;
	const struct addr *addr;
	int status;

	if (spawn_fill_standard_fds() < 0)
		return 1;
	options_read(&options, argc, argv);
	addr = read_address(&storage, &options);
	if (options.tool != TOOL_NONE)
		status = tool_run(&options, addr);
	else if (options.form == FORM_START)
		status = start_application(&options, addr);
	else
		status = ask(&options, addr);
	options_reset(&options);
	return status;
}
