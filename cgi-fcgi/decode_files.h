/*
 * The streams of a capture, each in a file of its own: DIR/ID.params and so on, ID-N.params for the
 * Nth request with the same id.  The names are ours, never from the capture.
 */
#ifndef CGI_FCGI_DECODE_FILES_H
#define CGI_FCGI_DECODE_FILES_H

#include <stdio.h>

#include "buffer.h"
#include "cli.h"
#include "decode.h"

/* What there is of the requests that have one id. */
struct decode_files_request {
	struct buffer params;	/* of the current one, until they have ended */
	unsigned params_use;
	unsigned use[2];	/* of the files below: the web server's, the application's */
	uint16_t made;		/* bit 1 << type: that file is there */
};

/* Zero-filled before use.  Large: not for the stack. */
struct decode_files {
	const struct cli *cli;	/* private from here on */
	const char *directory;
	int directory_fd;
	FILE *file;		/* the last one that was written to, or NULL */
	char name[64];		/* its name */
	struct decode_files_request requests[FCGI_MAX_REQUEST_ID + 1];
};

/*
 * Makes the directory unless it is there.  What fails here or below is told and does not return.
 * cli, directory: live as long as the files.
 */
void decode_files_open(struct decode_files *files, const struct cli *cli, const char *directory);

/*
 * Takes what decode_next() told.  Files are made as they are needed and their names printed; one
 * that is there already is an error.
 */
void decode_files_take(struct decode_files *files, const struct decode_event *event);

/* Writes what a capture that was cut has left unfinished, and gives all back. */
void decode_files_close(struct decode_files *files);

#endif
