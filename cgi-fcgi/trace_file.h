/* Where the trace of -v and --trace goes. */
#ifndef CGI_FCGI_TRACE_FILE_H
#define CGI_FCGI_TRACE_FILE_H

#include "options.h"
#include "trace.h"

struct trace_file {
	FILE *file;		/* NULL when nothing is traced */
	struct trace *trace;	/* likewise */
};

/*
 * Opens what the options ask for: --trace FILE with every byte, or -v on standard error.  A file
 * that cannot be opened is told and does not return.
 */
void trace_file_open(struct trace_file *trace_file, const struct options *options);

/* Ends the trace.  Returns 0, or 1 after telling that FILE could not be written. */
int trace_file_close(struct trace_file *trace_file, const struct options *options);

#endif
