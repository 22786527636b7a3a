/*
 * Where an answer goes: STDOUT and STDERR are passed on as they come, in constant memory, to where
 * the options want them, and the CGI header block at the head of STDOUT is read on the way.
 */
#ifndef CGI_FCGI_OUTPUT_H
#define CGI_FCGI_OUTPUT_H

#include <stdint.h>
#include <sys/uio.h>

#include "buffer.h"
#include "cgi_response.h"
#include "fcgi_reader.h"
#include "options.h"
#include "output_stderr.h"
#include "seen_by.h"

enum { OUTPUT_PIECES = 512 };

/* What is done with the bytes of STDOUT that come next. */
enum output_phase {
	OUTPUT_HELD,		/* kept until the header block is complete */
	OUTPUT_PASSED,
	OUTPUT_DROPPED,
};

/* Zero-filled, then set up with output_init().  Public to read unless it says private. */
struct output {
	int64_t deadline_ns;	/* set by the owner: until when a write may wait */
	enum seen_by_ending ending; /* set by the owner before output_end(): SEEN_BY_CLOSED unless
				   the connection ended otherwise */
	int error;		/* errno of the write that failed; ETIMEDOUT: the deadline passed;
				   EINTR: a signal wants us to end */
	const char *error_name;	/* where to, with an error; NULL: standard output */
	struct cgi_response header;
	int header_result;	/* 1, or the error of cgi_response_feed() */
	struct seen_by *seen;	/* with --as-seen-by, else NULL */
	struct buffer head;	/* with it: the status line and headers */
	uint64_t seen_body_len;	/* of the body that goes with it */
	struct buffer body;	/* with --json --body: the body */
	struct output_stderr err;

	const struct options *options; /* private from here on */
	enum output_phase phase;
	int fd;			/* where the answer goes, -1: nowhere */
	int header_fd;		/* of -D, or -1 */
	int keeps_body;		/* into body */
	int escapes;		/* a head goes to a terminal */
	int header_escapes;	/* likewise, by -D */
	int head_written;
	struct iovec pieces[OUTPUT_PIECES];
	int piece_count;
	char status_line[128];
	char header_block[65536];
};

/*
 * Once, for all answers.  A file that cannot be opened is told and does not return.
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
 * For --as-seen-by, which looks at records with other eyes than ours: all bytes that are received
 * for the answer, before they are taken apart.
 * Returns 1 when no more of them are needed, as always without that option; 0 to go on receiving
 * them, even if they are no FastCGI to us; -1 with error set.
 */
int output_wire(struct output *output, const unsigned char *p, const unsigned char *end);

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

/*
 * The answer is over, complete or not: nothing more of it is passed on.  What could not be written
 * leaves error set.
 */
void output_end(struct output *output);

/* There was no connection: what a web server's user gets for that. */
void output_unreached(struct output *output);

/* After all answers: closes the files, which may leave error set, and gives the memory back. */
void output_close(struct output *output);
void output_reset(struct output *output);

/*
 * The headers that the answer has, as the user of --as-seen-by's server gets them with that option.
 * *at: 0 at first.  Returns 1, or 0 when there are no more.
 */
int output_next_header(const struct output *output, size_t *at, struct cgi_header *header);

/* The first one of that name, case aside.  Returns 1, or 0 when there is none. */
int output_find_header(const struct output *output, const char *name, struct cgi_header *header);

/* The HTTP status of the answer, with that option the server's; 0 when there is none. */
int output_status(const struct output *output);

#endif
