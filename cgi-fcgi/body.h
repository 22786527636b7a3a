/* What is sent as FCGI_STDIN: our standard input, a file, or text from the command line. */
#ifndef CGI_FCGI_BODY_H
#define CGI_FCGI_BODY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct body {
	int fd;			/* where to read; -1: text */
	int waits;		/* 1: reading may block, poll(2) before */
	uint64_t left;		/* bytes still to be read */
	const char *text;	/* with fd -1 */
};

/*
 * Standard input, len bytes of it.
 */
void body_from_stdin(struct body *body, uint64_t len);

/*
 * The argument of -d: the text itself, "@FILE", or "-" for all of standard input.  What has no size
 * (a pipe, a terminal) is first copied to a file without a name in TMPDIR, so that its length is
 * known and memory stays constant.
 * data: the caller's, alive as long as the body.
 * *directory: where the copy could not be made, if that is what failed, else NULL.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int body_from_data(struct body *body, const char *data, const char **directory);

/* Closes what body_from_data() opened. */
void body_close(struct body *body);

/*
 * Reads the next bytes, never more than are left.
 * Returns their number; 0 when none are left or the source has ended too early (left > 0 then);
 * -FCGI_E_SYSTEM with errno.
 */
ssize_t body_read(struct body *body, void *dst, size_t size);

/* 1 when standard input holds bytes that nobody will read, so that a user may wonder, else 0. */
int body_stdin_ignored(void);

#endif
