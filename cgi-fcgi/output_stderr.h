/* What becomes of an application's STDERR. */
#ifndef CGI_FCGI_OUTPUT_STDERR_H
#define CGI_FCGI_OUTPUT_STDERR_H

#include "buffer.h"
#include "fcgi_reader.h"
#include "options.h"

/* What --json shows of it. */
enum { OUTPUT_STDERR_KEPT = 1048576 };

/* Set up with output_stderr_init(). */
struct output_stderr {
	int midline;		/* what was written to our standard error has not ended its line */
	struct buffer kept;	/* with --json and -w: the begin of it */
	int error;		/* errno of a write to --stderr FILE */

	const struct options *options; /* private from here on */
	int fd;			/* -1: nowhere */
	int escapes;		/* it is a terminal, once looked is set */
	int looked;
};

/* A file that cannot be opened is told and does not return. */
void output_stderr_init(struct output_stderr *err, const struct options *options);

/* Another answer begins. */
void output_stderr_begin(struct output_stderr *err);

/* Returns 0, or -1 with error set. */
int output_stderr_write(struct output_stderr *err, const struct fcgi_slice *slice);

/* Ends a line that was left open on a terminal, or behind a prefix. */
void output_stderr_end(struct output_stderr *err);

/* Closes the file, which may set error, and gives the memory back. */
void output_stderr_close(struct output_stderr *err);

#endif
