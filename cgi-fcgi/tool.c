#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "decode_tool.h"
#include "encode_tool.h"
#include "print.h"
#include "request.h"
#include "values_tool.h"

void
tool_redirect_output(const struct options *options)
{
	const char *path = options->output_file;
	int fd;

	if (path == NULL || strcmp(path, "-") == 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		cli_die(&options->cli, 1, "-o %s: %s", path, strerror(errno));
	close(fd);
}

/* Standard output is closed last, and then goes by that name. */
static void
flush_output(const struct options *options)
{
	const char *path = options->output_file;

	if (path != NULL && strcmp(path, "-") != 0 && fflush(stdout) != 0)
		cli_die(&options->cli, errno, "-o %s: %s", path, strerror(errno));
}

static int
print_variables(struct options *options, const struct addr *addr)
{
	const struct cli *cli = &options->cli;
	const struct params *params = &options->params;
	struct request request;
	size_t i;

	request_prepare(&request, options, addr);
	for (i = 0; i < params->count; i++) {
		const char *name = (const char *)params->items[i].name;

		if (options->print_format == PRINT_ENV && !print_is_line(&params->items[i]))
			cli_warn(cli, "%.100s is printed escaped: --print-format env0 or json "
			    "print it as it is", name);
		if (options->print_format == PRINT_ENV0 && !print_is_entry(&params->items[i]))
			cli_warn(cli, "%.100s has no place in the format of env -0", name);
	}
	if (print_params(stdout, params, options->print_format) < 0)
		cli_die(cli, 1, "out of memory");
	request_reset(&request);
	return 0;
}

int
tool_run(struct options *options, const struct addr *addr)
{
	int status = 0;

	/* --decode finds out first what there is to write. */
	if (options->tool != TOOL_DECODE)
		tool_redirect_output(options);
	switch (options->tool) {
	case TOOL_PRINT_PARAMS:
		status = print_variables(options, addr);
		break;
	case TOOL_GET_VALUES:
		status = values_tool_run(options, addr);
		break;
	case TOOL_ENCODE:
		status = encode_tool_run(options, addr);
		break;
	case TOOL_DECODE:
		status = decode_tool_run(options);
		break;
	default:
		break;
	}
	flush_output(options);
	cli_close_stdout(&options->cli, CLI_STATUS_ERRNO);
	return status;
}
