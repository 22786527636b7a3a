#include "trace_file.h"

#include <errno.h>
#include <string.h>

void
trace_file_open(struct trace_file *trace_file, const struct options *options)
{
	struct trace_style style = {
		.contents = options->trace_file != NULL ? TRACE_HEX : TRACE_NO_CONTENTS,
		.show_secrets = options->show_secrets,
		.times = options->trace_time,
	};
	const char *path = options->trace_file;

	*trace_file = (struct trace_file){ 0 };
	if (path == NULL && options->cli.verbose == 0)
		return;
	trace_file->file = stderr;
	if (path != NULL && strcmp(path, "-") != 0)
		trace_file->file = fopen(path, "we");
	if (trace_file->file == NULL)
		cli_die(&options->cli, 1, "--trace %s: %s", path, strerror(errno));
	trace_file->trace = trace_new(trace_file->file, &style);
	if (trace_file->trace == NULL)
		cli_die(&options->cli, 1, "out of memory");
}

int
trace_file_close(struct trace_file *trace_file, const struct options *options)
{
	FILE *file = trace_file->file;
	int failed;

	trace_free(trace_file->trace);
	trace_file->trace = NULL;
	trace_file->file = NULL;
	/* Who cannot be told on standard error needs no trace either. */
	if (file == NULL || file == stderr)
		return 0;
	errno = 0;
	failed = ferror(file);
	if (fclose(file) != 0 || failed) {
		cli_error(&options->cli, "--trace %s: %s", options->trace_file,
		    errno != 0 ? strerror(errno) : "write error");
		return 1;
	}
	return 0;
}
