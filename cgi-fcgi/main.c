/*
 * cgi-fcgi: one request from the shell to a FastCGI application, with our environment as its
 * variables; or start the application.
 */
#include "addr.h"
#include "fcgi_error.h"
#include "options.h"
#include "session.h"
#include "spawn.h"
#include "start.h"
#include "tool.h"

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
		status = session_run(&options, addr);
	options_reset(&options);
	return status;
}
