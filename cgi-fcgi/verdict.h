/* How an exchange ended, in one line for a person and one number for a script. */
#ifndef CGI_FCGI_VERDICT_H
#define CGI_FCGI_VERDICT_H

#include "exchange.h"

/* Exit statuses of our own; others are an appStatus, an errno, or 128 and a signal's number. */
enum {
	EXIT_FAIL = 22,			/* --fail */
	EXIT_FAIL_STDERR = 23,		/* --fail-stderr */
	EXIT_RESOLVE = 232,		/* the host name has no address */
	EXIT_PROTOCOL_STATUS = 252,	/* END_REQUEST refuses the request */
	EXIT_PROTOCOL = 253,		/* not FastCGI as it should be, or no END_REQUEST */
};

/*
 * Prints what there is to say about the exchange, and what --json and -w want to have said.
 * Returns the exit status.
 */
int verdict_tell(struct exchange *exchange);

/*
 * After the last of them: closes the files of the output and gives its memory back.
 * status: of verdict_tell().
 * Returns the exit status: that one, or if it is 0 what became of the files.
 */
int verdict_close(struct exchange *exchange, int status);

#endif
