#include "decode_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decode.h"
#include "decode_files.h"
#include "output.h"
#include "trace_file.h"
#include "verdict.h"

enum { CAPTURE_BUFFER_SIZE = 131072 };

struct decode_tool {
	const struct options *options;
	const char *name;	/* of the capture, for messages */
	int fd;
	struct trace_file trace_file; /* of -v and --trace */
	struct trace *listing;	/* NULL: no listing */
	struct decode_files *files; /* NULL: no files */
	struct output *output;	/* NULL: no answer is passed on */

	int passing;		/* an answer is being passed on */
	uint16_t id;		/* whose */
	unsigned use;
	uint64_t skipped;	/* records of other requests meanwhile */
	uint16_t skipped_id;	/* the first of them */
	int status;
	int faults;
	struct decode decode;
	unsigned char buffer[CAPTURE_BUFFER_SIZE];
};

/* --- the answer ---------------------------------------------------------------------------- */

static void
begin_answer(struct decode_tool *tool, const struct decode_event *event)
{
	tool->passing = 1;
	tool->id = event->record.request_id;
	tool->use = event->use;
	output_begin(tool->output);
}

/* As when the application is asked: its own status, unless it refused. */
static int
status_of(const struct decode_tool *tool, const struct fcgi_end *end)
{
	const char *name = fcgi_protocol_status_name(end->protocol_status);

	if (end->protocol_status != FCGI_REQUEST_COMPLETE) {
		cli_error(&tool->options->cli, "%s: the application refuses with protocolStatus %u%s%s",
		    tool->name, end->protocol_status, name != NULL ? ", " : "",
		    name != NULL ? name : "");
		return EXIT_PROTOCOL_STATUS;
	}
	if (end->app_status == 0)
		return 0;
	return (end->app_status & 255) != 0 ? (int)(end->app_status & 255) : 1;
}

static void
end_answer(struct decode_tool *tool)
{
	if (!tool->passing)
		return;
	(void)output_flush(tool->output);
	output_end(tool->output);
	tool->passing = 0;
	if (tool->output->error != 0)
		cli_die(&tool->options->cli, tool->output->error, "standard output: %s",
		    strerror(tool->output->error));
}

/* Several answers follow each other; those that lie within another are left out, and told. */
static void
take_answer(struct decode_tool *tool, const struct decode_event *event)
{
	struct output *output = tool->output;

	if (fcgi_record_sender(event->record.type) != FCGI_SENDER_APPLICATION ||
	    event->record.request_id == FCGI_NULL_REQUEST_ID || event->what == DECODE_OTHER)
		return;
	if (!tool->passing)
		begin_answer(tool, event);
	if (event->record.request_id != tool->id || event->use != tool->use) {
		if (tool->skipped++ == 0)
			tool->skipped_id = event->record.request_id;
		return;
	}
	if (event->what == DECODE_STREAM)
		(void)(event->record.type == FCGI_STDERR ? output_stderr(output, &event->slice)
							 : output_stdout(output, &event->slice));
	if (event->what == DECODE_END) {
		end_answer(tool);
		if (tool->status == 0)
			tool->status = status_of(tool, &event->end);
	}
}

/* --- all of it ----------------------------------------------------------------------------- */

static void
tell_fault(struct decode_tool *tool, const struct decode_event *event)
{
	char text[DECODE_TEXT_MAX];

	tool->faults++;
	/* What came before it on standard output belongs before it on a terminal too. */
	fflush(stdout);
	cli_error(&tool->options->cli, "%s: byte %" PRIu64 ": %s", tool->name, event->offset,
	    decode_describe(text, sizeof text, event));
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
	if (tool->output != NULL)
		take_answer(tool, event);
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
	while (decode_next(&tool->decode, &p, end, &event) > 0)
		take(tool, &event);
	if (tool->output != NULL && tool->passing)
		(void)output_flush(tool->output);
	if (tool->output != NULL && tool->output->error != 0)
		end_answer(tool);
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

	tool->name = "standard input";
	if (path == NULL || strcmp(path, "-") == 0)
		return;
	tool->name = path;
	tool->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (tool->fd < 0)
		cli_die(&tool->options->cli, 1, "%s: %s", path, strerror(errno));
}

/* Decides how the capture is shown, by the type of its first record. */
static void
choose_way(struct decode_tool *tool, size_t len)
{
	const struct options *options = tool->options;
	const struct trace_style style = {
		.contents = TRACE_TEXT,
		.offsets = 1,
		.show_secrets = options->show_secrets,
	};
	int is_answer = len >= 2 && tool->buffer[0] == FCGI_VERSION_1 &&
	    fcgi_record_sender(tool->buffer[1]) == FCGI_SENDER_APPLICATION;

	if (options->decode_dir != NULL) {
		tool->files = calloc(1, sizeof *tool->files);
		if (tool->files != NULL)
			decode_files_open(tool->files, &options->cli, options->decode_dir);
	} else if (is_answer) {
		tool->output = calloc(1, sizeof *tool->output);
		if (tool->output != NULL)
			output_init(tool->output, options);
	} else {
		tool->listing = trace_new(stdout, &style);
	}
	if (tool->files == NULL && tool->output == NULL && tool->listing == NULL)
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

static void
finish(struct decode_tool *tool)
{
	const struct cli *cli = &tool->options->cli;
	struct decode_event event;

	if (tool->output != NULL)
		end_answer(tool);
	trace_free(tool->listing);
	if (tool->files != NULL)
		decode_files_close(tool->files);
	while (decode_finish(&tool->decode, &event) > 0)
		tell_fault(tool, &event);
	if (tool->skipped > 0)
		cli_warn(cli, "%s: another answer, of request %u, lies within the one that was "
		    "printed: --decode-dir keeps them apart", tool->name, tool->skipped_id);
	if (trace_file_close(&tool->trace_file, tool->options) != 0 && tool->status == 0)
		tool->status = 1;
	if (tool->faults > 0)
		tool->status = EXIT_PROTOCOL;
}

int
decode_tool_run(const struct options *options)
{
	struct decode_tool *tool = calloc(1, sizeof *tool);
	int status;

	if (tool == NULL)
		cli_die(&options->cli, 1, "out of memory");
	tool->options = options;
	open_capture(tool);
	trace_file_open(&tool->trace_file, options);
	read_capture(tool);
	finish(tool);
	status = tool->status;
	if (tool->fd != STDIN_FILENO)
		close(tool->fd);
	free(tool->output);
	free(tool->files);
	free(tool);
	return status;
}
