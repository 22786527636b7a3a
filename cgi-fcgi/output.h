/*
 * Where an answer goes: STDOUT and STDERR are passed on as they come, in constant memory, and the
 * CGI header block at the head of STDOUT is read on the way.
 */
#ifndef CGI_FCGI_OUTPUT_H
#define CGI_FCGI_OUTPUT_H

#include <stdint.h>
#include <sys/uio.h>

#include "cgi_response.h"
#include "fcgi_reader.h"
#include "options.h"

enum { OUTPUT_PIECES = 512 };

/* Set up with output_init().  Public to read unless it says private. */
struct output {
	int64_t deadline_ns;	/* set by the owner: how long a write may wait; CLOCK_NEVER: for ever */
	int error;		/* errno of the write that failed; ETIMEDOUT: the deadline passed;
				   EINTR: a signal wants us to end */
	int stderr_midline;	/* what was written to standard error has not ended its line */
	struct cgi_response header;
	int header_result;	/* 1, or the error of cgi_response_feed() */

	int stderr_is_terminal;	/* private from here on */
	struct iovec pieces[OUTPUT_PIECES];
	int piece_count;
	char header_block[65536];
};

/*
 * Once, for all answers.
 * options: stay alive as long as the output.
 */
void output_init(struct output *output, const struct options *options);

/* An answer begins; with --repeat and --multiplex one after the other. */
void output_begin(struct output *output);

/*
 * All of these return 0, or -1 with error set.
 *
 * stdout, stderr: a slice of the answer.  That of STDOUT must live until output_flush().
 * flush: before the bytes that the slices of STDOUT point to are overwritten.
 */
int output_stdout(struct output *output, const struct fcgi_slice *slice);
int output_stderr(struct output *output, const struct fcgi_slice *slice);
int output_flush(struct output *output);

/*
 * The descriptor to which STDOUT may be moved unseen from now on, by splice(2), after
 * output_flush(); -1 while the bytes are to be seen here.
 */
int output_splice_fd(const struct output *output);

/*
 * What to do about a write to that descriptor that failed with errno error: once more, after a wait
 * where it would have blocked, or no more.
 * Returns 0 to try again, or -1 with error set.
 */
int output_wait(struct output *output, int error);

/* The answer is over, complete or not: nothing more of it is passed on. */
void output_end(struct output *output);

#endif
