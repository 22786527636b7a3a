/*
 * What is sent as FCGI_STDIN or FCGI_DATA: our standard input, a file, or text from the command
 * line.
 */
#ifndef CGI_FCGI_BODY_H
#define CGI_FCGI_BODY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* For body_from_stdin(): as many bytes as come. */
#define BODY_UNTIL_END UINT64_MAX

/*
 * What is left of a body.  The first one owns the descriptor; copies of it read on independently
 * once body_make_repeatable() has been there.
 */
struct body {
	int fd;			/* where to read; -1: text */
	int waits;		/* 1: reading may block, poll(2) before */
	int is_open_ended;	/* nobody knows how much is left, but 0 is nothing */
	off_t at;		/* where in the file; -1: where the descriptor stands */
	uint64_t left;		/* bytes still to be read */
	const char *text;	/* with fd -1 */
};

/* Nothing at all. */
void body_init(struct body *body);

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

/*
 * A file, likewise.
 * *modified: when it was.
 */
int body_from_file(struct body *body, const char *path, time_t *modified, const char **directory);

/*
 * Sees to it that copies of the body can each be read from here on; standard input without a size
 * is kept in a file first, as body_from_data() does, up to its length.
 * *directory: likewise.  Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int body_make_repeatable(struct body *body, const char **directory);

/* Closes what the above opened. */
void body_close(struct body *body);

/*
 * Reads the next bytes, never more than are left.
 * Returns their number; 0 when none are left or the source has ended too early (left > 0 then,
 * which no open end has);
 * -FCGI_E_SYSTEM with errno.
 */
ssize_t body_read(struct body *body, void *dst, size_t size);

/* 1 when standard input holds bytes that nobody will read, so that a user may wonder, else 0. */
int body_stdin_ignored(void);

#endif
