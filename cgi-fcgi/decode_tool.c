#include "decode_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decode.h"
#include "decode_answer.h"
#include "decode_files.h"
#include "tool.h"
#include "trace_file.h"
#include "verdict.h"

enum { CAPTURE_BUFFER_SIZE = 131072 };

struct decode_tool {
	struct options *options;
	char *name;		/* of the capture, for messages */
	int fd;
	struct trace_file trace_file; /* of -v and --trace */
	struct trace *listing;	/* NULL: no listing */
	struct decode_files *files; /* NULL: no files */
	struct decode_answer *answer; /* NULL: none is passed on */
	int faults;
	struct decode decode;
	unsigned char buffer[CAPTURE_BUFFER_SIZE];
};

static void
tell_fault(struct decode_tool *tool, const struct decode_event *event)
{
	char text[DECODE_TEXT_MAX];

	tool->faults++;
	/* What came before it on standard output belongs before it on a terminal too. */
	fflush(stdout);
	decode_describe(text, sizeof text, event);
	cli_error(&tool->options->cli, "%s: byte %" PRIu64 ": %s", tool->name, event->offset, text);
	if (tool->answer != NULL)
		decode_answer_fault(tool->answer, text);
}

static void
take(struct decode_tool *tool, const struct decode_event *event)
{
	if (event->what == DECODE_FAULT) {
		tell_fault(tool, event);
		return;
	}
	if (tool->files != NULL)
		decode_files_take(tool->files, event);
	if (tool->answer != NULL)
		decode_answer_take(tool->answer, event);
}

static void
take_bytes(struct decode_tool *tool, size_t len)
{
	const unsigned char *p = tool->buffer, *end = p + len;
	struct decode_event event;

	if (tool->trace_file.trace != NULL)
		trace_bytes(tool->trace_file.trace, '?', p, len);
	if (tool->listing != NULL)
		trace_bytes(tool->listing, '?', p, len);
	if (tool->answer != NULL)
		decode_answer_bytes(tool->answer, p, end);
	while (decode_next(&tool->decode, &p, end, &event) > 0)
		take(tool, &event);
	if (tool->answer != NULL)
		decode_answer_flush(tool->answer);
}

static size_t
read_some(struct decode_tool *tool, size_t have)
{
	ssize_t n;

	do
		n = read(tool->fd, tool->buffer + have, sizeof tool->buffer - have);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		cli_die(&tool->options->cli, 1, "%s: %s", tool->name, strerror(errno));
	return (size_t)n;
}

static void
open_capture(struct decode_tool *tool)
{
	const char *path = tool->options->operands[0];
	int is_stdin = path == NULL || strcmp(path, "-") == 0;

	tool->name = cli_keep(&tool->options->cli, is_stdin ? "standard input" : path);
	if (is_stdin)
		return;
	tool->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (tool->fd < 0)
		cli_die(&tool->options->cli, 1, "%s: %s", path, strerror(errno));
}

static int
is_of_answer(uint8_t type)
{
	return type == FCGI_STDOUT || type == FCGI_STDERR || type == FCGI_END_REQUEST;
}

/* Decides how the capture is shown, by the type of its first record. */
static void
choose_way(struct decode_tool *tool, size_t len)
{
	struct options *options = tool->options;
	const struct trace_style style = {
		.contents = TRACE_TEXT,
		.offsets = 1,
		.show_secrets = options->show_secrets,
	};
	int is_answer = len >= 2 && tool->buffer[0] == FCGI_VERSION_1 &&
	    is_of_answer(tool->buffer[1]);

	if (options->decode_dir != NULL || !is_answer)
		tool_redirect_output(options);
	if (options->decode_dir != NULL) {
		tool->files = calloc(1, sizeof *tool->files);
		if (tool->files != NULL)
			decode_files_open(tool->files, &options->cli, options->decode_dir);
	} else if (is_answer) {
		tool->answer = calloc(1, sizeof *tool->answer);
		if (tool->answer != NULL)
			decode_answer_open(tool->answer, options, tool->name);
	} else {
		tool->listing = trace_new(stdout, &style);
	}
	if (tool->files == NULL && tool->answer == NULL && tool->listing == NULL)
		cli_die(&options->cli, 1, "out of memory");
}

static void
read_capture(struct decode_tool *tool)
{
	size_t len = 0, n;

	/* The first two bytes say how to go on. */
	while (len < 2 && (n = read_some(tool, len)) > 0)
		len += n;
	if (len == 0)
		cli_die(&tool->options->cli, EXIT_PROTOCOL, "%s: the capture is empty", tool->name);
	choose_way(tool, len);
	for (n = len; n > 0; n = read_some(tool, 0))
		take_bytes(tool, n);
}

static int
finish(struct decode_tool *tool)
{
	struct decode_answer *answer = tool->answer;
	struct decode_event event;
	int status = 0;

	trace_free(tool->listing);
	if (tool->files != NULL)
		decode_files_close(tool->files);
	if (answer != NULL)
		decode_answer_flush(answer);
	while (decode_finish(&tool->decode, &event) > 0)
		tell_fault(tool, &event);
	if (answer != NULL)
		status = decode_answer_close(answer);
	if (answer != NULL && answer->skipped > 0)
		cli_warn(&tool->options->cli, "%s: another answer, of request %u, was left out: "
		    "--decode-dir keeps them apart", tool->name, answer->skipped_id);
	if (tool->faults > 0)
		status = EXIT_PROTOCOL;
	if (trace_file_close(&tool->trace_file, tool->options) != 0 && status == 0)
		status = 1;
	return status;
}

int
decode_tool_run(struct options *options)
{
	struct decode_tool *tool = calloc(1, sizeof *tool);
	int status;

	if (tool == NULL)
		cli_die(&options->cli, 1, "out of memory");
	tool->options = options;
	open_capture(tool);
	trace_file_open(&tool->trace_file, options);
	read_capture(tool);
	status = finish(tool);
	if (tool->fd != STDIN_FILENO)
		close(tool->fd);
	free(tool->answer);
	free(tool->name);
	free(tool->files);
	free(tool);
	return status;
}
